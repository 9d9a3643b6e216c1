"""How far values reach beyond the reference's least and greatest."""

import math
from itertools import pairwise

import numpy as np

from driftline.core.drift import About, Facts, Noise, statistic
from driftline.core.drift._cells import Array, body, deviation, sd
from driftline.core.drift._days import Days
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile

Ends = tuple[Array, Array]
"""Least and greatest values."""


def _reach(middle: Array, ends: Ends, days: Ends, unit: Array) -> Array:
    """How far the days' ends lie beyond the reference's, seen from its middle.

    An end that just touches the reference's says nothing beside another: a column that
    starts at 1 every day reaches as far as its greatest value does.
    """
    below, above = middle - ends[0], ends[1] - middle
    low = (middle - days[0]) / np.where(below == 0, unit, below)
    high = (days[1] - middle) / np.where(above == 0, unit, above)
    low, high = _untouched(low, high), _untouched(high, low)
    reach = np.clip(np.maximum(low, high), 0.0, np.finfo(float).max)
    return np.where((below == 0) & (above == 0), reach, reach - 1)


def _untouched(side: Array, other: Array) -> Array:
    """One side's reach, and the other's where this one ends where the reference does."""
    return np.where(side == 1.0, other, side)


def _middle(counts: Array, ends: Ends, plan: ColumnPlan) -> Array:
    """The edge nearest the median, kept within the reference's extremes."""
    if not plan.edges:
        return np.asarray((ends[0] + ends[1]) / 2)
    enough = counts.cumsum(axis=-1) >= counts.sum(axis=-1, keepdims=True) / 2
    place = np.minimum(enough.argmax(axis=-1), len(plan.edges) - 1)
    edges = np.array(plan.edges)[place]
    return np.asarray(np.minimum(np.maximum(edges, ends[0]), ends[1]))


def _of_days(references: Days, days: Days) -> Array:
    ends = references.minimum, references.maximum
    unit = deviation(references.finite, references.total, references.squares, days.plan)
    middle = _middle(references.body, ends, days.plan)
    return _reach(middle, ends, (days.minimum, days.maximum), unit)


def _rows_as_far(column: ColumnProfile, plan: ColumnPlan) -> float:
    """How many rows at most are as far from the middle as the farthest one.

    Its square so often is the sum of all rows' squares.

    >>> nine = ColumnProfile(9, minimum=-1.0, maximum=50.0, squares=2508.0)
    >>> round(_rows_as_far(nine, ColumnPlan(Kind.NUMERIC, "Float64")), 2)
    1.0
    """
    if column.minimum is None or column.maximum is None:
        return math.inf
    far = max(plan.centre - column.minimum, column.maximum - plan.centre) / plan.scale
    share = math.sqrt(column.squares) / far if far > 0 else math.inf
    return share * share


def _is_next(column: ColumnProfile, plan: ColumnPlan) -> bool:
    """Whether the farthest value is near the few that the reference takes.

    A fifth period after four, or a party of six after fives: so near is what two of the
    widest steps between them reach, of which the second makes up for one that is rare.

    >>> four = ColumnPlan(Kind.NUMERIC, "Int64", grid=(1.0, 2.0, 3.0, 4.0))
    >>> [_is_next(ColumnProfile(9, minimum=1.0, maximum=m), four) for m in (6.0, 7.0)]
    [True, False]
    """
    levels = plan.grid
    if len(levels) < 2 or column.minimum is None or column.maximum is None:
        return False
    step = max(after - before for before, after in pairwise(levels))
    beyond = max(levels[0] - column.minimum, column.maximum - levels[-1])
    return beyond <= 2 * step


@statistic(
    Facts(
        kinds=frozenset({Kind.NUMERIC}),
        about=About.VALUES,
        rows_behind=_rows_as_far,
        may_come=_is_next,
        called="reach beyond the reference",
        description=(
            "reach beyond the reference's extremes, as a share of their distance from "
            "the median; negative is inside"
        ),
        sentence="{subject} reaches {value} farther out than the reference",
        noise=Noise.NONE,
        lowest=-1.0,
        percent=True,
        tail=6.0,
        trifle=0.1,
        convention=0.5,
        critical=lambda value, usual, bound: value >= max(5 * bound, 1.0),
    ),
    _of_days,
)
def range(reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan) -> float:
    """Distance of the farther extreme from the reference's median, over the reference's own.

    Up is farther out; -1 and up, where 0 is as far as the reference's own extreme, 1 is
    twice as far, and less than 0 is inside: days that stay inside say how near the edge
    a usual day comes, which days outside are too rare to say. A side that ends where
    the reference does, as a count at 0, tells nothing beside the other. Each has its own
    distance; one that is 0 (a column whose median is its minimum) counts in reference
    standard deviations. A plain ratio of distances; no source.

    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0, 5.0, 9.0))
    >>> old = ColumnProfile(40, minimum=-1.0, maximum=11.0, bins=(10, 10, 10, 10))
    >>> new = ColumnProfile(40, minimum=0.0, maximum=17.0, bins=(9, 10, 10, 11))
    >>> range(old, new, plan)
    1.0
    >>> range(old, ColumnProfile(40, minimum=-1.0, maximum=8.0, bins=new.bins), plan)
    -0.5
    """
    ends = np.array([reference.minimum, reference.maximum], dtype=np.float64)
    day = np.array([current.minimum, current.maximum], dtype=np.float64)
    if np.isnan(ends).any() or np.isnan(day).any():
        return math.nan
    with np.errstate(all="ignore"):
        middle = _middle(body(reference, plan), (ends[0], ends[1]), plan)
        unit = np.asarray(sd(reference, plan))
        return float(_reach(middle, (ends[0], ends[1]), (day[0], day[1]), unit))
