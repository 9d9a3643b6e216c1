"""What is asked of a frame for a plan, and the profile that the answers make.

Every column goes by its number, so that no name is special.

A column whose type is of another family than the plan's (text for numbers) is never
coerced: each of its values is `unseen`, its bins are zero, and `dtype` says what came.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
import polars.selectors as cs

from driftline.adapters.engines._numbers import (
    COUNT,
    comparisons,
    moments,
    numeric_profile,
    off_grid,
    rough,
    rough_moments,
)
from driftline.adapters.engines._types import family, is_numeric, is_text, number, text
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import EXAMPLES, ColumnProfile, Profile


class Counting:
    """A plan for rows of one schema; it holds no rows.

    `ids` are the numbers of the columns that are there, `listed` those whose values are
    listed; of all others one row of `aggregates` tells everything.
    """

    def __init__(self, schema: pl.Schema, plan: Plan) -> None:
        self._plan = plan
        self._schema = schema
        self.ids = {n: str(i) for i, n in enumerate(plan.columns) if n in schema}
        self.listed = [n for n in self.ids if self._counts_values(n)]
        self._numeric = [n for n in self.ids if self._counts_numbers(n)]

    def prepared(self) -> list[pl.Expr]:
        """The columns as numbers or text; of the rest, whether there is a value."""
        return [self._prepared(name).alias(i) for name, i in self.ids.items()]

    def aggregates(self) -> list[pl.Expr]:
        """All that is asked of prepared columns, lists of values apart."""
        wanted = [pl.len().alias(COUNT)]
        for name, i in self.ids.items():
            if name not in self.listed:
                wanted.append(pl.col(i).null_count().alias(f"{i}.nulls"))
            if name in self._numeric:
                wanted += self._of_numbers(name, i)
        return wanted

    def rough_moments(self, found: dict[str, Any]) -> list[pl.Expr]:
        """What must be asked again after this answer, for moments that it spoilt."""
        columns = {self.ids[n]: self._plan.columns[n] for n in self._numeric}
        spoilt = {i: c for i, c in columns.items() if rough(i, c, found)}
        return [expr for i, c in spoilt.items() for expr in rough_moments(i, c)]

    def plain(self, found: dict[str, Any]) -> dict[str, ColumnProfile]:
        """The columns without a list, from the answer to `aggregates`."""
        return {n: self._plain(n, found) for n in self.ids if n not in self.listed}

    def profile(
        self,
        rows: int,
        plain: dict[str, ColumnProfile],
        tables: Sequence[pl.DataFrame],
    ) -> Profile:
        """The whole, with a table of values and counts for each listed column."""
        columns = dict(plain)
        for name, table in zip(self.listed, tables, strict=True):
            columns[name] = self._listed(name, table, rows)
        absent = ColumnProfile(rows, present=False)
        found = {name: columns.get(name, absent) for name in self._plan.columns}
        return Profile(rows, found, self._plan.digest)

    def _prepared(self, name: str) -> pl.Expr:
        dtype = self._schema[name]
        if name in self._numeric:
            return number(name, dtype)
        if name in self.listed:
            return text(name, dtype)
        return pl.when(cs.by_name(name).is_not_null()).then(True)

    def _counts_numbers(self, name: str) -> bool:
        column = self._plan.columns[name]
        return column.kind is Kind.NUMERIC and not self._changed(name)

    def _counts_values(self, name: str) -> bool:
        """Values are listed for categories, and to show what came after a type change."""
        kind, dtype = self._plan.columns[name].kind, self._schema[name]
        if kind is Kind.CATEGORICAL and not self._changed(name):
            return True
        watched = kind in (Kind.CATEGORICAL, Kind.NUMERIC) and self._changed(name)
        return watched and (is_text(dtype) or is_numeric(dtype))

    def _changed(self, name: str) -> bool:
        here = family(str(self._schema[name]))
        return here not in ("null", family(self._plan.columns[name].dtype))

    def _of_numbers(self, name: str, i: str) -> tuple[pl.Expr, ...]:
        column, whole = self._plan.columns[name], self._schema[name].is_integer()
        tests = off_grid(i, column.decimals, column.grid, whole)
        return (*moments(i), *comparisons(i, column.edges), *tests)

    def _plain(self, name: str, found: dict[str, Any]) -> ColumnProfile:
        i, column = self.ids[name], self._plan.columns[name]
        if name in self._numeric:
            return numeric_profile(i, column, found, str(self._schema[name]))
        rows, nulls = found[COUNT], found.get(f"{i}.nulls", 0)
        watched = column.kind in (Kind.CATEGORICAL, Kind.NUMERIC)
        return ColumnProfile(
            rows,
            nulls=nulls,
            bins=_no_bins(column),
            counts={} if column.kind is Kind.CATEGORICAL else None,
            unseen=rows - nulls if watched else 0,
            dtype=str(self._schema[name]),
        )

    def _listed(self, name: str, table: pl.DataFrame, rows: int) -> ColumnProfile:
        column, changed = self._plan.columns[name], self._changed(name)
        counts = dict(table.iter_rows())
        nulls = counts.pop(None, 0)
        known = frozenset() if changed else frozenset(column.categories)
        unseen = {value: n for value, n in counts.items() if value not in known}
        dtype = "Null" if changed and not counts else str(self._schema[name])
        kept = {value: n for value, n in counts.items() if value in known}
        return ColumnProfile(
            rows,
            nulls=nulls,
            bins=_no_bins(column),
            counts=kept if column.kind is Kind.CATEGORICAL else None,
            unseen=sum(unseen.values()),
            unseen_examples=tuple(sorted(unseen)[:EXAMPLES]),
            dtype=dtype,
        )


def _no_bins(column: ColumnPlan) -> tuple[int, ...]:
    return (0,) * (len(column.edges) + 1) if column.kind is Kind.NUMERIC else ()
