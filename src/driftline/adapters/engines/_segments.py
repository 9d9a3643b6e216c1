"""A slice and its segments, decoded once.

Numbers are sorted by segment, batch by batch, and every segment's stretch is counted
by itself; values are counted by segment and value. The whole is the sum of the segments
and of the rows in none, so that nothing is counted twice. Lists of values are queries of
their own, which run beside.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl

from driftline.adapters.engines._counting import Counting
from driftline.adapters.engines._numbers import COUNT
from driftline.adapters.engines._polars import (
    batches_of,
    collect,
    guarded,
    scans_apart,
    schema_of,
)
from driftline.adapters.engines._types import text
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import ColumnProfile, Profile, merged, summed
from driftline.core.slice import Slice

Answer = tuple[int, dict[str, ColumnProfile]]
"""How many rows there are, and the columns of which no values are listed."""

SEGMENT = "\0driftline segment"
SEGMENT_BATCH_ROWS = 500_000
"""More than of a plain profile: each batch costs a run of the plan per segment."""


def profile_segments_of(
    rows: Slice, plan: Plan, column: str, values: Sequence[str]
) -> tuple[Profile, dict[str, Profile]]:
    """The whole, and each segment."""
    schema = schema_of(rows)
    counting = Counting(schema, plan)
    number = _number(text(column, schema[column]), values)
    parts = [
        _split(part, counting, number, len(values))
        for part in _parts(rows, [*counting.ids, column])
    ]
    extra = tuple(sorted(set(schema) - set(plan.columns)))
    found = [
        replace(merged(part), extra_columns=extra) for part in zip(*parts, strict=True)
    ]
    return merged(found), dict(zip(values, found, strict=False))


def merged_segments(
    parts: Sequence[tuple[Profile, dict[str, Profile]]],
) -> tuple[Profile, dict[str, Profile]]:
    """What `profile_segments_of` gives for all parts together, from at least one."""
    wholes, segments = zip(*parts, strict=True)
    names = segments[0]
    return merged(wholes), {n: merged([part[n] for part in segments]) for n in names}


def _parts(rows: Slice, names: list[str]) -> Iterator[Slice]:
    """The slice itself, or its batches where every query would read whole rows."""
    if scans_apart(rows):
        yield rows
    else:
        yield from batches_of(rows, list(dict.fromkeys(names)), SEGMENT_BATCH_ROWS)


def _number(segment: pl.Expr, values: Sequence[str]) -> pl.Expr:
    """Each row's segment by its place in `values`; rows of no segment come last."""
    places = pl.lit(len(values), pl.UInt16)
    for place, value in enumerate(values):
        here = pl.lit(place, pl.UInt16)
        places = pl.when(segment == value).then(here).otherwise(places)
    return pl.when(segment.is_not_null()).then(places).otherwise(len(values))


def _split(
    rows: Slice, counting: Counting, number: pl.Expr, none: int
) -> list[Profile]:
    """The profile of each segment, and of the rows in none."""
    frame = rows.data.select(*counting.prepared(), number.alias(SEGMENT))
    listed = [counting.ids[name] for name in counting.listed]
    lists = [frame.group_by(SEGMENT, i).agg(pl.len().alias(COUNT)) for i in listed]
    numbers = frame.select(pl.exclude(listed))
    with ThreadPoolExecutor(1) as beside:
        tabling = beside.submit(collect, lists, rows.origin)
        found = _answers(replace(rows, data=numbers), counting, none)
        tables = tabling.result()
    return [
        _profile(
            counting,
            answers,
            [table.filter(pl.col(SEGMENT) == k).drop(SEGMENT) for table in tables],
        )
        for k, answers in enumerate(found)
    ]


def _answers(rows: Slice, counting: Counting, none: int) -> list[list[Answer]]:
    """For every segment, and for the rows in none, what each batch says of its rows."""
    batches = batches_of(rows, rows.data.collect_schema().names(), SEGMENT_BATCH_ROWS)
    tables = (collect([batch.data], rows.origin)[0] for batch in batches)
    nothing = _asked(next(tables), counting)  # the first batch is always without rows
    found = [[nothing] for _ in range(none + 1)]
    for table in tables:
        for k, part in enumerate(_by_segment(table, none)):
            if part.height:
                found[k].append(guarded(partial(_asked, part, counting), rows.origin))
    return found


def _by_segment(table: pl.DataFrame, none: int) -> Iterator[pl.DataFrame]:
    """Stretches of the rows sorted by segment."""
    places = table[SEGMENT].to_numpy()
    order = np.argsort(places, kind="stable")
    ends = np.cumsum([0, *np.bincount(places, minlength=none + 1)])
    ordered = table.rechunk().select(
        pl.all().gather(pl.Series(order, dtype=pl.get_index_type()))
    )
    for start, end in pairwise(ends.tolist()):
        yield ordered[start:end]


def _asked(part: pl.DataFrame, counting: Counting) -> Answer:
    found = part.select(counting.aggregates()).row(0, named=True)
    if again := counting.rough_moments(found):
        found |= part.select(again).row(0, named=True)
    return found[COUNT], counting.plain(found)


def _profile(
    counting: Counting, answers: list[Answer], tables: list[pl.DataFrame]
) -> Profile:
    columns = [plain for _, plain in answers]
    plain = {name: summed([part[name] for part in columns]) for name in columns[0]}
    return counting.profile(sum(rows for rows, _ in answers), plain, tables)
