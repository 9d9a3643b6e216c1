"""Columns that lack a value alone, where others usually lack theirs with them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Masks = npt.NDArray[np.bool_]

TOGETHER = 0.5
"""Of the rows that lack one column, the share that has to lack a companion too."""


@dataclass(frozen=True, slots=True)
class Company:
    """A column and its companions, which are missing wherever it usually is."""

    column: str
    others: tuple[str, ...]

    def fits(self, table: pl.DataFrame) -> bool:
        """Whether all columns are there."""
        return {self.column, *self.others} <= set(table.columns)

    def strange(self, table: pl.DataFrame) -> Masks:
        """The rows that lack the column and none of its companions."""
        found = absent(table[self.column])
        for name in self.others:
            found &= ~absent(table[name])
        return found


def companies(table: pl.DataFrame, columns: Sequence[str]) -> list[Company]:
    """The columns that have companions, with them."""
    held = [(name, absent(table[name])) for name in columns]
    some = [(name, lacks) for name, lacks in held if lacks.any() and not lacks.all()]
    if len(some) < 2:
        return []
    lacking = np.array([lacks for _, lacks in some], dtype=np.float32)
    both = lacking @ lacking.T
    close = both >= TOGETHER * both.diagonal()[:, None]
    np.fill_diagonal(close, False)
    names = np.array([name for name, _ in some])
    return [
        Company(str(name), tuple(map(str, names[row])))
        for name, row in zip(names, close, strict=True)
        if row.any()
    ]


def absent(column: pl.Series) -> Masks:
    """The rows without a value: null or NaN."""
    found = column.is_null()
    if column.dtype.is_float():
        found = found | column.is_nan().fill_null(False)
    return found.to_numpy().copy()
