"""Two columns' values sorted into the same few cells."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.why.encoding import Array, as_numbers, is_numeric

MOST_CELLS = 20
"""Cells of values that are there; one more holds the missing ones."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cell each value is in, and one value that stands for each cell.

    `values` are of the reference's type; the last cell, null, is for missing values.
    """

    reference: npt.NDArray[np.int64]
    current: npt.NDArray[np.int64]
    values: pl.Series

    def shares(self, cells: npt.NDArray[np.int64]) -> Array:
        """The share of rows in each cell."""
        counted = np.bincount(cells, minlength=len(self.values))
        return counted / max(len(cells), 1)


def common_cells(reference: pl.Series, current: pl.Series) -> Cells:
    """Cells of equal shares of both columns' values, or one for each of few values.

    >>> cells = common_cells(pl.Series([1, 2, None]), pl.Series([2, 2]))
    >>> cells.values.to_list(), cells.current.tolist()
    ([1, 2, None], [1, 1])
    """
    if is_numeric(reference.dtype):
        return _numeric(reference, current)
    return _text(reference, current)


def _numeric(reference: pl.Series, current: pl.Series) -> Cells:
    old, new = as_numbers(reference), as_numbers(current)
    both = np.concatenate([_some(old), _some(new), np.zeros(1)])
    both = both[:-1] if len(both) > 1 else both
    values = np.unique(both)
    edges = values[:-1]
    if len(values) > MOST_CELLS:
        steps = np.linspace(0, 1, MOST_CELLS + 1)[1:-1]
        edges = np.unique(np.quantile(both, steps, method="higher"))
        edges = edges[edges < both.max()]
        places = np.searchsorted(edges, both)
        values = np.array([np.median(both[places == p]) for p in range(len(edges) + 1)])
    typed = _typed(values, reference.dtype)
    return Cells(_placed(old, edges), _placed(new, edges), typed)


def _typed(values: Array, kind: pl.DataType) -> pl.Series:
    """The values and a null, as the column has them."""
    held = pl.Series([*values.tolist(), None], dtype=pl.Float64)
    if kind.is_float() or kind.is_decimal():
        return held
    return held.round().cast(pl.Int64, strict=False).cast(kind, strict=False)


def _placed(values: Array, edges: Array) -> npt.NDArray[np.int64]:
    """Cell of each value: those up to the first edge in the first; missing in the last."""
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))


def _some(values: Array) -> Array:
    """Values that are there, at most some thousands of them, evenly picked."""
    held = values[~np.isnan(values)]
    stride = max(len(held) // 2000, 1)
    return np.sort(held)[::stride] if len(held) else held


def _text(reference: pl.Series, current: pl.Series) -> Cells:
    """The most frequent categories of either side; the others are put together."""
    old, new = (s.cast(pl.String, strict=False) for s in (reference, current))
    shares = [
        s.drop_nulls().alias("v").value_counts(normalize=True, name="n")
        for s in (old, new)
    ]
    ranked = (
        pl.concat(shares)
        .group_by("v")
        .agg(pl.col("n").sum())
        .sort(["n", "v"], descending=[True, False])["v"]
    )
    names = ranked.head(MOST_CELLS).to_list()
    codes = {name: place for place, name in enumerate(names)}

    def placed(column: pl.Series) -> npt.NDArray[np.int64]:
        other = max(len(names) - 1, 0)
        found = column.replace_strict(codes, default=other, return_dtype=pl.Int64)
        return found.set(column.is_null(), len(names)).to_numpy()

    return Cells(placed(old), placed(new), pl.Series([*names, None], dtype=pl.String))
