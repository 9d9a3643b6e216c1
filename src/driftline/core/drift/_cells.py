"""A column's rows sorted into cells, which every distribution statistic reads.

The cells are the plan's bins or categories, then infinite values, then values that the
plan does not know (unseen), then missing ones (null or NaN): so that a change of
missingness is a change of the distribution.
"""

import math
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile

Array = npt.NDArray[np.float64]

HISTOGRAM_KINDS = frozenset({Kind.NUMERIC, Kind.CATEGORICAL})
"""Columns that are counted in bins or categories."""


def body(column: ColumnProfile, plan: ColumnPlan) -> Array:
    """Rows per bin or per category of the plan; one cell for columns without either."""
    if plan.kind is Kind.CATEGORICAL:
        found = map((column.counts or {}).get, plan.categories, repeat(0))
        return np.fromiter(found, np.float64, len(plan.categories))
    if plan.kind is not Kind.NUMERIC:
        held = column.finite - column.unseen
        return np.array([held], dtype=np.float64)
    bins = column.bins or (0,) * (len(plan.edges) + 1)
    return np.array(bins, dtype=np.float64)


def bodies(columns: Sequence[ColumnProfile], plan: ColumnPlan) -> Array:
    """`body` of every column, a row each.

    A day holds few of many categories: only those that it holds are looked up.
    """
    if plan.kind is not Kind.CATEGORICAL:
        return np.stack([body(column, plan) for column in columns])
    place = {category: i for i, category in enumerate(plan.categories)}
    found = np.zeros((len(columns), len(place)))
    for row, column in zip(found, columns, strict=True):
        held = column.counts or {}
        at = np.fromiter(map(place.__getitem__, held), np.intp, len(held))
        row[at] = np.fromiter(held.values(), np.float64, len(held))
    return found


def cells(column: ColumnProfile, plan: ColumnPlan) -> Array:
    """Rows per cell; they add up to the column's rows.

    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> cells(ColumnProfile(10, nulls=1, nans=2, bins=(3, 4)), plan).tolist()
    [3.0, 4.0, 0.0, 0.0, 3.0]
    """
    rest = (column.infinities, column.unseen, column.missing)
    return np.concatenate([body(column, plan), np.array(rest, dtype=np.float64)])


def shares(column: ColumnProfile, plan: ColumnPlan) -> Array:
    """Share of the column's rows per cell; NaN throughout when there is no row."""
    counted = cells(column, plan)
    rows = counted.sum()
    return counted / rows if rows else np.full_like(counted, math.nan)


def sd(column: ColumnProfile, plan: ColumnPlan) -> float:
    """Standard deviation of the finite values, in the column's own unit.

    A constant column has the plan's scale instead, or 1, so that one can divide by it.
    """
    finite, total, squares = map(
        np.array, (column.finite, column.total, column.squares)
    )
    return float(deviation(finite, total, squares, plan))


def deviation(
    finite: npt.NDArray[Any], total: Array, squares: Array, plan: ColumnPlan
) -> Array:
    """What `sd` gives, from the numbers of finite values and their sums."""
    with np.errstate(all="ignore"):
        mean = total / finite
        variance = squares / finite - mean * mean
        varies = variance > 1e-12 * np.maximum(mean * mean, 1e-12)
        known = (finite > 0) & np.isfinite(variance) & varies
        found = np.sqrt(np.where(known, variance, 1.0)) * plan.scale
    return np.where(known, found, plan.scale if plan.scale > 0 else 1.0)


def histogram(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> dict[str, list[float] | list[str]]:
    """Both columns' shares side by side, for people to look at.

    Numeric columns come with `edges`, others with their ten most frequent `categories`;
    `other` holds the shares of the cells that are left, missing ones last.
    """
    old, new = shares(reference, plan), shares(current, plan)
    shown = len(old) - 3
    result: dict[str, list[float] | list[str]] = {}
    if plan.kind is Kind.CATEGORICAL:
        shown = min(shown, 10)
        result["categories"] = list(plan.categories[:shown])
    else:
        result["edges"] = list(plan.edges)
    result["reference"] = _plain(old[:shown])
    result["current"] = _plain(new[:shown])
    result["other_reference"] = [
        *_plain(old[shown:-2].sum(keepdims=True)),
        *_plain(old[-2:]),
    ]
    result["other_current"] = [
        *_plain(new[shown:-2].sum(keepdims=True)),
        *_plain(new[-2:]),
    ]
    return result


def _plain(values: Array) -> list[float]:
    return [round(float(value), 6) for value in values]
