"""A plan run over one Polars frame: what any engine does with the rows that it holds.

A profile is one pass of plain comparisons `x > edge`. Polars ranks NaN above every
number, so NaN and infinities are counted by comparisons too and taken off the bins;
their columns alone, and those with numbers whose squares overflow, take a second pass
for moments.

Numbers and each list of values are queries of their own that run together: of Parquet
each reads its columns alone, and sharing one scan would keep the whole slice in memory.
What gives whole rows (CSV, SQL) is read once, and profiles of its batches are added.

A column whose type is of another family than the plan's (text for numbers) is never
coerced: each of its values is `unseen`, its bins are zero, and `dtype` says what came.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

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
from driftline.core.plan import ColumnPlan, Kind, Plan
from driftline.core.profile import EXAMPLES, ColumnProfile, Profile, merged
from driftline.core.slice import Slice
from driftline.errors import DriftlineError, SliceCorrupt, SliceUnavailable

BATCH_ROWS = 200_000
BY_ROWS = ("Csv SCAN", "NDJson SCAN", "PYTHON SCAN")
"""How Polars' plans call scans that read whole rows for every query."""

Result = TypeVar("Result")


def profile_of(rows: Slice, plan: Plan) -> Profile:
    """The counts of one slice; the same for any split of its rows, once added."""
    schema = schema_of(rows)
    known = [name for name in plan.columns if name in schema]
    if known and not scans_apart(rows):
        whole = merged([counted(part, plan) for part in batches_of(rows, known)])
    else:
        whole = counted(rows, plan)
    extra = set(schema) - set(plan.columns)
    return replace(whole, extra_columns=tuple(sorted(extra)))


def scans_apart(rows: Slice) -> bool:
    """Whether scanning one column leaves the others unread.

    So it is in Parquet and in memory; text files and databases give whole rows.
    """
    frame: pl.LazyFrame = rows.data
    text = guarded(lambda: frame.explain(optimized=False), rows.origin)
    return not any(scan in text for scan in BY_ROWS)


def batches_of(
    rows: Slice, names: Sequence[str], size: int = BATCH_ROWS
) -> Iterator[Slice]:
    """These columns batch by batch; at least one batch, even without rows."""
    frame: pl.LazyFrame = rows.data.select(cs.by_name(*names))
    yield replace(rows, data=pl.LazyFrame(schema=frame.collect_schema()))
    batches = frame.collect_batches(
        chunk_size=size, maintain_order=False, engine="streaming"
    )
    while (batch := guarded(lambda: next(batches, None), rows.origin)) is not None:
        yield replace(rows, data=batch.lazy())


def counted(rows: Slice, plan: Plan) -> Profile:
    total, columns = _Pass(rows, schema_of(rows), plan).counted()
    absent = ColumnProfile(total, present=False)
    found = {name: columns.get(name, absent) for name in plan.columns}
    return Profile(total, found, plan.digest)


class _Pass:
    """One pass over a slice: every column under its number, so that no name is special."""

    def __init__(self, rows: Slice, schema: pl.Schema, plan: Plan) -> None:
        self._origin = rows.origin
        self._plan = plan
        self._schema = schema
        self._rows: pl.LazyFrame = rows.data
        self._ids = {
            name: str(i) for i, name in enumerate(plan.columns) if name in schema
        }
        self._numeric = [n for n in self._ids if self._counts_numbers(n)]
        self._listed = [n for n in self._ids if self._counts_values(n)]
        self._frame: pl.LazyFrame = rows.data.select(
            self._prepared(name).alias(i) for name, i in self._ids.items()
        )

    def counted(self) -> tuple[int, dict[str, ColumnProfile]]:
        """The number of rows and the profile of each column that is there."""
        if not self._ids:
            return collect([self._rows.select(pl.len())], self._origin)[0].item(), {}
        queries = [self._frame.select(self._aggregates())]
        queries += [value_counts(self._frame, self._ids[n]) for n in self._listed]
        first, *tables = collect(queries, self._origin)
        found = first.row(0, named=True)
        found |= self._rough_moments(found)
        columns = {n: self._finished(n, found) for n in self._ids}
        for name, table in zip(self._listed, tables, strict=True):
            columns[name] = self._listed_profile(name, table, found[COUNT])
        return found[COUNT], columns

    def _prepared(self, name: str) -> pl.Expr:
        dtype = self._schema[name]
        if name in self._numeric:
            return number(name, dtype)
        return text(name, dtype) if name in self._listed else cs.by_name(name)

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

    def _aggregates(self) -> list[pl.Expr]:
        wanted = [pl.len().alias(COUNT)]
        for name, i in self._ids.items():
            if name not in self._listed:
                wanted.append(pl.col(i).null_count().alias(f"{i}.nulls"))
            if name in self._numeric:
                wanted += self._of_numbers(name, i)
        return wanted

    def _of_numbers(self, name: str, i: str) -> tuple[pl.Expr, ...]:
        column, whole = self._plan.columns[name], self._schema[name].is_integer()
        tests = off_grid(i, column.decimals, column.grid, whole)
        return (*moments(i), *comparisons(i, column.edges), *tests)

    def _rough_moments(self, found: dict[str, Any]) -> dict[str, Any]:
        columns = {self._ids[n]: self._plan.columns[n] for n in self._numeric}
        wanted = [
            expr
            for i, column in columns.items()
            if rough(i, column, found)
            for expr in rough_moments(i, column)
        ]
        if not wanted:
            return {}
        return collect([self._frame.select(wanted)], self._origin)[0].row(0, named=True)

    def _finished(self, name: str, found: dict[str, Any]) -> ColumnProfile:
        i, column = self._ids[name], self._plan.columns[name]
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

    def _listed_profile(
        self, name: str, table: pl.DataFrame, rows: int
    ) -> ColumnProfile:
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


def value_counts(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    return frame.group_by(column).agg(pl.len().alias(COUNT))


def schema_of(rows: Slice) -> pl.Schema:
    frame: pl.LazyFrame = rows.data
    return guarded(frame.collect_schema, rows.origin)


def collect(queries: Sequence[pl.LazyFrame], origin: str) -> list[pl.DataFrame]:
    if not queries:
        return []
    apart = pl.QueryOptFlags(comm_subplan_elim=False)
    return guarded(
        lambda: pl.collect_all(queries, engine="streaming", optimizations=apart), origin
    )


def guarded(work: Callable[[], Result], origin: str) -> Result:
    """Polars' own errors may quote rows, so their text is not passed on."""
    try:
        return work()
    except DriftlineError:
        raise
    except OSError as error:
        raise SliceUnavailable(
            f"{origin}: a file of the slice can no longer be read "
            f"({type(error).__name__}). Nothing of the slice was used."
        ) from error
    except pl.exceptions.PolarsError as error:
        raise SliceCorrupt(
            f"{origin}: the rows could not be decoded ({type(error).__name__}). Nothing "
            "of the slice was used; restore the data and run the window again."
        ) from error
