"""Profiles of parts add up to that of the whole, and survive JSON."""

import itertools
import json
import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile, merged
from tests.contract.engines import (
    IN_PROCESS,
    REFERENCE,
    assert_equal_sums,
    engine_named,
    planned,
    profiled,
)

ROWS = st.lists(
    st.tuples(
        st.one_of(
            st.none(),
            st.floats(),
            st.sampled_from([5e-324, 1e308, -1e308, math.nan, math.inf, 0.0, -0.0]),
        ),
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.booleans()),
        st.one_of(
            st.none(), st.sampled_from(["Oslo", "Bern", "", "Rome", "🙂", 'a"b'])
        ),
    ),
    max_size=60,
)


def table_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    columns = {
        "amount": pl.Float64,
        "count": pl.Int64,
        "flag": pl.Boolean,
        "city": pl.String,
    }
    return pl.DataFrame(rows, schema=columns, orient="row")


@settings(max_examples=40)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=4), order=st.randoms())
@pytest.mark.parametrize("name", IN_PROCESS)
def test_any_split_adds_up_to_the_whole(name, rows, cuts, order) -> None:
    """Profiles of parts, in any order, add to the profile of all rows."""
    engine = engine_named(name)
    plan = planned(engine, REFERENCE.select("amount", "count", "flag", "city"))
    table = table_of(rows)
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [table[a:b] for a, b in itertools.pairwise(ends)] or [table]
    order.shuffle(parts)
    whole = profiled(engine, table, plan)
    summed = merged([profiled(engine, part, plan) for part in parts])
    assert summed.digest == whole.digest
    for name_, expected in whole.columns.items():
        column = summed.columns[name_]
        assert column.unseen_examples == expected.unseen_examples
    assert_equal_sums(summed, whole)


@settings(max_examples=30)
@given(rows=ROWS)
@pytest.mark.parametrize("name", IN_PROCESS)
def test_a_profile_survives_json(name, rows) -> None:
    """Writing a profile as JSON text and reading it gives an equal profile."""
    engine = engine_named(name)
    plan = planned(engine, REFERENCE.select("amount", "count", "flag", "city"))
    profile = profiled(engine, table_of(rows), plan)
    text = json.dumps(profile.to_json(), allow_nan=False)
    assert Profile.from_json(json.loads(text)) == profile
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan
