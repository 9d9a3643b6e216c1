"""Columns of any type as numbers that a tree can split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]

RARE = 30
"""A category with fewer rows has no code of its own: its mean would be learned by heart."""

MOST_CATEGORIES = 1000
"""Of a column with more, the most frequent have a code."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How each column becomes numbers: `codes` has those of text, `rare` the rest of it.

    A category's code is the mean target of its rows, so that categories that act alike
    are neighbours.
    """

    columns: tuple[str, ...]
    codes: Mapping[str, Mapping[str, float]]
    rare: float

    def __call__(self, table: pl.DataFrame) -> Array:
        """One row of numbers per row; NaN where a value is null or the column absent."""
        arrays = [self.column(table, name) for name in self.columns]
        return np.column_stack(arrays) if arrays else np.empty((table.height, 0))

    def column(self, table: pl.DataFrame, name: str) -> Array:
        """One column as numbers, infinities at the edge of what a float holds."""
        if name not in table.columns:
            return np.full(table.height, np.nan)
        if name not in self.codes:
            return as_numbers(table[name])
        text = table[name].cast(pl.String, strict=False)
        coded = text.replace_strict(
            self.codes[name], default=self.rare, return_dtype=pl.Float64
        )
        return coded.set(text.is_null(), None).to_numpy()


def learn_encoding(
    table: pl.DataFrame, columns: Sequence[str], target: Array
) -> Encoding:
    """Codes for the columns of text, learned from these rows and their target."""
    present = tuple(name for name in columns if name in table.columns)
    texts = [name for name in present if not is_numeric(table[name].dtype)]
    return Encoding(
        present,
        _codes(table, texts, target),
        float(np.mean(target)) if len(target) else 0.0,
    )


def is_numeric(dtype: pl.DataType) -> bool:
    """Whether the values have an order and a distance: numbers, times and booleans."""
    return dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean


def as_numbers(column: pl.Series) -> Array:
    """Numbers, and NaN for what is none.

    >>> as_numbers(pl.Series([True, None, False])).tolist()
    [1.0, nan, 0.0]
    """
    if column.dtype.is_temporal():
        column = column.to_physical()
    values: Array = column.cast(pl.Float64, strict=False).to_numpy()
    return np.nan_to_num(values, nan=np.nan)


def _codes(
    table: pl.DataFrame, texts: Sequence[str], target: Array
) -> dict[str, dict[str, float]]:
    """The codes of every column of text, all columns grouped at once."""
    columns = [table[name].cast(pl.String) for name in texts]
    codes: dict[str, dict[str, float]] = {name: {} for name in texts}
    if not columns or not table.height:
        return codes
    rows = pl.DataFrame(
        {
            "column": np.repeat(np.arange(len(texts)), table.height),
            "value": pl.concat(columns),
            "target": np.tile(target, len(texts)),
        }
    )
    grouped = (
        rows.drop_nulls("value")
        .group_by("column", "value")
        .agg(pl.col("target").mean(), pl.len().alias("rows"))
        .filter(pl.col("rows") >= RARE)
        .sort(["column", "rows", "value"], descending=[False, True, False])
        .group_by("column", maintain_order=True)
        .head(MOST_CATEGORIES)
    )
    for column, value, mean in grouped.select("column", "value", "target").iter_rows():
        codes[texts[column]][value] = mean
    return codes
