"""Whether some rows are like the others in every other column."""

import numpy as np
import polars as pl

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Mask

ENOUGH = 15
"""With fewer rows nothing can be said."""

FAR = 2.2
"""Kolmogorov's statistic that chance exceeds once in 8,000 times."""

MOST = 30
"""How many columns are looked at."""


def mixed(day: Day, mask: Mask, but: str) -> bool | None:
    """Whether the rows of the mask are a random part of the day; None if too few.

    What is new in the world has its own ways; what was overwritten at random has not.
    """
    if mask.sum() < ENOUGH or (~mask).sum() < ENOUGH:
        return None
    far = max((_gap(day.now[name], mask) for name in _others(day, but)), default=None)
    return None if far is None else far <= FAR


def likeness(day: Day, mask: Mask, value: str, column: str) -> float:
    """How far rows of today are from the reference's rows of one value, 0 to 1.

    The mean over the other columns of the largest gap of shares; 0 where there are none.
    """
    picked = (day.before[column].cast(pl.String) == value).fill_null(False)
    before, now = day.before.filter(picked), day.now.filter(pl.Series(mask))
    gaps = [
        _largest(_codes(before[name], now[name]), before.height)
        for name in _others(day, column)
    ]
    return float(np.mean(gaps)) if gaps else 0.0


def _others(day: Day, but: str) -> list[str]:
    return [n for n in [*day.numeric, *day.categorical] if n != but][:MOST]


def _gap(values: pl.Series, mask: Mask) -> float:
    """Kolmogorov's statistic between the rows of the mask and the others."""
    some, rest = values.filter(pl.Series(mask)), values.filter(pl.Series(~mask))
    scale = np.sqrt(len(some) * len(rest) / len(values))
    return _largest(_codes(some, rest), len(some)) * float(scale)


def _codes(first: pl.Series, second: pl.Series) -> Array:
    """Both columns as ranks of their values; what is missing comes first."""
    both = pl.concat([first.cast(pl.String), second.cast(pl.String)])
    if first.dtype.is_numeric() and second.dtype.is_numeric():
        both = pl.concat([first.cast(pl.Float64), second.cast(pl.Float64)])
    return both.rank("dense").fill_null(0).cast(pl.Float64).to_numpy()


def _largest(codes: Array, first: int) -> float:
    """The largest gap of the distribution functions of the first rows and the rest."""
    if not 0 < first < len(codes):
        return 0.0
    at = codes.astype(int)
    some = np.bincount(at[:first], minlength=at.max() + 1) / first
    rest = np.bincount(at[first:], minlength=at.max() + 1) / (len(codes) - first)
    return float(np.abs(np.cumsum(some - rest)).max())
