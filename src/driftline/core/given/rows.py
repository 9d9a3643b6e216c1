"""Rows as numbers and cells, read once however often they are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.joint.coding import Codes, Coding

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SCALE_STEPS = 2_000
"""Parts of the scale of normal scores: a number's ends lie at 3.5 deviations."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The `values` of some numbers, NaN where there is none, and the `cells` of categories.

    A row has a 1 in one cell of each category that its table has. Both have as many rows.
    """

    values: Array
    cells: Array

    def part(self, which: Mask | slice) -> "Rows":
        """Some of the rows."""
        return Rows(self.values[which], self.cells[which])

    def scores(self, known: Sequence[Array]) -> Array:
        """The normal score of each value among those `known` of its number, sorted."""
        columns = [_scores(self.values[:, i], values) for i, values in enumerate(known)]
        return np.column_stack(columns)


def read(
    table: pl.DataFrame, numbers: Sequence[str], categories: Sequence[Coding]
) -> Rows:
    """The rows of a table; a number that it lacks is missing everywhere."""
    none = pl.repeat(None, table.height, dtype=pl.Float64, eager=True)
    columns = [table[name] if name in table.columns else none for name in numbers]
    values = np.column_stack([_finite(column) for column in columns])
    cells = [_indicators(c.codes(table), c, table.height) for c in categories]
    return Rows(values, np.hstack(cells) if cells else np.zeros((table.height, 0)))


def sorted_values(rows: Rows) -> tuple[Array, ...]:
    """What each number's values are, in order."""
    return tuple(np.sort(column[~np.isnan(column)]) for column in rows.values.T)


def _finite(column: pl.Series) -> Array:
    """NaN where there is no number, and everywhere in a column of another type."""
    if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
        return np.full(len(column), np.nan)
    values = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)


def _indicators(codes: Codes | None, coding: Coding, rows: int) -> Array:
    """All in no cell where the column is missing, or of another type."""
    if codes is None:
        return np.zeros((rows, coding.cells))
    return np.asarray(codes[:, None] == np.arange(coding.cells), dtype=np.float64)


def _scores(values: Array, known: Array) -> Array:
    """The normal scores of the values' mid-ranks (van der Waerden, 1952)."""
    if not len(known):
        return np.full(len(values), np.nan)
    left = np.searchsorted(known, values, side="left")
    right = np.searchsorted(known, values, side="right")
    ranks = (left + right + 1) / (2 * len(known) + 2)
    levels, normal = _normal_scale()
    return np.where(np.isnan(values), np.nan, np.interp(ranks, levels, normal))


@cache
def _normal_scale() -> tuple[Array, Array]:
    levels = (np.arange(SCALE_STEPS) + 0.5) / SCALE_STEPS
    normal = NormalDist()
    return levels, np.array([normal.inv_cdf(level) for level in levels.tolist()])
