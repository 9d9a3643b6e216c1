"""A column's counts as they would be if something about its values had changed."""

from dataclasses import replace
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from driftline.core.drift._cells import Array, body, sd
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile

FINE = 1_000_000
"""Rows to which a column is brought first, so that rounding counts hides no change."""

NORMAL = NormalDist()


def shifted(column: ColumnProfile, plan: ColumnPlan, by: float) -> ColumnProfile:
    """The numeric column with its mean moved by so many standard deviations.

    Bins are moved on their normal scores: exact for a normal column, and for another
    one the shift that a monotone transform would make of it.

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> moved = shifted(ColumnProfile(100, bins=(50, 50)), plan, 1.0)
    >>> round(moved.bins[1] / moved.rows, 3)
    0.841
    """
    fine = _scaled(column)
    held = body(fine, plan)
    rows = float(held.sum())
    below = (np.cumsum(held)[:-1] / rows).tolist()
    ends = [0.0, *(_moved(share, by) for share in below), 1.0]
    bins = tuple(round((high - low) * rows) for low, high in pairwise(ends))
    step = by * sd(fine, plan) / plan.scale
    return replace(
        fine,
        bins=bins,
        total=fine.total + fine.finite * step,
        squares=fine.squares + 2 * step * fine.total + fine.finite * step**2,
    )


def concentrated(
    column: ColumnProfile, plan: ColumnPlan, share: float, chance: Array | None = None
) -> ColumnProfile:
    """The column with that share of its rows, from all categories, made the commonest one.

    `chance` holds a standard normal number per category, by which more or fewer of its
    rows are hit than their share; without it exactly their share is.

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.CATEGORICAL, "String", categories=("a", "b"))
    >>> moved = concentrated(ColumnProfile(10, counts={"a": 5, "b": 5}), plan, 0.2)
    >>> moved.counts["a"] / moved.rows
    0.6
    """
    held = body(column, plan)
    hit = share * held
    if chance is not None:
        hit += chance * np.sqrt(share * (1 - share) * held)
    hit = np.clip(hit, 0.0, held)
    counts = held - hit
    counts[int(held.argmax())] += hit.sum()
    fine = _scaled(column)
    times = fine.rows / max(column.rows, 1)
    rounded = [round(float(count * times)) for count in counts]
    return replace(fine, counts=dict(zip(plan.categories, rounded, strict=True)))


def _moved(share: float, by: float) -> float:
    """The share below an edge once everything has moved up."""
    if not 0 < share < 1:
        return share
    return NORMAL.cdf(NORMAL.inv_cdf(share) - by)


def _scaled(column: ColumnProfile) -> ColumnProfile:
    times = max(FINE // max(column.rows, 1), 1)
    counts = column.counts and {v: n * times for v, n in column.counts.items()}
    return replace(
        column,
        rows=column.rows * times,
        nulls=column.nulls * times,
        nans=column.nans * times,
        infinities=column.infinities * times,
        bins=tuple(count * times for count in column.bins),
        counts=counts,
        unseen=column.unseen * times,
        off_grid=column.off_grid * times,
        total=column.total * times,
        squares=column.squares * times,
    )
