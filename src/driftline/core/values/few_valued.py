"""Columns of few values: categories, and numbers such as an hour or a yes of 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    found: list[FewValued] = []
    for name in columns:
        one = _of(table[name], plans[name]) if name in plans else None
        if one is not None and len(one.values) > 1:
            found.append(one)
    return found[:MOST]


def as_values(column: pl.Series, *, words: bool) -> pl.Series | None:
    """A column as texts or as numbers, null where it has none; None where it is no such."""
    dtype = column.dtype
    if not words:
        return column.cast(pl.Float64).fill_nan(None) if dtype.is_numeric() else None
    is_worded = isinstance(dtype, pl.String | pl.Boolean | pl.Categorical | pl.Enum)
    return column.cast(pl.String) if is_worded or dtype.is_integer() else None


def _of(column: pl.Series, plan: ColumnPlan) -> FewValued | None:
    if plan.kind is Kind.CATEGORICAL:
        words, listed = as_values(column, words=True), plan.categories[:MOST]
        return None if words is None else _placed(words, listed)
    numbers = as_values(column, words=False) if plan.kind is Kind.NUMERIC else None
    if numbers is None or numbers.head(FIRST).n_unique() > MOST + 1:
        return None
    known = tuple(numbers.unique().drop_nulls().sort())
    return _placed(numbers, known) if len(known) <= MOST else None


def _placed(column: pl.Series, values: Values) -> FewValued:
    places = column.replace_strict(
        list(values), range(len(values)), default=len(values), return_dtype=pl.Int64
    )
    return FewValued(column.name, values, places.to_numpy())
