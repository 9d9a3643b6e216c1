"""A plan run over one Polars frame: what any engine does with the rows that it holds.

A profile is one pass of plain comparisons `x > edge`. Columns whose mean is not finite
hold NaN or infinities, which Polars ranks above every number: they take a second pass,
which counts these and takes them off the bins, and sums up the rest. So do columns with
numbers whose squares overflow.

Numbers and each list of values are queries of their own that run together: of Parquet
each reads its columns alone, and sharing one scan would keep the whole slice in memory.
What gives whole rows (CSV, SQL) is read once, and profiles of its batches are added.
Of a wide slice so many columns are counted at a time: Polars holds several row groups of
all columns that a query reads, which for 1,000 columns were 6 GB.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import polars as pl
import polars.selectors as cs

from driftline.adapters.engines._counting import Counting
from driftline.adapters.engines._numbers import COUNT
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile, merged
from driftline.core.slice import Slice
from driftline.errors import DriftlineError, SliceCorrupt, SliceUnavailable

BATCH_ROWS = 200_000
COLUMNS_AT_A_TIME = 100
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
        whole = _counted_apart(rows, plan)
    extra = set(schema) - set(plan.columns)
    return replace(whole, extra_columns=tuple(sorted(extra)))


def _counted_apart(rows: Slice, plan: Plan) -> Profile:
    """The columns some at a time: memory is that of so many, whatever the width."""
    names = list(plan.columns)
    if len(names) <= COLUMNS_AT_A_TIME:
        return counted(rows, plan)
    parts = [
        counted(rows, Plan({name: plan.columns[name] for name in group}))
        for group in _groups(names)
    ]
    columns = {name: c for part in parts for name, c in part.columns.items()}
    return Profile(parts[0].rows, columns, plan.digest)


def _groups(names: list[str]) -> list[list[str]]:
    starts = range(0, len(names), COLUMNS_AT_A_TIME)
    return [names[i : i + COLUMNS_AT_A_TIME] for i in starts]


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
    """These columns batch by batch, after a first batch that has no rows."""
    frame: pl.LazyFrame = rows.data.select(cs.by_name(*names))
    yield replace(rows, data=pl.LazyFrame(schema=frame.collect_schema()))
    batches = frame.collect_batches(
        chunk_size=size, maintain_order=False, engine="streaming"
    )
    while (batch := guarded(lambda: next(batches, None), rows.origin)) is not None:
        yield replace(rows, data=batch.lazy())


def counted(rows: Slice, plan: Plan) -> Profile:
    counting = Counting(schema_of(rows), plan)
    frame: pl.LazyFrame = rows.data
    if counting.ids:
        frame = frame.select(counting.prepared())
    queries = [frame.select(counting.aggregates())]
    queries += [value_counts(frame, counting.ids[name]) for name in counting.listed]
    first, *tables = collect(queries, rows.origin)
    found = first.row(0, named=True)
    if again := counting.rough_moments(found):
        found |= collect([frame.select(again)], rows.origin)[0].row(0, named=True)
    return counting.profile(found[COUNT], counting.plain(found), tables)


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
    """Polars' own errors may quote rows, so their text is not passed on.

    Of some damage it panics, which is no `Exception`.
    """
    try:
        return work()
    except DriftlineError:
        raise
    except OSError as error:
        raise SliceUnavailable(
            f"{origin}: a file of the slice can no longer be read "
            f"({type(error).__name__}). Nothing of the slice was used."
        ) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise SliceCorrupt(
            f"{origin}: the rows could not be decoded ({type(error).__name__}). Nothing "
            "of the slice was used; restore the data and run the window again."
        ) from error
