"""A grid is claimed where a value beside it is unusual, and nowhere else."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.drift import named
from driftline.core.profiles.grid import decimals, listed
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from tests.core.made import plans

RNG = np.random.default_rng(11)


@given(
    st.lists(st.integers(-(10**5), 10**5), min_size=1, max_size=50), st.integers(0, 6)
)
def test_values_written_with_few_decimals_are_exact_with_them(steps, digits) -> None:
    """Reading `k / 10^d` never needs more than d decimals, in single precision neither."""
    values = np.array(steps) / 10.0**digits
    found = decimals(values)
    assert found is not None
    assert found <= digits
    if np.abs(values).max() * 10.0**digits < 10**5:
        single = decimals(values.astype(np.float32).astype(np.float64))
        assert single is not None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([]), None),
        (np.array([7.0] * 9), 0),
        (np.array([1e6, -2.5, 0.25]), 2),
        (np.array([1e-7] * 9), None),
        (np.array([0.1 + 0.2, 1.1 * 1.1]), 2),
        (RNG.normal(size=5000), None),
        (RNG.normal(size=5000) * 1e-9, None),
        (RNG.normal(size=5000) * 1e300, None),
        (np.array([1.7e308, -1e308]), None),
        (np.array([2.0**60, 2.0**61]), None),
    ],
)
def test_decimals(values, expected) -> None:
    """Noise of computing is none, tiny numbers are not zero, huge ones not whole."""
    assert decimals(values) == expected


def test_one_value_in_ten_thousand_may_be_off() -> None:
    """A slip of the pen is no reason to give up the grid, a rare kind of value is."""
    values = np.round(RNG.gamma(2, 50, 10_000), 2)
    values[:1] += 1 / 3
    assert decimals(values) == 2
    values[:20] += 1 / 7
    assert decimals(values) is None


def test_a_list_is_short_and_its_values_are_common() -> None:
    """Up to 300 values; not when each is rare, nor when there are more."""
    assert len(listed(np.tile(np.arange(300.0), 10))) == 300
    assert listed(np.tile(np.arange(301.0), 10)) == ()
    assert listed(np.tile(np.arange(300.0), 9)) == ()
    assert listed(np.array([])) == ()
    assert listed(np.array([0.0, -0.0] * 20)) == (0.0,)


def test_values_of_one_stretch_of_rows_alone_make_no_list() -> None:
    """If a block of rows brings its own values, so will tomorrow."""
    values = np.repeat(np.arange(40.0), 100)
    assert listed(values) == ()
    assert len(listed(RNG.permutation(values))) == 40


def test_a_plan_without_a_grid_is_called_as_before() -> None:
    """References of versions that knew no grids still fit the slices counted by them."""
    column = ColumnPlan(Kind.NUMERIC, "Float64", (1.0,), 0.5, 2.0)
    values = {
        k: v for k, v in column.to_json().items() if k not in ("decimals", "grid")
    }
    assert ColumnPlan.from_json(values) == column
    assert Plan({"a": column}).digest == "3c507095a5955ceb"
    profile = Profile(3, {"a": ColumnProfile(3, bins=(1, 2))}, "p")
    assert Profile.from_json(profile.to_json() | {"format": 1}) == profile
    assert profile.digest == "f7ba4a35d5245189fcc67bd3"


@given(plans())
def test_a_plan_survives_json_text(plan) -> None:
    """Its digest too, and grids tell plans apart."""
    again = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan
    assert again.digest == plan.digest


def test_grids_tell_plans_apart() -> None:
    """Profiles counted against two grids never add."""
    made = [
        Plan({"a": ColumnPlan(Kind.NUMERIC, "Float64", decimals=d, grid=g)})
        for d, g in [(None, ()), (0, ()), (0, (1.0,)), (1, (1.0,)), (None, (1.0,))]
    ]
    assert len({plan.digest for plan in made}) == len(made)


def test_without_a_grid_there_is_no_share() -> None:
    """And no check that could say so every day."""
    plain = ColumnPlan(Kind.NUMERIC, "Float64")
    statistic = named("off_grid")
    assert np.isnan(statistic(ColumnProfile(5), ColumnProfile(5), plain))
    assert not statistic.facts.applies(plain)
    assert statistic.facts.applies(ColumnPlan(Kind.NUMERIC, "Float64", decimals=0))
