"""Some rows of a slice in memory: what counts cannot tell is learned from them."""

import polars as pl

from driftline.app.job import Job
from driftline.core.slice import Slice


def sample(job: Job, rows: Slice, limit: int) -> pl.DataFrame:
    """At most so many rows, picked by seed, with every column that plays a part.

    Nested and binary columns are left out: no statistic looks inside them.
    """
    names = dict.fromkeys(
        [
            *watched_columns(job, rows),
            *job.roles.segments,
            *job.roles.sensitive,
            job.roles.timestamp,
        ]
    )
    present = [name for name in names if name in rows.schema]
    table = job.engine.table(rows, present, limit)
    strange = (pl.Object, pl.Binary)
    plain = [
        name
        for name, kind in table.schema.items()
        if not kind.is_nested() and kind not in strange
    ]
    return table.select(plain)


def count_repeats(job: Job, rows: Slice) -> float:
    """The share of rows that repeat another: in their key, or in every column."""
    key = job.roles.key
    keyed = bool(key) and all(name in rows.schema for name in key)
    return job.engine.repeated(rows, key if keyed else None)


def watched_columns(job: Job, rows: Slice) -> list[str]:
    """Features, prediction, score and label: what is profiled, in the slice's order."""
    roles = job.roles
    present = list(rows.schema)
    outputs = {roles.prediction, roles.score, roles.label} - {None}
    features = set(roles.features_among(present))
    return [name for name in present if name in features or name in outputs]
