"""Profiles add up whatever the parts and their order, and survive a JSON file."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftline.core.profiles.profile import EXAMPLES, ColumnProfile, Profile, merged
from driftline.errors import ReferenceCorrupt
from tests.core.made import NAMES, columns, finite, profiles

COUNTS = ("nulls", "nans", "infinities", "unseen", "rows", "off_grid")
ZERO = Profile(0, {name: ColumnProfile(0) for name in NAMES}, "plan")


def zeroed(low: float) -> Profile:
    """Profiles that differ in the sign of a zero alone."""
    column = ColumnProfile(1, minimum=low, maximum=low, bins=(1, 0, 0, 0))
    return Profile(1, dict.fromkeys(NAMES, column), "plan")


@given(profiles(), profiles(), profiles())
def test_parts_add_up_in_any_grouping(a, b, c):
    """(a + b) + c is a + (b + c): machines may merge as they finish."""
    assert (a + b) + c == a + (b + c)


@given(profiles(), profiles())
@example(zeroed(0.0), zeroed(-0.0))
def test_the_order_of_parts_does_not_show(a, b):
    """Left and right may change places, and so is what is compared, stored and shown of it."""
    assert a + b == b + a
    assert (a + b).digest == (b + a).digest
    assert (a + b).to_json() == (b + a).to_json()


@given(profiles())
def test_a_part_without_rows_changes_nothing(a):
    """An empty partition is the zero of the sum."""
    assert a + ZERO == a
    assert ZERO + a == a


@given(st.lists(profiles(), min_size=1, max_size=5))
def test_many_parts_are_one_sum(parts):
    """Rows and bins of the whole are those of the parts."""
    whole = merged(parts)
    assert whole.rows == sum(part.rows for part in parts)
    for name in NAMES:
        found = [p.columns[name].bins for p in parts if p.columns[name].bins]
        assert whole.columns[name].bins == tuple(map(sum, zip(*found, strict=True)))


def test_profiles_of_different_plans_do_not_add():
    """Bins of other edges would add up to nonsense."""
    with pytest.raises(ValueError, match="plans plan and other do not add"):
        ZERO + replace(ZERO, plan="other")


@given(profiles())
def test_a_profile_survives_a_json_file(profile):
    """Standard JSON, in which there is no infinity and no tuple."""
    text = json.dumps(profile.to_json(), allow_nan=False)
    back = Profile.from_json(json.loads(text))
    assert back == profile
    assert back.digest == profile.digest


def test_infinite_sums_survive_too():
    """A column with values near the end of floating point has them."""
    column = ColumnProfile(1, total=math.inf, squares=math.inf, bins=(1,))
    values = json.loads(json.dumps(column.to_json(), allow_nan=False))
    assert ColumnProfile.from_json(values) == column


def test_only_what_says_something_is_written():
    """Kilobytes, not megabytes: defaults are left out."""
    assert ColumnProfile(0).to_json() == {"rows": 0}
    assert ColumnProfile(3, nulls=3, counts={}).to_json() == {
        "rows": 3,
        "nulls": 3,
        "counts": {},
    }


@pytest.mark.parametrize("found", [None, 0, 3, "1"])
def test_another_format_is_refused_with_the_command_that_helps(found):
    """Nothing is guessed about files of a later version."""
    with pytest.raises(ReferenceCorrupt, match="driftline reference build"):
        Profile.from_json({**ZERO.to_json(), "format": found})


@given(columns())
def test_every_row_is_counted_once(column):
    """Missing, infinite and binned values are all the rows there are."""
    if column.present:
        assert column.finite == sum(column.bins)
        assert column.finite + column.missing + column.infinities == column.rows


@given(profiles(), st.sampled_from(COUNTS))
def test_a_count_that_differs_shows_in_the_digest(profile, count):
    """One more null is another slice."""
    column = profile.columns["amount"]
    other = replace(column, **{count: getattr(column, count) + 1})
    changed = replace(profile, columns={**profile.columns, "amount": other})
    assert changed.digest != profile.digest


@given(profiles(), finite)
def test_the_order_in_which_floats_were_summed_does_not_show_in_the_digest(
    profile, off
):
    """The last digits of a sum are an accident of threads."""
    column = replace(profile.columns["amount"], total=off, squares=off)
    changed = replace(profile, columns={**profile.columns, "amount": column})
    assert changed.digest == profile.digest


def test_a_column_that_one_part_lacks_is_absent_from_the_whole():
    """Half of its rows were never seen."""
    here, gone = ColumnProfile(5, bins=(2, 3)), ColumnProfile(4, present=False)
    assert not (here + gone).present
    assert (here + gone).bins == (2, 3)


def test_types_that_differ_between_parts_are_both_named_once():
    """In one order, whichever came first."""
    parts = [
        ColumnProfile(1, dtype=dtype) for dtype in ("String", "Int64", "String", "")
    ]
    whole = parts[0] + parts[1] + parts[2] + parts[3]
    assert whole.dtype == "Int64|String"


def test_a_few_unseen_values_are_kept_to_show():
    """The first in sorted order, so that the order of parts does not show."""
    parts = [ColumnProfile(1, unseen_examples=(letter,)) for letter in "hgfedcba"]
    whole = parts[0]
    for part in parts[1:]:
        whole += part
    assert whole.unseen_examples == tuple("abcdefgh"[:EXAMPLES])
