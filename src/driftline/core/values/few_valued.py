"""Columns of few values: categories, and numbers such as an hour or a yes of 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.profiles.plan import ColumnPlan, Kind

Counts = npt.NDArray[np.int64]
Values = tuple[str | float, ...]

MOST = 40
"""Values of a column that are looked at, and such columns."""

FIRST = 1_000
"""Rows that show that most columns of numbers have more."""


@dataclass(frozen=True, slots=True)
class FewValued:
    """A column and its values; `places` are those of the rows, one more where none is had."""

    column: str
    values: Values
    places: Counts

    @property
    def rows(self) -> Counts:
        """Rows with each value."""
        return np.bincount(self.places, minlength=len(self.values) + 1)[:-1]

    def counted(self, lines: Counts, count: int, rows: Counts | None = None) -> Counts:
        """Rows with each value, in `count` lines.

        `lines` has the line of each of the `rows`, which are places in the table, or of
        each row of it.
        """
        size = len(self.values) + 1
        places = self.places if rows is None else self.places[rows]
        found = np.bincount(lines * size + places, minlength=count * size)
        return np.asarray(found.reshape(count, size)[:, :-1])


def few_valued(
    table: pl.DataFrame, plans: Mapping[str, ColumnPlan], columns: Sequence[str]
) -> list[FewValued]:
    """The columns of at least two categories, the most frequent ones, or of few numbers."""
    each = (_of(table[name], plans[name]) for name in columns if name in plans)
    return list(islice((one for one in each if one and len(one.values) > 1), MOST))


def as_values(column: pl.Series, *, words: bool) -> pl.Series | None:
    """A column as texts or as numbers, null where it has none; None where it is no such."""
    dtype = column.dtype
    if not words:
        return column.cast(pl.Float64).fill_nan(None) if dtype.is_numeric() else None
    is_worded = isinstance(dtype, pl.String | pl.Boolean | pl.Categorical | pl.Enum)
    return column.cast(pl.String) if is_worded or dtype.is_integer() else None


def _of(column: pl.Series, plan: ColumnPlan) -> FewValued | None:
    if plan.kind is Kind.CATEGORICAL:
        words = as_values(column, words=True)
        return None if words is None else _of_words(words, plan.categories[:MOST])
    numbers = as_values(column, words=False) if plan.kind is Kind.NUMERIC else None
    return None if numbers is None else _of_numbers(numbers)


def _of_words(column: pl.Series, values: tuple[str, ...]) -> FewValued:
    places = column.cast(pl.Enum(values), strict=False).to_physical().cast(pl.Int64)
    return FewValued(column.name, values, places.fill_null(len(values)).to_numpy())


def _of_numbers(column: pl.Series) -> FewValued | None:
    held = column.to_numpy()
    if len(np.unique(held[:FIRST])) > MOST + 1:
        return None
    known = np.unique(held)
    known = known[~np.isnan(known)]
    if len(known) > MOST:
        return None
    places = np.where(np.isnan(held), len(known), np.searchsorted(known, held))
    return FewValued(column.name, tuple(known.tolist()), places)
