"""A budget is what is spent: bounds have the reference's own tail, over independent checks."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.bounds.cusum import threshold_for
from driftline.core.bounds.independent import independent_checks
from driftline.core.bounds.lasting import Chart, caution
from driftline.core.bounds.own_tail import OwnTail, beside_the_others, own_tail
from driftline.core.bounds.reference_days import History, measure_spreads
from driftline.core.bounds.threshold import ENOUGH_DAYS, Spread
from driftline.core.drift import named
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile

Array = np.ndarray


def level(moved: Array) -> Spread:
    """A column's rank shift on days that lie so far apart on the scale without ends."""
    values = 1 / (1 + np.exp(-moved))
    places = tuple(range(len(moved)))
    return Spread(
        named("rank_shift"), values, np.array([]), 900.0, 81_000, 1.0, places=places
    )


@given(
    st.integers(3, 400),
    st.one_of(st.floats(4.1, 500), st.just(math.inf)),
    st.floats(1e-6, 0.4),
)
def test_the_chance_of_a_reach_is_the_one_it_is_for(
    days: int, freedom: float, chance: float
) -> None:
    """From a chance to a deviation and back, whatever the days and their tail."""
    tail = OwnTail(days, freedom)

    assert tail.chance(tail.reach(chance)) == pytest.approx(chance, rel=1e-6)


@given(st.integers(3, 400), st.floats(4.1, 500), st.floats(1e-6, 0.4))
def test_a_heavy_tail_never_brings_bounds_nearer(
    days: int, freedom: float, chance: float
) -> None:
    """Few normal days say less of the next than a heavy tail may: the wider one counts."""
    assert OwnTail(days, freedom).reach(chance) >= OwnTail(days).reach(chance)


def beyond(law: Callable[[int], Array], tail: Callable[[Array], OwnTail]) -> float:
    """How often new days leave the bound of 90 known ones for 1 in 1,000, on average."""
    left = []
    for _ in range(300):
        known = law(90)
        reach = tail(known).reach(0.001) * known.std(ddof=1)
        left.append(np.mean(law(2000) - known.mean() > reach))
    return float(np.mean(left))


def test_normal_days_leave_their_bounds_as_often_as_stated() -> None:
    """Neither more nor less by a fifth: what is not spent would have found something."""
    rng = np.random.default_rng(5)

    assert 0.0008 <= beyond(rng.standard_normal, own_tail) <= 0.0012


def test_rare_far_days_are_learned_from_the_reference() -> None:
    """Days with a heavy tail leave their bounds a third less often than a normal day's."""

    def left(tail: Callable[[Array], OwnTail]) -> float:
        rng = np.random.default_rng(5)
        return beyond(lambda days: rng.standard_t(3, days), tail)

    ours, normal = left(own_tail), left(lambda known: OwnTail(len(known)))

    assert ours < normal * 2 / 3


def test_few_days_say_nothing_of_a_heavy_tail() -> None:
    """Seven days leave so much open that it is no matter; of ninety, one apart widens."""
    few = np.append(np.zeros(6), 9.0)
    many = np.append(np.random.default_rng(1).standard_normal(89), 9.0)

    assert own_tail(few).reach(0.001) == OwnTail(7).reach(0.001)
    assert own_tail(many).reach(0.001) > 1.3 * OwnTail(90).reach(0.001)


def test_a_day_is_held_against_the_others_alone() -> None:
    """Its own value moves neither the mean nor the deviation that it is measured by."""
    values = np.random.default_rng(2).standard_normal(12)
    found = beside_the_others(values)
    others = np.delete(values, 4)

    assert found[4] == pytest.approx((values[4] - others.mean()) / others.std(ddof=1))


def test_days_that_are_all_alike_are_not_apart() -> None:
    """A statistic that never moves has no rare day, and no division by nothing."""
    assert beside_the_others(np.ones(9)).tolist() == [0.0] * 9
    assert independent_checks([level(np.zeros(90))] * 4) == 1


@given(st.integers(8, 120), st.floats(-3, 3), st.floats(1e-6, 2) | st.floats(-2, -1e-6))
def test_a_day_that_differs_from_others_all_alike_is_as_far_as_can_be(
    days: int, base: float, step: float
) -> None:
    """Whatever rounding leaves of their deviation, which is nothing."""
    found = beside_the_others(np.append(np.full(days - 1, base), base + step))

    assert found[-1] == math.copysign(math.inf, step)
    assert (found[:-1] * step < 0).all()
    assert OwnTail(days).chance(math.inf) == 0


@pytest.mark.parametrize("base", [-1.0, 0.01, 0.013])
@pytest.mark.parametrize("days", [29, 30, 45])
def test_lone_days_of_many_columns_all_count(days: int, base: float) -> None:
    """Each column has one of its own: they breach apart, however floats round."""
    moved = np.full((20, days), base)
    moved[np.arange(20), np.arange(20)] += 0.2

    assert independent_checks([level(each) for each in moved]) == 20


def test_one_check_under_many_names_counts_once() -> None:
    """Thirty copies of a column breach on the same days: together they are one check."""
    moved = np.random.default_rng(3).normal(0, 0.05, 90)

    assert independent_checks([level(moved)] * 30) < 4


def test_checks_that_know_nothing_of_each_other_all_count() -> None:
    """Over fifty references, thirty independent checks are worth nearly thirty."""
    rng = np.random.default_rng(4)
    worth = [
        independent_checks([level(moved) for moved in rng.normal(0, 0.05, (30, 90))])
        for _ in range(50)
    ]

    assert 20 < np.median(worth) <= 30


def test_few_days_do_not_tell_how_checks_depend() -> None:
    """Then each counts, and a reference without soft checks has one at least."""
    short = level(np.random.default_rng(5).normal(0, 0.05, ENOUGH_DAYS - 1))

    assert independent_checks([short, short, short]) == 3
    assert independent_checks([]) == 1


def test_days_in_production_have_one_number_in_all_columns() -> None:
    """Also where a column was empty on one of them, so that days are told apart."""
    plan, rng = (
        ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,)),
        np.random.default_rng(8),
    )

    def column(nulls: int = 0) -> ColumnProfile:
        low = int(rng.integers(20, 80 - nulls // 2)) if nulls < 100 else 0
        return ColumnProfile(100, nulls=nulls, bins=(low, 100 - nulls - low))

    short, later = [column(), column()], [column() for _ in range(9)]
    gap = [*later[:4], column(100), *later[5:]]
    places = [
        measure_spreads([named("rank_shift")], History(short, (), days), plan, rng)[
            0
        ].places
        for days in (later, gap)
    ]

    assert set(places[0]) - set(places[1]) == {-5}
    assert len(places[1]) == len(places[0]) - 1


@pytest.mark.parametrize("days", [8, 30, 90])
def test_lasting_drift_has_the_stated_run_length_over_references(days: int) -> None:
    """Sums of quiet days cross as often as stated, on average over 3,000 references."""
    run_length, allowance = 1000.0, 0.75
    chart = Chart((1,), allowance, threshold_for(run_length, allowance))
    calm = level(np.tile([-0.1, 0.1], days // 2))
    rng = np.random.default_rng(6)
    known = rng.standard_normal((3000, days))
    step = known.std(axis=1, ddof=1) * caution(calm, chart)
    value, crossed = np.zeros(3000), 0
    for _ in range(100):
        far = (rng.standard_normal(3000) - known.mean(axis=1)) / step
        value = np.maximum(value + np.minimum(far, chart.loudest) - allowance, 0)
        crossed += int((value >= chart.threshold).sum())
        value[value >= chart.threshold] = 0

    assert 0.6 <= crossed * run_length / (3000 * 100) <= 1.2


def test_an_odd_day_widens_the_tail_and_not_the_deviation() -> None:
    """It is rare and may come again: bounds reach farther, and less than twice as far."""
    moved = np.append(np.random.default_rng(7).normal(0, 0.05, 89), 0.6)
    calm, odd = level(moved[:89]), replace(level(moved), odd=frozenset({89}))
    uppers = [s.bounds(900, 0.001).upper or 0.0 for s in (calm, odd.sound, odd)]

    assert uppers == sorted(uppers)
    assert 1.2 < (uppers[1] - 0.5) / (uppers[0] - 0.5) < 2


@pytest.mark.parametrize("days", [3, 90])
@pytest.mark.parametrize("allowance", [0.75, 5.0, 200.0])
def test_caution_widens_whatever_is_allowed_for(days: int, allowance: float) -> None:
    """Also where the allowance alone makes a crossing rare, so that the limit is nothing."""
    chart = Chart((1,), allowance, threshold_for(1000.0, allowance))

    assert 1 <= caution(level(np.linspace(-0.1, 0.1, days)), chart) < 30
