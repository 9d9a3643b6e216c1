"""Pairs of columns of which one is never the smaller: the air is no colder than its dew."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt
import polars as pl

KEPT = 0.999
"""The share of rows that keep an order that means something; the rest may be mistakes."""

BY_CHANCE = 0.05
"""In so many rows at least it would be broken if the two columns knew nothing of each other.

Where ranges hardly overlap an order says nothing that they do not. A judgement.
"""

SOME, MOST = 4_000, 30
"""From how many rows the order is learned, and of how many columns at most."""


@dataclass(frozen=True, slots=True)
class Order:
    """A column that is as large as another, or larger."""

    column: str
    other: str

    def fits(self, table: pl.DataFrame) -> bool:
        """Whether both columns are there as numbers."""
        kinds = [table.schema.get(name) for name in (self.column, self.other)]
        return all(kind is not None and kind.is_numeric() for kind in kinds)

    def strange(self, table: pl.DataFrame) -> npt.NDArray[np.bool_]:
        """The rows in which it is smaller; none where a value is missing."""
        names = (self.column, self.other)
        known = [pl.col(name).cast(pl.Float64).fill_nan(None) for name in names]
        below = (known[0] < known[1]).fill_null(value=False)  # NaN is above all numbers
        return table.select(below).to_series().to_numpy()


def orders(table: pl.DataFrame, columns: Sequence[str]) -> list[Order]:
    """The orders that the rows keep, at most one for a column: the one nearest to broken.

    >>> table = pl.DataFrame({"warm": [3.0, 9.0, 6.0, 5.0], "cold": [1.0, 8.0, 2.0, 4.0]})
    >>> orders(table, ["warm", "cold"])
    [Order(column='warm', other='cold')]
    """
    every = max(table.height // SOME, 1)
    rows = table.gather_every(every).select(
        pl.col(list(columns[:MOST])).cast(pl.Float64)
    )
    values = {name: rows[name].fill_null(np.nan).to_numpy() for name in rows.columns}
    found: dict[str, tuple[float, Order]] = {}
    for name, other in permutations(values, 2):
        chance = _broken_by_chance(values[name], values[other])
        if chance > found.get(name, (BY_CHANCE,))[0]:
            found[name] = (chance, Order(name, other))
    return [order for _, order in found.values()]


def _broken_by_chance(
    high: npt.NDArray[np.float64], low: npt.NDArray[np.float64]
) -> float:
    """How often the order would be broken by other rows' values; 0 where rows break it."""
    known = np.isfinite(high) & np.isfinite(low)
    high, low = high[known], low[known]
    if not len(high) or (high >= low).mean() < KEPT or (high > low).mean() < 1 / 2:
        return 0.0
    return float((high < np.roll(low, len(low) // 2)).mean())
