"""Values that the column never took become values that it takes, and those of their day."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from driftline.core.diagnosis._chance import gap
from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._mixture import FAR
from driftline.core.diagnosis._numbers import Array, Mask, Numbers, apart, grid_of
from driftline.core.diagnosis._strange import HOME, MOST_HOME, Strange, coming_home
from driftline.core.diagnosis._strays import strays
from driftline.core.diagnosis._transform import DISTINCT, MANY, Fit, Transform

SOME = 0.02
"""The share of foreign values in a day from which on they tell."""

AMID = (0.02, 0.98)
"""Between these quantiles a column is at home on every day."""

NEARLY_ALL = 0.95
"""Of a day's values, how many are unknown where all are."""

LEAP = 3.0
"""So many usual steps from row to row are a leap. A judgement."""

APART = 3.0
"""So many widths of the day's inner half beyond it a value is far from its day: Tukey's
outer fence (1977), beyond which a bell curve has 2 in a million."""


def by_company(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
    """Unknown values, wherever they lie, that come home and then belong to their day.

    A season takes a column to where it has not been, and no change of units brings that
    home. An amount does, by whole steps of an even grid: so that for a free one only
    values among the familiar ones count, where they are more than a usual day has. A
    turned sign does on any grid: it is told from frost by where in the day it turns.
    """
    column = day.numbers(name)
    if not column.recurrent or column.foreign.mean() < SOME:
        return
    usual = max(SOME, limit_of(column.usual_news, len(column.today)))
    kinds = {
        free: _amid(column) if free else _unknown(day, name)
        for free in {t.free for t in transforms}
    }
    for transform in transforms:
        strange = kinds[transform.free]
        least = usual if transform.free else SOME
        if len(strange.values) < strange.least or strange.share < least:
            continue
        fit = coming_home(column, strange, transform, 2 * len(transforms))
        if fit is None or not _belongs(column, strange, fit):
            continue
        if not (transform.mirrors and _passes_zero(day, column)):
            yield fit


def _amid(column: Numbers) -> Strange:
    """The day's unknown values that lie amid the values of the reference."""
    low, high = np.quantile(column.known, AMID)
    amid = (column.today >= low) & (column.today <= high)
    found = np.unique(column.today[column.foreign & amid], return_counts=True)
    return _alone(column, found, column.is_home, MANY, MOST_HOME)


def _unknown(day: Day, name: str) -> Strange:
    """The day's unknown values, which are at home too where the rest of their day is.

    Where some lie far from that rest it is they: the others are a season's. A day that
    is all unknown has no rest.
    """
    column = day.numbers(name)
    far = column.foreign & (_apart(column.today) | strays(day, name))
    few = far.mean() < SOME or column.foreign.mean() >= NEARLY_ALL
    strange = column.foreign if few else far
    rest = np.unique(column.today[~strange])

    def in_place(values: Array, slack: float) -> Mask:
        reach = np.maximum(column.close(values), slack)
        return column.is_home(values, slack) | (apart(rest, values) <= reach)

    found = np.unique(column.today[strange], return_counts=True)
    most = MOST_HOME if few and len(found[0]) >= MANY else HOME
    return _alone(column, found, in_place, DISTINCT, most)


def _alone(
    column: Numbers,
    found: tuple[Array, npt.NDArray[np.int64]],
    in_place: Callable[[Array, float], Mask],
    least: int,
    at_home: float,
) -> Strange:
    values, rows = found
    step = (grid_of(values, column.single) if len(values) else None) or 0.0
    return Strange(
        values, rows, len(column.today), 0.0, in_place, step, False, least, 1.0, at_home
    )


def _passes_zero(day: Day, column: Numbers) -> bool:
    """Whether the sign changes where rows are small, and by no leap: a frost.

    Where signs were turned, the larger one of two rows is larger than two thirds of all,
    or else all rows are alike, and from one sign to the other is a leap.
    """
    values = column.today
    if day.hours is not None:
        values = values[np.argsort(day.hours[1][column.present], kind="stable")]
    values = values[values != 0]
    sizes, steps = np.abs(values), np.abs(np.diff(values))
    turns = np.diff(np.sign(values)) != 0
    if not turns.any() or turns.all():
        return False
    there = np.maximum(sizes[1:], sizes[:-1])[turns]
    is_small = np.median(there) <= np.median(sizes)
    return bool(is_small and np.median(steps[turns]) <= LEAP * np.median(steps[~turns]))


def _apart(today: Array) -> Mask:
    """Which values are far from most of their day."""
    low, high = np.quantile(today, (0.25, 0.75))
    return np.asarray(np.maximum(low - today, today - high) > APART * (high - low))


def _belongs(column: Numbers, strange: Strange, fit: Fit) -> bool:
    """Whether undone values are spread as the rest of their day is.

    Where all rows were changed nothing is left to compare with, and they do.
    """
    undone = fit.transform.inverse(np.repeat(strange.values, strange.rows))
    undone = undone[strange.in_place(undone, fit.slack)]
    rest = np.sort(column.today[~np.isin(column.today, strange.values)])
    scale = math.sqrt(len(undone) * len(rest) / len(column.today))
    return gap(undone, rest) * scale <= FAR
