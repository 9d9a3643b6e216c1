"""Two columns that changed places, in all rows or in some."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Mask, Numbers, on_grid
from driftline.core.diagnosis._relations import goes_along
from driftline.core.diagnosis._undo import (
    Diagnosis,
    Facts,
    Subject,
    undo,
    undoing,
)
from driftline.core.wording import percent

KEPT = 0.99
"""The share of the reference's rows that keep an order of two columns."""

NEARLY_ALL, MOST, DISTINCT = 0.95, 0.8, 6
"""Shares of rows, and how many different values, that tell what all rows hold.

Judgements: a few rows may be of a bug besides, and a fifth of a day may be a season's. Half or
twice as much left over, or as many values, tells the tests' swaps and usual days apart too.
"""


HALF = 0.5
"""Of a day's rows, how many hold what the column could not where all were swapped."""


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS, Subject.CATEGORIES}),
        description="two columns that changed places",
        order=6,
    )
)
def column_swap(day: Day, name: str) -> Diagnosis | None:
    """Each of two columns holds what the other should, and no longer what it should."""
    test, others = _swapped_numbers, day.numeric
    if name not in others:
        test, others = _swapped_categories, day.categorical
    tried = [(test(day, name, other), other) for other in others if other != name]
    found = [(fit, other) for fit, other in tried if fit is not None]
    if not found:
        return None
    (explains, share), other = max(found)
    first, second = sorted((name, other))
    return Diagnosis(
        "column_swap",
        share,
        explains,
        f"{first} and {second} have changed places in {percent(share)} of the rows"
        f"{undoing(explains)}",
        f"swap {first} and {second}",
        {"columns": [first, second]},
        (first, second),
    )


def _swapped_numbers(day: Day, name: str, other: str) -> tuple[float, float] | None:
    a, b = day.numbers(name), day.numbers(other)
    if not a.usable or not b.usable:
        return None
    if a.one_value_days or b.one_value_days:
        found = _all_home(a, b)
    else:
        found = (
            _all_rows(a, b)
            or _all_home(a, b)
            or _some_rows(a, b)
            or _one_alien(a, b)
            or _one_alien(b, a)
        )
    return found or _turned(day, name, other) or _turned(day, other, name)


def _turned(day: Day, above: str, below: str) -> tuple[float, float] | None:
    """One column is below another as far as it was always above it, in all rows.

    What is done to one of them breaks their order too, and leaves the two elsewhere, or
    the gap between them falls where a third column says that it rises.
    """
    high, low = day.numbers(above), day.numbers(below)
    apart = Numbers(high.before - low.before, high.window, low.now - high.now)
    if not apart.usable or (apart.known >= 0).mean() < KEPT:
        return None
    if (apart.today >= 0).mean() < NEARLY_ALL or np.median(apart.today) <= 0:
        return None
    crossed = ((high, low.today), (low, high.today))
    fits = min(float(_possible(c, v).mean()) for c, v in crossed)
    if fits < MOST or apart.strayed > apart.most_distance:
        return None
    return None if goes_along(day, apart, {above, below}) is False else (fits, 1.0)


def _all_home(a: Numbers, b: Numbers) -> tuple[float, float] | None:
    """All rows hold what their own column never did and the other could, one of them did.

    So it is told where days differ too much for a day to be far from any.
    """
    if not (a.recurrent or b.recurrent):
        return None
    if min(a.foreign.mean(), b.foreign.mean()) < NEARLY_ALL:
        return None
    crossed = ((a, b.today), (b, a.today))
    exact = [float(column.is_home(values).mean()) for column, values in crossed]
    fits = min(float(_possible(c, v).mean()) for c, v in crossed)
    several = max(len(np.unique(a.today)), len(np.unique(b.today))) >= DISTINCT
    if not several or max(exact) < NEARLY_ALL or fits < MOST:
        return None
    return (fits, 1.0)


def _possible(column: Numbers, values: Array) -> Mask:
    """Values that the column held, or that are on its grid and hardly beyond its range."""
    return column.is_home(values) | (
        column.is_near(values) & column.within(values, 0.1 * column.width)
    )


def _all_rows(a: Numbers, b: Numbers) -> tuple[float, float] | None:
    """Both far from where they were, and each a usual day of the other."""
    limits = (a.most_distance, b.most_distance)
    straight = (a.strayed, b.strayed)
    if any(was <= 1.5 * limit for was, limit in zip(straight, limits, strict=True)):
        return None
    crossed = (a.distance_in_order(b.in_order), b.distance_in_order(a.in_order))
    for side in (0, 1):
        if crossed[side] > min(1.25 * limits[side], straight[side] / 3):
            return None
    return (min(a.explained(b.today), b.explained(a.today)), 1.0)


def _one_alien(a: Numbers, b: Numbers) -> tuple[float, float] | None:
    """No season brings what one holds in most rows; swapped, both are at home and usual.

    A column that takes many values holds the other's without looking strange: whole
    numbers among amounts. Swapped both are nearer to where they were, so that more was
    done than to one of them.
    """
    if _alien(a, a.today[a.foreign]).sum() < HALF * len(a.today):
        return None
    fits = min(a.is_home(b.today).mean(), b.is_home(a.today).mean())
    crossed = (a.distance_in_order(b.in_order), b.distance_in_order(a.in_order))
    straight, most = (a.strayed, b.strayed), (a.most_distance, b.most_distance)
    nearer = all(
        x <= min(y, z) for x, y, z in zip(crossed, straight, most, strict=True)
    )
    if fits < MOST or not nearer or sum(crossed) > sum(straight) * 2 / 3:
        return None
    return (float(fits), 1.0)


def _some_rows(a: Numbers, b: Numbers) -> tuple[float, float] | None:
    """Rows in which neither could hold its value, and each could hold the other's."""
    both = a.foreign_rows & b.foreign_rows
    if both.sum() < 3:
        return None
    x, y = a.now[both], b.now[both]
    strange = _alien(a, x) | _alien(b, y)
    crossed = strange & a.is_home(y) & b.is_home(x)
    share = float(strange.sum()) / int((a.present & b.present).sum())
    pairs = np.unique(np.stack([x[crossed], y[crossed]]), axis=1).shape[1]
    usual = a.usual_news.max(initial=0) * b.usual_news.max(initial=0) + 0.005
    if pairs < 3 or crossed.sum() < 0.8 * strange.sum() or share <= usual:
        return None
    return (float(crossed.sum() / strange.sum()), share)


def _alien(column: Numbers, values: Array) -> Mask:
    """Values that no season brings: off the grid, between known ones, or far away."""
    found = column.reach(values) >= 1
    if column.recurrent:
        found |= column.within(values)
    if column.grid is not None:
        found |= ~on_grid(values, column.grid, column.single)
    return np.asarray(found)


def _swapped_categories(day: Day, name: str, other: str) -> tuple[float, float] | None:
    """Rows whose values are new in both columns, and known in the other one."""
    a, b = day.categories(name), day.categories(other)
    if not a.new or not b.new:
        return None
    strange = a.now.is_in(list(a.new)) & b.now.is_in(list(b.new))
    crossed = a.now.is_in(list(b.known)) & b.now.is_in(list(a.known)) & strange
    rows = int(strange.sum())
    if rows < 3 or int(crossed.sum()) < 0.8 * rows:
        return None
    return (int(crossed.sum()) / rows, int(crossed.sum()) / len(a.now))
