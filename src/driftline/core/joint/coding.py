"""Columns of a table as small codes, so that pairs of them can be counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.profiles.plan import ColumnPlan, Kind

Codes = npt.NDArray[np.int64]

MOST_BINS, MOST_CATEGORIES = 8, 40
"""Cells of one column: coarse enough that most pairs of cells are met again."""

WORDED = (pl.String, pl.Boolean, pl.Categorical, pl.Enum, pl.Null)
"""Types of categories, besides whole numbers."""


@dataclass(frozen=True, slots=True)
class Coding:
    """The cells of one column: bins or categories, then one for the rest, one for missing.

    The rest are categories that the coding does not list; bins leave none over. An
    opaque coding tells only whether a value is there.
    """

    column: str
    kind: Kind
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """How many codes there are."""
        return max(len(self.edges) + 1, len(self.categories)) + 2

    def codes(self, table: pl.DataFrame) -> Codes | None:
        """The cell of every row; None where the table lacks the column or its type."""
        if self.column not in table.columns:
            return None
        column = table[self.column]
        if self.kind is Kind.OPAQUE:
            return np.where(_missing(column), self.cells - 1, 0)
        if self.kind is Kind.NUMERIC:
            return self._binned(column)
        return self._listed(column)

    def _binned(self, column: pl.Series) -> Codes | None:
        if not (column.dtype.is_numeric() or column.dtype == pl.Boolean):
            return None
        values = column.cast(pl.Float64).to_numpy()
        codes = np.searchsorted(self.edges, values, side="left")
        return np.where(np.isnan(values), self.cells - 1, codes)

    def _listed(self, column: pl.Series) -> Codes | None:
        dtype = column.dtype
        if not (dtype.is_integer() or dtype.is_decimal() or isinstance(dtype, WORDED)):
            return None
        texts = column.cast(pl.String)
        listed = texts.cast(_listing(self.categories), strict=False).to_physical()
        codes = listed.cast(pl.Int64).fill_null(self.cells - 2)
        return codes.set(texts.is_null(), self.cells - 1).to_numpy()


@lru_cache(1024)
def _listing(categories: tuple[str, ...]) -> pl.Enum:
    return pl.Enum(categories)


def presence(
    table: pl.DataFrame, columns: Sequence[str], least_share: float
) -> list[Coding]:
    """A coding of whether a value is there, for columns that lack some and have some."""
    return [
        Coding(name, Kind.OPAQUE)
        for name in columns
        if name in table.columns
        and least_share <= _missing(table[name]).mean() <= 1 - least_share
    ]


def _missing(column: pl.Series) -> npt.NDArray[np.bool_]:
    absent = column.is_null()
    if column.dtype.is_float():
        absent = absent | column.is_nan().fill_null(False)
    return absent.to_numpy()


def codings(
    table: pl.DataFrame, plans: dict[str, ColumnPlan], columns: Sequence[str]
) -> list[Coding]:
    """How to code those of the columns that have bins or categories."""
    found = (_coding(name, plans[name], table) for name in columns if name in plans)
    return [coding for coding in found if coding is not None]


def _coding(name: str, plan: ColumnPlan, table: pl.DataFrame) -> Coding | None:
    if name not in table.columns:
        return None
    if plan.kind is Kind.CATEGORICAL and len(plan.categories) > 1:
        return Coding(name, plan.kind, categories=plan.categories[:MOST_CATEGORIES])
    if plan.kind is Kind.NUMERIC and plan.edges and table[name].dtype.is_numeric():
        return Coding(name, plan.kind, edges=_thinned(table[name], plan.edges))
    return None


def _thinned(column: pl.Series, edges: tuple[float, ...]) -> tuple[float, ...]:
    """About `MOST_BINS` bins of equal mass, cut at edges of the plan."""
    values = column.drop_nulls().cast(pl.Float64).to_numpy()
    values = values[np.isfinite(values)]
    if len(edges) < MOST_BINS or not values.size:
        return edges
    below = np.searchsorted(np.sort(values), edges, side="right") / values.size
    wanted = np.arange(1, MOST_BINS) / MOST_BINS
    nearest = {int(np.abs(below - level).argmin()) for level in wanted}
    return tuple(edges[i] for i in sorted(nearest))
