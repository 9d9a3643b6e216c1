"""Bounds: what they allow on quiet days, and what they never allow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.bounds.budget import AlarmBudget, rate_per_day
from driftline.core.bounds.ordered import ends, median, quantile
from driftline.core.bounds.reference_days import measure_spread
from driftline.core.bounds.threshold import (
    ENOUGH_DAYS,
    Spread,
)
from driftline.core.drift import named
from driftline.core.drift._days import drawn, others, stacked, sum_of
from driftline.core.drift._scale import back, straight
from driftline.core.finding import Bounds
from driftline.core.joint.association import ASSOCIATION
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile
from driftline.errors import SettingsError
from tests.core.columns import PLAN, day, numbers, reference, words

PLAIN = ColumnPlan(Kind.OPAQUE, "")


def spread(name: str, column: str = "temp", days: int = 60) -> Spread:
    """One statistic over quiet days."""
    profiles = [d.columns[column] for d in reference(days).days.values()]
    rng = np.random.default_rng(0)
    return measure_spread(named(name), profiles, PLAN.columns[column], rng)


def of_nulls(missing: list[int], rows: int = 900) -> Spread:
    """Null rates of days with so many missing rows."""
    days = [ColumnProfile(rows, nulls=n) for n in missing]
    return measure_spread(named("null_rate"), days, PLAIN, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 per quarter", 4 / 365.25),
        ("2 per week", 2 / 7),
        ("0.5/day", 0.5),
        (" 3 Per Month ", 36 / 365.25),
        ("1 per year", 1 / 365.25),
    ],
)
def test_a_budget_is_read_from_words(text: str, expected: float) -> None:
    """A number per a stretch of the calendar is a rate per day."""
    assert rate_per_day(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["", "often", "0 per week", "-1 per day", "1 per moon"]
)
def test_a_budget_that_is_none_is_refused(text: str) -> None:
    """The message has the text and an example."""
    with pytest.raises(SettingsError, match="'1 per quarter'") as caught:
        rate_per_day(text)

    assert repr(text) in str(caught.value)


def test_a_budget_is_shared_over_checks_and_windows() -> None:
    """All checks of all windows of a day together spend the budget once."""
    budget = AlarmBudget(pages_per_day=0.24)
    shared = [
        budget.hard(10, 24) * 10 * 24,
        24 / budget.performance(2, 24) * 2,
        budget.paged_groups(24) * 24,
    ]

    assert sum(shared) == pytest.approx(0.24)


def test_digests_are_shared_by_one_day_lasting_drift_and_pairs() -> None:
    """All parts, of 20 checks each, spend the budget once."""
    budget = AlarmBudget(digests_per_day=0.2)
    parts = [
        budget.soft(20) * 20,
        budget.hard_watched(20) * 20,
        budget.joint(20) * 20,
        budget.values(20) * 20,
        2 * budget.given(20) * 20,
        budget.groups(),
        20 / budget.lasting(20),
    ]

    assert sum(parts) == pytest.approx(0.2)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=6))
def test_a_day_and_the_others_are_all_days(seeds: list[int]) -> None:
    """Leaving a day out and adding it again gives the same counts."""
    days = [day(seed, rows=40).columns["temp"] for seed in seeds]
    total, plan = sum_of(days), PLAN.columns["temp"]
    rests = others(stacked([total], plan), stacked(days, plan)).columns()

    for rest, left_out in zip(rests, days, strict=True):
        again = rest + left_out
        assert (again.rows, again.bins) == (total.rows, total.bins)
        assert (again.minimum, again.maximum) == (total.minimum, total.maximum)
        assert again.total == pytest.approx(total.total, abs=1e-9)


def test_the_others_do_not_know_the_days_extreme() -> None:
    """The day that holds the greatest value is measured against the second greatest."""
    plan = PLAN.columns["temp"]
    days = [numbers(np.array([0.0, top]), plan) for top in (10.0, 40.0, 20.0)]

    rests = others(stacked([sum_of(days)], plan), stacked(days, plan))
    assert [rest.maximum for rest in rests.columns()] == [40.0, 20.0, 40.0]


def test_a_category_of_one_day_is_unseen_by_the_others() -> None:
    """Leaving the day out shows how often a new value turns up."""
    plan = PLAN.columns["origin"]
    days = [words(["EWR"] * 9, plan)] * 9 + [words(["EWR"] * 8 + ["LGA"], plan)]
    measured = measure_spread(
        named("unseen_values"), days, plan, np.random.default_rng(0)
    )

    assert measured.values.max() == pytest.approx(1 / 9)


@pytest.mark.parametrize("name", ["wasserstein", "psi", "jensen_shannon", "ks"])
def test_quiet_days_rarely_alarm(name: str) -> None:
    """Of 300 more days of the same kind, at 1 in 100, no more than 3 in 100 breach."""
    measured, plan = spread(name), PLAN.columns["temp"]
    total = reference().total.columns["temp"]
    bounds = measured.bounds(900, 0.01)
    values = [
        named(name)(total, day(seed).columns["temp"], plan) for seed in range(500, 800)
    ]

    assert np.mean([not bounds.contain(value) for value in values]) <= 0.03


def test_a_shift_beyond_the_days_own_breaches() -> None:
    """Days wander by 0.3 sd; two whole sd are outside."""
    plan = PLAN.columns["temp"]
    moved = numbers(np.random.default_rng(1).normal(25, 5, 900), plan)
    value = named("wasserstein")(reference().total.columns["temp"], moved, plan)

    assert not spread("wasserstein").bounds(900, 0.01).contain(value)


def test_bounds_widen_for_a_small_day_and_never_shrink_below_the_days() -> None:
    """Chance is scaled with the rows; what the days themselves wander stays."""
    measured = spread("wasserstein")
    at = {rows: measured.bounds(rows, 0.01).upper or 0.0 for rows in (90, 900, 90_000)}

    assert at[90] > at[900] >= at[90_000]
    assert at[90_000] > 0.9 * at[900]


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.0001])
def test_bounds_are_wider_for_a_smaller_rate_and_hold_every_day(rate: float) -> None:
    """Below one in the number of days, no reference day is outside."""
    measured = spread("jensen_shannon", "origin")
    bounds = measured.bounds(900, rate)
    outside = [not bounds.contain(value) for value in measured.values]

    assert np.mean(outside) <= rate
    assert (bounds.upper or 0) >= (measured.bounds(900, 0.2).upper or 0)


def test_a_column_that_was_never_missing_has_a_bound_above_zero() -> None:
    """A handful of nulls is no alarm, one row in a hundred is."""
    bounds = of_nulls([0] * 60).bounds(900, 0.0004)

    assert bounds.lower is None
    assert bounds.contain(3 / 900)
    assert not bounds.contain(9 / 900)


def test_a_small_day_is_allowed_what_chance_gives() -> None:
    """With 5 % missing on usual days, 6 of 40 rows are chance, 6 of 40,000 are not one."""
    measured = of_nulls([45] * 60)

    assert measured.bounds(40, 0.001).contain(6 / 40)
    assert not measured.bounds(40_000, 0.001).contain(6 / 40)


def test_a_null_rate_that_falls_away_breaches() -> None:
    """A fifth of the rows was always missing and suddenly none: filled in by somebody."""
    rng = np.random.default_rng(0)
    bounds = of_nulls(rng.binomial(900, 0.2, 60).tolist()).bounds(900, 0.001)

    assert not bounds.contain(0.0)
    assert bounds.contain(0.2)


def test_half_a_day_and_a_double_one_breach() -> None:
    """Row counts have a bound on both sides."""
    days = [ColumnProfile(int(n)) for n in np.random.default_rng(2).normal(900, 60, 60)]
    measured = measure_spread(named("row_count"), days, PLAIN, np.random.default_rng(0))
    bounds = measured.bounds(900, 0.0004)

    assert bounds.contain(800)
    assert not bounds.contain(450)
    assert not bounds.contain(1_800)


@pytest.mark.parametrize("days", [1, 2, 5, ENOUGH_DAYS - 1])
def test_few_days_are_named_and_bounds_are_conventional_at_least(days: int) -> None:
    """The origin says that the days are too few, and the bound is not below 0.1 sd."""
    bounds = spread("wasserstein", days=days).bounds(900, 0.01)

    assert f"of {ENOUGH_DAYS} days are known" in bounds.origin
    assert (bounds.upper or 0) >= 0.1


def test_enough_days_are_named() -> None:
    """The origin names the number of days."""
    assert spread("ks", days=12).bounds(900, 0.01).origin == (
        "the spread of 12 reference days"
    )


def test_days_without_the_column_say_nothing() -> None:
    """A reference in which the column was never there bounds nothing and raises nothing."""
    absent = [ColumnProfile(0, present=False)] * 10
    measured = measure_spread(
        named("ks"), absent, PLAN.columns["temp"], np.random.default_rng(0)
    )

    assert len(measured.values) == 0
    assert measured.typical == (0.0, 0.0)
    assert measured.bounds(900, 0.01).upper is not None


def test_drawing_keeps_the_rows() -> None:
    """A drawn column has the rows asked for, in every kind."""
    rng, profile = np.random.default_rng(0), day(1)
    for name, plan in PLAN.columns.items():
        column = drawn(profile.columns[name], plan, 333, rng)
        assert column.rows == 333
        assert sum(column.bins) + sum((column.counts or {}).values()) == 333


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=99),
    st.floats(0, 1, allow_subnormal=False),
)
def test_order_statistics_are_numpys(numbers: list[float], share: float) -> None:
    """Median, quantiles and ends are what NumPy gives of the same values."""
    values = np.array(numbers)
    low = float(np.quantile(values, share, method="lower"))
    high = float(np.quantile(values, 1 - share, method="higher"))

    assert median(values) == np.median(values)
    assert quantile(values, share) == pytest.approx(np.quantile(values, share))
    assert ends(values, share) == (low, high)


@given(st.floats(-1, 1))
def test_a_share_with_a_sign_comes_back_from_the_straight_scale(share: float) -> None:
    """Also where the lower end is below 0."""
    moved = straight(np.array([share]), ASSOCIATION)

    assert back(moved, ASSOCIATION)[0] == pytest.approx(share, abs=1e-9)


def test_a_trifle_is_measured_in_deviations_of_a_day() -> None:
    """A statistic that hardly moves has a trifle of three deviations at most, of its floor."""
    still = of_nulls([0] * 20)
    lively = of_nulls([0, 40] * 10)

    assert still.trifle == pytest.approx(3)
    assert 0 < lively.trifle < 1


def test_busy_days_have_a_heavy_tail_and_short_ones_their_own() -> None:
    """Twice as many rows page where days hardly differ, not where they differ much."""
    rng = np.random.default_rng(5)

    def bounds(spread: float) -> Bounds:
        rows = np.round(130 * np.exp(rng.normal(0, spread, 90)))
        known = [ColumnProfile(int(n)) for n in rows]
        counted = measure_spread(named("row_count"), known, PLAIN, rng)
        return counted.bounds(130, 0.0002)

    steady, unsteady = bounds(0.03), bounds(0.15)

    assert not steady.contain(260)
    assert unsteady.contain(260)
    assert not steady.contain(65)
    assert not unsteady.contain(65)
