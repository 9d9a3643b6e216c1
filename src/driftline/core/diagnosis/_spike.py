"""One exact value that stands in far more rows than on any reference day."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.diagnosis._beside import (
    is_tilted,
    is_wider,
    looks_made_up,
    rest_as_usual,
    without,
)
from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._numbers import LEAST, Array, Mask, Numbers, on_grid
from driftline.core.diagnosis._own_company import is_rightly_there
from driftline.core.diagnosis._strays import off_clock, strays
from driftline.core.reference import WINDOW

FEW_VALUES = 10
"""A column with fewer distinct values has no value that stands out."""

LEAST_ROWS = 3
"""Fewer rows of a value are no more than chance."""

MOSTLY, LEAST_SHARE = 0.8, 0.02
"""Of the values that are not those of their time, how many are one value that was filled in,
and of how large a part of the day. Judgements."""


@dataclass(frozen=True, slots=True)
class Spike:
    """A value, its share of the rows, what is usual, and whether it was possible before."""

    value: float
    share: float
    usual: float
    known: bool
    explains: float


def find_spike(day: Day, name: str) -> Spike | None:
    """What `_misplaced` or `_found` gives, worked out once: three undos ask."""
    if name not in day.spikes:
        day.spikes[name] = _misplaced(day, name) or _found(day, name)
    kept: Spike | None = day.spikes[name]
    return kept


def _found(day: Day, name: str) -> Spike | None:
    """Today's most conspicuous value, if no reference day has one like it.

    Rows with the value are spread over the day like the others.
    """
    column = day.numbers(name)
    if not column.usable:
        return None
    values, rows = np.unique(column.today, return_counts=True)
    held = rows >= max(LEAST_ROWS, 0.01 * len(column.today))
    shares = rows / len(column.today)
    usual = _share_before(column, values)
    far = _outside(column, values) >= 1
    far[far] = _made_up(values[far])
    odd = (held | (far & (rows > 1))) & (usual < 0.001) & _odd(column, values, rows)
    excess = np.where(odd, 1.0, 0.0) + np.where(held, shares - usual, 0.0)
    order = np.argsort(-excess)
    at = int(order[0])
    if not held[at] and not odd[at]:
        return None
    if not odd[at] and not _stands_out(column, values[at], (shares - usual)[order]):
        return None
    mine = column.now == values[at]
    if not _over_the_day(day, column, mine) or not _different(day, name, mine):
        return None
    known = None if odd[at] else float(values[at])
    if is_rightly_there(day, name, known, mine):
        return None
    return Spike(
        value=float(values[at]),
        share=float(shares[at]),
        usual=float(usual[at]),
        known=not odd[at] or _outside(column, values[at : at + 1])[0] == 0,
        explains=1.0 if odd[at] else _explains(column, float(values[at])),
    )


def _misplaced(day: Day, name: str) -> Spike | None:
    """The value of nearly all rows whose value is not that of their time.

    Where time stamps tell the column any value; else one that people write for none and
    that stands alone among its neighbours, as no calm night and no fog does.
    """
    column = day.numbers(name)
    if not column.usable:
        return None
    told = off_clock(day, name)
    strange = strays(day, name) if told is None else told[column.present]
    values, rows = np.unique(column.today[strange], return_counts=True)
    if not len(values) or rows.max() < max(LEAST_ROWS, LEAST_SHARE * len(column.today)):
        return None
    value = float(values[rows.argmax()])
    if rows.max() < MOSTLY * rows.sum() or not (
        told is not None or looks_made_up(value)
    ):
        return None
    mine = column.now == value
    there = mine.copy()
    there[column.present] &= strange
    if not _over_the_day(day, column, there) or not _different(day, name, there):
        return None
    at = np.array([value])
    usual, share = (
        float(_share_before(column, at)[0]),
        float(mine.sum()) / len(column.today),
    )
    if share - usual < LEAST_SHARE:
        return None
    known = bool(_outside(column, at)[0] == 0)
    return Spike(value, share, usual, known=known, explains=1.0)


def _odd(column: Numbers, values: Array, rows: npt.NDArray[np.int64]) -> Mask:
    """Values that need no comparison: impossible, and more than all others like it.

    Off the grid, far outside the range, or outside and written by people for "none". Of
    a column that says the same all day, or always, only the latter: few values have
    neither a grid nor a range to speak of.
    """
    outside = _outside(column, values)
    made_up = outside > 0
    made_up[made_up] = _made_up(values[made_up])
    far, above = outside >= 1, values > column.high
    steady = not column.one_value_days and len(column.support) > 1
    found = far & _most(rows, far) & steady
    for side in (above, ~above):
        beyond = side & (outside > 0)
        found |= made_up & beyond & _most(rows, beyond)
    if column.grid is not None and steady:
        off = ~on_grid(values, column.grid, column.single)
        found |= off & _most(rows, off)
    return np.asarray(found)


def _most(rows: npt.NDArray[np.int64], kind: Mask) -> Mask:
    """Which values have more than half of the rows of a kind."""
    return np.asarray(2 * rows > rows[kind].sum())


def _stands_out(column: Numbers, value: float, excess: Array) -> bool:
    """Whether a possible value is more frequent than any is on a reference day, alone.

    A tilted world piles up rows too, and its other rows lie higher or lower than usual;
    at the ends of the range they have to be as on a usual day in every way.
    """
    if len(column.support) < FEW_VALUES or column.one_value_days:
        return False
    limit = limit_of(_excesses(column), len(column.today))
    if excess[0] <= limit or is_tilted(column, value) or _is_among(column, value):
        return False
    if is_wider(column, value):
        return False
    low, high = np.quantile(column.today, (0.1, 0.9))
    inner = (
        low <= value <= high
        and column.low < value < column.high
        and (len(excess) < 2 or excess[1] <= limit)
    )
    return bool(inner) or rest_as_usual(column, value)


def _is_among(column: Numbers, value: float) -> bool:
    """Whether the next value up or down, too, has more of the other rows than on any day.

    What is filled in is one value; what idles, calms down or is rounded is a few.
    """
    rest = without(column, value)
    values = np.unique(np.concatenate([rest.known, rest.today]))
    at = int(np.searchsorted(values, value))
    for beside in values[max(at - 1, 0) : at + 1]:
        rows = int((rest.today == beside).sum())
        usual = [float((day == beside).mean()) for day in rest.by_day]
        most = limit_of(usual, len(rest.today)) * len(rest.today)
        if rows >= LEAST_ROWS and rows > most:
            return True
    return False


def _made_up(values: Array) -> Mask:
    return np.array([looks_made_up(float(value)) for value in values], dtype=bool)


def _share_before(column: Numbers, values: Array) -> Array:
    left = np.searchsorted(column.known, values, side="left")
    right = np.searchsorted(column.known, values, side="right")
    return np.asarray((right - left) / len(column.known))


def _excesses(column: Numbers) -> Array:
    """Per reference day, by how much its most conspicuous value stands out."""
    found = []
    for day in column.by_day:
        values, rows = np.unique(day, return_counts=True)
        found.append(float((rows / len(day) - _share_before(column, values)).max()))
    return np.array(found)


def _outside(column: Numbers, values: Array) -> Array:
    """How far outside the range, in ranges or thrice what days move; 0 inside."""
    low, high = column.known[0], column.known[-1]
    beyond = np.maximum(np.maximum(low - values, values - high), 0.0)
    return np.asarray(beyond / max(column.width, 3 * column.moved))


def _different(day: Day, name: str, mine: Mask) -> bool:
    """Whether the rows differ in other columns as rows do: one drawn often is no default."""
    others = [c for c in day.now.columns if c != name and c in day.before.columns]
    if not others:
        return False
    distinct = (pl.struct(others).n_unique() / pl.len()).alias("distinct")
    usual = day.before.group_by(WINDOW).agg(distinct)["distinct"].to_numpy()
    rows = day.now.filter(pl.Series(mine)).select(others)
    return rows.n_unique() >= 0.5 * rows.height * float(np.median(usual))


def _over_the_day(day: Day, column: Numbers, mine: Mask) -> bool:
    """Whether the rows fall into at least half as many hours as chance would pick."""
    if day.hours is None:
        return True
    hours = np.nan_to_num(day.hours[1]).astype(int)
    total = np.bincount(hours[column.present], minlength=24)
    share = total / max(total.sum(), 1)
    expected = float((1 - (1 - share) ** int(mine.sum())).sum())
    return len(np.unique(hours[mine])) >= 0.5 * expected


def _explains(column: Numbers, value: float) -> float:
    """How much nearer to the reference the other rows are; all, where none are left."""
    rest = column.today[column.today != value]
    return column.explained(rest) if len(rest) >= LEAST else 1.0
