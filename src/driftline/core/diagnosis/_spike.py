"""One exact value that stands in far more rows than on any reference day."""

from dataclasses import dataclass

import numpy as np

from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._numbers import Array, Mask, Numbers

FEW_VALUES = 10
"""A column with fewer distinct values has no value that stands out."""


@dataclass(frozen=True, slots=True)
class Spike:
    """A value, its share of the rows, what is usual, and whether it was possible before.

    `apart` is how far outside the reference's range it lies, in ranges.
    """

    value: float
    share: float
    usual: float
    known: bool
    apart: float
    explains: float


def find_spike(day: Day, name: str) -> Spike | None:
    """Today's most conspicuous value, if no reference day has one like it.

    Rows with the value are spread over the day like the others, or they are all there
    is; and without them the column is as usual: a tilted world moves its neighbours too.
    """
    column = day.numbers(name)
    if not column.usable or column.one_value_days:
        return None
    values, rows = np.unique(column.today, return_counts=True)
    shares = rows / len(column.today)
    usual = _share_before(column, values)
    at = int((shares - usual).argmax())
    excess = float(shares[at] - usual[at])
    outside = _outside(column, float(values[at]))
    if not outside and len(column.support) < FEW_VALUES:
        return None
    odd = outside >= 0.5 or (outside and _looks_made_up(float(values[at])))
    bound = 0.0 if odd else limit_of(_excesses(column), len(column.today))
    few = rows[at] < max(3, 0.01 * len(column.today))
    if few or excess <= bound or not _stands_alone(day, column, float(values[at])):
        return None
    return Spike(
        value=float(values[at]),
        share=float(shares[at]),
        usual=float(usual[at]),
        known=bool(usual[at] > 0 or column.is_home(values[at : at + 1])[0]),
        apart=outside,
        explains=_explains(column, float(values[at]), excess),
    )


def _looks_made_up(value: float) -> bool:
    """Whether people write such a number for none: -1, 0, 99, -999, 1000000, 32767.

    >>> [_looks_made_up(x) for x in (-1, 0, -999.0, 1e6, 32767, 74.0, 9)]
    [True, True, True, True, True, False, False]
    """
    if value in (0, -1) or abs(value) in (2.0**15 - 1, 2.0**31 - 1, 2.0**63):
        return True
    digits = f"{abs(value):.0f}" if value == round(value) else ""
    nines = len(digits) > 1 and set(digits) == {"9"}
    return nines or (abs(value) >= 1e5 and set(digits[1:]) == {"0"})


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


def _outside(column: Numbers, value: float) -> float:
    """How far outside the range, in ranges; 0 inside."""
    beyond = max(column.low - value, value - column.high, 0.0)
    return beyond / column.width


def _stands_alone(day: Day, column: Numbers, value: float) -> bool:
    """Whether the value's rows are many hours' and the others are as on a usual day."""
    mine: Mask = column.now == value
    rest = column.today[column.today != value]
    if len(rest) < 0.05 * len(column.today):
        return True
    if not _over_the_day(day, mine & column.present, column.present):
        return False
    others = column.known[column.known != value]
    trimmed = Numbers(
        np.where(column.before == value, np.nan, column.before),
        column.window,
        np.where(mine, np.nan, column.now),
        column.single,
    )
    if not len(others) or not trimmed.usable:
        return True
    return trimmed.distance(rest) <= 1.25 * trimmed.most_distance


def _over_the_day(day: Day, mine: Mask, all_rows: Mask) -> bool:
    """Whether the rows fall into at least half as many hours as chance would pick."""
    if day.hours is None:
        return True
    hours = np.nan_to_num(day.hours[1]).astype(int)
    total = np.bincount(hours[all_rows], minlength=24)
    share = total / max(total.sum(), 1)
    expected = float((1 - (1 - share) ** int(mine.sum())).sum())
    return len(np.unique(hours[mine])) >= 0.5 * expected


def _explains(column: Numbers, value: float, excess: float) -> float:
    rest = column.today[column.today != value]
    if len(rest) < 5:
        return 1.0
    return float(np.clip(max(column.explained(rest), excess), 0, 1))
