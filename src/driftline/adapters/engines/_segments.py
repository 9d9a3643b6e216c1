"""A slice and its segments, decoded once."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from driftline.adapters.engines._polars import batches_of, collect, counted, schema_of
from driftline.adapters.engines._types import text
from driftline.core.plan import Plan
from driftline.core.profile import Profile, merged
from driftline.core.slice import Slice

SEGMENT = "\0driftline segment"
SEGMENT_BATCH_ROWS = 500_000


def profile_segments_of(
    rows: Slice, plan: Plan, column: str, values: Sequence[str]
) -> tuple[Profile, dict[str, Profile]]:
    """The whole and each segment, decoded once: batches are split and parts added.

    Larger batches than a plain profile's: each costs a plan per segment.
    """
    schema = schema_of(rows)
    names = [name for name in dict.fromkeys([*plan.columns, column]) if name in schema]
    parts: dict[str | None, list[Profile]] = {value: [] for value in [None, *values]}
    segment = text(column, schema[column])
    kept = pl.when(segment.is_in(values)).then(segment).alias(SEGMENT)
    for batch in batches_of(rows, names, SEGMENT_BATCH_ROWS):
        table = collect([batch.data.with_columns(kept)], rows.origin)[0]
        for value, part in parts.items():
            mine = pl.col(SEGMENT).eq_missing(pl.lit(value, pl.String))
            part.append(counted(replace(rows, data=table.lazy().filter(mine)), plan))
    extra = tuple(sorted(set(schema) - set(plan.columns)))
    segments = {v: replace(merged(p), extra_columns=extra) for v, p in parts.items()}
    return merged(list(segments.values())), {v: segments[v] for v in values}
