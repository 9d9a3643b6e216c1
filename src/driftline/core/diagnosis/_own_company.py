"""Whether the rows of one value are, beside it, as rows of that value are."""

import numpy as np
import polars as pl

from driftline.core.diagnosis._day import Day, limit_of, share_of_days
from driftline.core.diagnosis._numbers import Array, Mask
from driftline.core.diagnosis._relations import cells_of
from driftline.core.diagnosis._strays import off_clock
from driftline.core.diagnosis._transform import LUCK

KNOWN = 20
"""Reference rows of a value from which on it is known what goes with it. A judgement."""


CLEARLY = 1.0
"""How much more likely, in powers of e, a row of a value makes what it is seen with: less
tells of a day that is unlike the others as well. A judgement."""

NEARLY_ALL = 0.9
"""Rows of which so many hold one value are of one thing. A judgement."""

FOLLOWS = 0.98
"""Of rows that share a value, so many share what was worked out of it. A judgement."""

HALF = 0.5
"""Of the rows of a value, how many have another hour than their stamps where it is wrong."""


def is_rightly_there(day: Day, name: str, known: float | None, mine: Mask) -> bool:
    """Whether rows hold what their time stamps or other columns say, if it is a `known` value.

    A day that was short, or began early, has the hours of its rows.
    """
    told = off_clock(day, name)
    if told is not None and float(told[mine].mean()) < HALF:
        return True
    if known is None:
        return False
    return is_chosen(day, name, known, mine) or _is_of_one(day, name, mine)


def _witnesses(day: Day, name: str) -> list[str]:
    """The columns that follow from it in no way: not what the model says, nor a part of it."""
    others = [n for n in [*day.numeric, *day.categorical] if n != name]
    values = day.numbers(name).before
    return [
        other
        for other in others
        if other not in day.outputs and not _follows(values, cells_of(day, other)[0])
    ]


def _follows(values: Array, cells: np.ndarray) -> bool:
    """Whether rows that share a value share a cell: one was worked out of the other."""
    held = np.isfinite(values)
    rows = pl.DataFrame({"value": values[held], "cell": cells[held]})
    pairs = rows.group_by("value", "cell").len()
    sums = pairs.group_by("value").agg(pl.sum("len").alias("all"), pl.max("len"))
    often, among = sums.filter(pl.col("all") > 1).select("len", "all").sum().row(0)
    return bool((often or 0) > FOLLOWS * (among or 0))


def _is_of_one(day: Day, name: str, mine: Mask) -> bool:
    """Whether nearly all rows hold one value of another column too, as on no other day.

    They are of one customer or machine, whose day it was. A column that says one thing a
    day says nothing of its rows, and neither does a value that no reference row has.
    """
    for other in _witnesses(day, name):
        before, now = _alike(day, other)
        own = now.filter(pl.Series(mine)).drop_nulls()
        if own.is_empty():
            continue
        value = own.mode()[0]
        if (own == value).sum() < NEARLY_ALL * mine.sum():
            continue
        there = (before == value).fill_null(value=False).to_numpy()
        usual = share_of_days(there, day.window)
        share = float((now == value).sum()) / len(mine)
        is_more = there.any() and share > limit_of(usual, len(mine))
        if is_more and _differs(day, other):
            return True
    return False


def _alike(day: Day, name: str) -> tuple[pl.Series, pl.Series]:
    """A column on both sides in one type: a flag of today may be a number, and was none."""
    dtype = pl.Float64 if name in day.numeric else pl.String
    return day.before[name].cast(dtype), day.now[name].cast(dtype)


def _differs(day: Day, name: str) -> bool:
    """Whether a usual day has several values of a column."""
    known = day.before[name].rank("dense").fill_null(0).to_numpy()
    days = [known[day.window == number] for number in range(day.days)]
    most = [np.bincount(one.astype(int)).max() / len(one) for one in days if len(one)]
    return float(np.median(most)) < NEARLY_ALL


def is_chosen(day: Day, name: str, value: float, mine: Mask) -> bool:
    """Whether the value came with its own company: more rows of it, and nothing filled in.

    The column that tells most rows of the value from others decides, where it can: rows
    into which the value was filled are there as any other rows. What follows from the
    value tells nothing, and neither does a value that the reference hardly has.
    """
    before = day.numbers(name).before
    own = before == value
    if own.sum() < KNOWN or own.all():
        return False
    usual, share = float(own.mean()), float(mine.mean())
    kept = min(usual / share, 1.0)
    best, chosen = -np.log(LUCK), False
    for other in _witnesses(day, name):
        then, now = (codes + 1 for codes in cells_of(day, other))
        cells = int(max(then.max(), now.max())) + 1
        with_it, without = _shares(then[own], cells), _shares(then[~own], cells)
        tells = np.log(with_it / without)
        filled = kept * with_it + (1 - kept) * without
        apart = float((with_it - filled) @ tells)
        if apart >= CLEARLY and apart * mine.sum() > best:
            best = apart * float(mine.sum())
            halfway = float((with_it + filled) @ tells) / 2
            chosen = float(tells[now[mine]].mean()) > halfway
    return chosen


def _shares(codes: np.ndarray, cells: int) -> Array:
    """The share of each cell; one that no row has counts as a row (Laplace)."""
    return np.asarray((np.bincount(codes, minlength=cells) + 1) / (len(codes) + cells))
