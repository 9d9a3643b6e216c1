"""The rows beside those of one value: whether they are as on a usual day."""

import math

import numpy as np

from driftline.core.diagnosis._day import limit_of
from driftline.core.diagnosis._numbers import LEAST, Array, Mask, Numbers

USUALLY, OFTEN = 0.98, 0.9
"""The parts of the reference's days beyond which the other rows have moved as well:
anywhere, and towards a value at the end of the range, where a tilted world piles up."""


def without(column: Numbers, value: float) -> Numbers:
    """The column as if the value had never been."""
    return Numbers(
        np.where(column.before == value, np.nan, column.before),
        column.window,
        np.where(column.now == value, np.nan, column.now),
        column.single,
    )


def is_tilted(column: Numbers, value: float) -> bool:
    """Whether the rows without the value lie higher or lower than on usual days."""
    rest = without(column, value)
    if not rest.usable:
        return False
    usual = np.array([abs(_height(rest, day)) for day in rest.by_day])
    if len(usual) < LEAST:
        return False
    rows = float(np.median([len(day) for day in rest.by_day]))
    fewer = max(math.sqrt(rows / len(rest.today)), 1.0)  # chance moves few farther
    usually, often = np.quantile(usual, (USUALLY, OFTEN)) * fewer
    height = _height(rest, rest.today)
    side = np.sign(_height(column, np.array([value])))
    return abs(height) > usually or (side * height > often and _is_end(column, value))


def _is_end(column: Numbers, value: float) -> bool:
    """Whether a tenth of the reference or less lies beyond a value."""
    return abs(_height(column, np.array([value]))) > 0.5 - 0.1


def _height(column: Numbers, values: Array) -> float:
    """By how much values lie above those of the reference: -0.5 to 0.5, ties are even.

    The mean of their ranks (Mann and Whitney, 1947).
    """
    low = np.searchsorted(column.known, values, side="left")
    high = np.searchsorted(column.known, values, side="right")
    return float((low + high).mean()) / (2 * len(column.known)) - 0.5


def is_wider(column: Numbers, value: float) -> bool:
    """Whether rows pile up at both ends of the range: a world spread, and none was filled."""
    ends = (float(column.known[0]), float(column.known[-1]))
    if value not in ends:
        return False
    other = ends[1 - ends.index(value)]
    usual = [float((day == other).mean()) for day in column.by_day]
    there = float((column.today == other).mean())
    return there > limit_of(usual, len(column.today))


def rest_as_usual(column: Numbers, value: float) -> bool:
    """Whether the rows without the value are spread as on a reference day.

    Where too few are left to say so, rows that pile up at the end of a scale were taken
    there by the world, and others were not.
    """
    trimmed = without(column, value)
    if len(trimmed.today) < 0.05 * len(column.today) or not trimmed.usable:
        return looks_made_up(value) or not _is_cap(column, value)
    return trimmed.distance(trimmed.today) <= 1.25 * trimmed.most_distance


def _is_cap(column: Numbers, value: float) -> bool:
    """Whether nothing lies beyond a value that the world may take all rows to.

    In log odds its share is then no farther beyond the days' than these are apart: where
    every day has as many rows of it, none comes near all.
    """
    if value not in (column.known[0], column.known[-1]):
        return False
    usual = [_log_odds(day == value) for day in column.by_day]
    return _log_odds(column.today == value) <= max(usual) + float(np.ptp(usual))


def _log_odds(mask: Mask) -> float:
    """Of a row being in the mask; half a row more is in it, and half a row out of it."""
    there = float(mask.sum())
    return math.log((there + 0.5) / (len(mask) - there + 0.5))


def looks_made_up(value: float) -> bool:
    """Whether people write such a number for none: -1, 0, 99, -999, 1000000, 32767.

    >>> [looks_made_up(x) for x in (-1, 0, -999.0, 1e6, 32767, 74.0, 9)]
    [True, True, True, True, True, False, False]
    """
    if value in (0, -1) or abs(value) in (2.0**15 - 1, 2.0**31 - 1, 2.0**63):
        return True
    digits = f"{abs(value):.0f}" if value == round(value) else ""
    nines = len(digits) > 1 and set(digits) == {"9"}
    return nines or (abs(value) >= 1e5 and set(digits[1:]) == {"0"})
