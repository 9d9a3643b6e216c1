"""Feature columns as numbers for a tree: the same numbers on every day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from driftline.core.labels.labelled import numbers

Vector = NDArray[np.float64]

MOST_COLUMNS = 30
"""Columns that are looked at: those that go most with what is learned."""

MOST_VALUES = 100
"""Values of a text column that are told apart, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The columns looked at; those of text with their values in order of the target."""

    columns: tuple[str, ...]
    values: dict[str, dict[str, float]]

    @classmethod
    def learn(
        cls, table: pl.DataFrame, columns: Sequence[str], target: Vector
    ) -> "Inputs":
        """The columns that go most with the target."""
        present = [name for name in columns if name in table.columns]
        values = {
            name: _ordered(table[name], target)
            for name in present
            if not _is_number(table[name])
        }
        whole = cls(tuple(present), values)
        ties = {
            name: _tie(column, target)
            for name, column in zip(present, whole._columns(table), strict=True)
        }
        kept = sorted(present, key=lambda name: -ties[name])[:MOST_COLUMNS]
        return cls(tuple(kept), {n: v for n, v in values.items() if n in kept})

    def matrix(self, table: pl.DataFrame, first: Vector) -> Vector:
        """One row of numbers per row, `first` before the columns; NaN is unknown."""
        return np.column_stack([first, *self._columns(table)])

    def _columns(self, table: pl.DataFrame) -> list[Vector]:
        return [self._column(table, name) for name in self.columns]

    def _column(self, table: pl.DataFrame, name: str) -> Vector:
        if name not in table.columns:
            return np.full(table.height, np.nan)
        if name not in self.values:
            return numbers(table[name]).fill_null(np.nan).to_numpy()
        text, known = table[name].cast(pl.String), self.values[name]
        codes = text.replace_strict(known, default=None, return_dtype=pl.Float64)
        return codes.fill_null(np.nan).to_numpy()


def _is_number(column: pl.Series) -> bool:
    return column.dtype.is_numeric()


def _ordered(column: pl.Series, target: Vector) -> dict[str, float]:
    """The most frequent values, numbered by the target's mean, drawn towards the whole."""
    frame = pl.DataFrame({"value": column.cast(pl.String), "target": target})
    whole = float(target.mean())
    means = (
        frame.drop_nulls("value")
        .group_by("value")
        .agg(rows=pl.len(), total=pl.col("target").sum())
        .sort("rows", "value", descending=[True, False])
        .head(MOST_VALUES)
        .with_columns(mean=(pl.col("total") + 20 * whole) / (pl.col("rows") + 20))
    )
    return dict(zip(means["value"], means["mean"], strict=True))


def _tie(column: Vector, target: Vector) -> float:
    """The absolute correlation with the target; 0 where there is none."""
    known = np.isfinite(column)
    if known.sum() < 3:
        return 0.0
    one, other = column[known], target[known]
    one, other = one - one.mean(), other - other.mean()
    # Sums of products, not `@`: its threads spin for nothing on a busy machine.
    power = float((one * one).sum() * (other * other).sum())
    return abs(float((one * other).sum())) / power**0.5 if power > 0 else 0.0
