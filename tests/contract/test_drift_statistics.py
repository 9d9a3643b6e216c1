"""What every file in `core/drift` must keep, whoever adds it."""

import math
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.core.drift import Noise, all_names, named
from driftline.core.drift._days import drawn, stacked
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile
from tests.core.columns import category_plan, numbers, numeric_plan

NAMES = all_names()
BY_KIND = [(name, kind) for name in NAMES for kind in sorted(named(name).facts.kinds)]
DISTANCES = [(n, k) for n, k in BY_KIND if not named(n).facts.level]
SOFT = [(n, k) for n, k in DISTANCES if not named(n).facts.hard]
ROWS = np.random.default_rng(5).normal(10, 3, 4000)
PLANS = {
    Kind.NUMERIC: replace(numeric_plan(ROWS), decimals=2),
    Kind.CATEGORICAL: category_plan("a", "b", "c", "d"),
    Kind.IDENTIFIER: ColumnPlan(Kind.IDENTIFIER, "Int64"),
    Kind.OPAQUE: ColumnPlan(Kind.OPAQUE, "Binary"),
}


def plain(kind: Kind) -> ColumnProfile:
    """A healthy column of the kind, with a few missing rows."""
    if kind is Kind.NUMERIC:
        return numbers(ROWS, PLANS[kind], nulls=20)
    counts = {"a": 2000, "b": 1500, "c": 480} if kind is Kind.CATEGORICAL else None
    return ColumnProfile(4000, nulls=20, counts=counts)


def shifted(kind: Kind, step: float) -> ColumnProfile:
    """Values that moved: by `step` sd, or a share of them to another category."""
    if kind is Kind.NUMERIC:
        return numbers(ROWS + 3 * step, PLANS[kind], nulls=20)
    if kind is not Kind.CATEGORICAL:
        return plain(kind)
    moved = int(500 * step)
    counts = {"a": 2000 - moved, "b": 1500, "c": 480, "d": moved}
    return ColumnProfile(4000, nulls=20, counts=counts)


def emptied(kind: Kind, step: float) -> ColumnProfile:
    """A growing part of the rows went missing, evenly over the values."""
    column, share = plain(kind), step / 8
    bins = tuple(round(n * (1 - share)) for n in column.bins)
    counts = {v: round(n * (1 - share)) for v, n in (column.counts or {}).items()}
    held = sum(bins) + sum(counts.values()) or round(3980 * (1 - share))
    return replace(
        column, bins=bins, counts=counts if column.counts else None, nulls=4000 - held
    )


def renamed(kind: Kind, step: float) -> ColumnProfile:
    """A growing part of one category has a name that nobody knows."""
    if kind is not Kind.CATEGORICAL:
        return plain(kind)
    column, moved = plain(kind), int(400 * step)
    return replace(
        column, counts={**(column.counts or {}), "a": 2000 - moved}, unseen=moved
    )


def blurred(kind: Kind, step: float) -> ColumnProfile:
    """A growing part of the values lies between those of the reference."""
    column = plain(kind)
    return replace(column, off_grid=int(900 * step)) if kind is Kind.NUMERIC else column


@st.composite
def any_column(draw: st.DrawFn, kind: Kind) -> ColumnProfile:
    """A column of the kind with any counts, empty cells and all."""
    plan, counts = PLANS[kind], st.integers(0, 3000)
    nulls, infinities, unseen = draw(counts), draw(counts), draw(counts)
    cells = len(plan.edges) + 1 if kind is Kind.NUMERIC else len(plan.categories) or 1
    body = draw(st.lists(counts, min_size=cells, max_size=cells))
    ends = sorted(draw(st.tuples(*[st.floats(-1e9, 1e9)] * 2)))
    numeric = kind is Kind.NUMERIC and sum(body) > 0
    return ColumnProfile(
        rows=sum(body) + nulls + infinities + unseen,
        nulls=nulls,
        infinities=infinities,
        unseen=unseen,
        off_grid=draw(st.integers(0, sum(body))) if numeric else 0,
        minimum=ends[0] if numeric else None,
        maximum=ends[1] if numeric else None,
        squares=float(sum(body)),
        bins=tuple(body) if kind is Kind.NUMERIC else (),
        counts=dict(zip(plan.categories, body, strict=True))
        if kind is Kind.CATEGORICAL
        else None,
    )


@pytest.mark.parametrize("name", NAMES)
def test_it_has_an_example_and_says_where_it_comes_from(name: str) -> None:
    """Every statistic has a doctest, a description and a sentence with its subject."""
    statistic = named(name)

    assert ">>> " in (statistic.__doc__ or "")
    assert statistic.facts.description
    assert "age" in statistic.facts.said("age", 0.5)
    assert statistic.name == name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [0.1000004, 0.99996, 1234.56, 5.02])
def test_what_is_beyond_a_bound_does_not_read_like_it(name: str, value: float) -> None:
    """However little it is beyond, the two numbers of the sentence differ."""
    facts = named(name).facts
    said = facts.said("age", value, None, value * (1 - 1e-5))
    sentence, _, bound = said.rpartition(" (bound ")

    assert bound.removesuffix(")") not in sentence


@pytest.mark.parametrize(("name", "kind"), DISTANCES)
def test_no_change_gives_zero(name: str, kind: Kind) -> None:
    """A column is at distance 0 from itself."""
    assert named(name)(plain(kind), plain(kind), PLANS[kind]) == pytest.approx(0)


@pytest.mark.parametrize(("name", "kind"), BY_KIND)
@settings(max_examples=60)
@given(data=st.data())
def test_it_is_in_range(name: str, kind: Kind, data: st.DataObject) -> None:
    """Whatever the counts, the number is in the declared range, or NaN where none is."""
    old, new = data.draw(any_column(kind)), data.draw(any_column(kind))
    statistic = named(name)
    value = statistic(old, new, PLANS[kind])

    if old.finite > old.unseen and new.finite > new.unseen:
        assert math.isfinite(value)
    if math.isfinite(value):
        assert statistic.facts.lowest <= value <= statistic.facts.highest
    if not new.rows:
        assert math.isnan(value)


@pytest.mark.parametrize(("name", "kind"), DISTANCES)
@settings(max_examples=40)
@given(data=st.data())
def test_it_is_symmetric_where_declared(
    name: str, kind: Kind, data: st.DataObject
) -> None:
    """A symmetric statistic does not ask which side is the reference."""
    old, new = data.draw(any_column(kind)), data.draw(any_column(kind))
    statistic, plan = named(name), PLANS[kind]

    if statistic.facts.symmetric and old.rows and new.rows:
        assert statistic(old, new, plan) == pytest.approx(statistic(new, old, plan))


@pytest.mark.parametrize(("name", "kind"), BY_KIND)
@settings(max_examples=40)
@given(data=st.data())
def test_many_days_at_once_are_as_one_by_one(
    name: str, kind: Kind, data: st.DataObject
) -> None:
    """Days measured together have the numbers that each has alone, beside any reference."""
    days = data.draw(st.lists(any_column(kind), min_size=2, max_size=5))
    statistic, plan = named(name), PLANS[kind]
    last, beside = stacked(days[-1:], plan), stacked(days, plan)
    alone = [statistic(days[-1], day, plan) for day in days]
    turned = [statistic(b, a, plan) for a, b in zip(days, days[::-1], strict=True)]

    for many, single in (
        (statistic.each(last, beside), alone),
        (statistic.each(stacked(days[::-1], plan), beside), turned),
    ):
        assert many.tolist() == pytest.approx(single, rel=1e-12, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize(("name", "kind"), BY_KIND)
def test_it_grows_with_the_change(name: str, kind: Kind) -> None:
    """More of a change never gives less, and at least one change is seen growing."""
    statistic, plan = named(name), PLANS[kind]
    seen = []
    for change in (shifted, emptied, renamed, blurred):
        columns = [change(kind, step) for step in (0, 0.25, 0.5, 1, 2, 4)]
        values = [statistic(plain(kind), column, plan) for column in columns]
        assert all(b >= a - 1e-3 for a, b in pairwise(values))
        seen.append(values[-1] > values[0] + statistic.facts.trifle)

    assert any(seen)


@pytest.mark.parametrize(("name", "kind"), SOFT)
def test_chance_shrinks_as_declared(name: str, kind: Kind) -> None:
    """With sixteen times the rows, noise falls 16-fold, 4-fold or not at all."""
    statistic, plan, rng = named(name), PLANS[kind], np.random.default_rng(3)
    many = replace(plain(kind), nulls=0, rows=plain(kind).rows - 20)
    known = reduce(add, [many] * 200)
    few, most = (
        np.mean([statistic(known, drawn(many, plan, n, rng), plan) for _ in range(200)])
        for n in (250, 4000)
    )
    expected = {Noise.LINEAR: 16.0, Noise.ROOT: 4.0, Noise.NONE: 1.0}

    assert few / most == pytest.approx(expected[statistic.facts.noise], rel=0.35)


@pytest.mark.parametrize("name", [n for n in NAMES if not named(n).facts.kinds])
def test_a_statistic_of_the_slice_reads_its_rows(name: str) -> None:
    """What has no kind works on a slice of which only the rows are known."""
    value = named(name)(ColumnProfile(90), ColumnProfile(7), PLANS[Kind.OPAQUE])

    assert math.isfinite(value)
