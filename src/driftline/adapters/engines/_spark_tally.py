"""Labels and predictions counted by Spark's workers: one text comes back per partition."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from driftline.adapters.engines._arrow import RESULT, tables_of
from driftline.adapters.engines._spark import guarded
from driftline.core.labels.labelled import ROWS
from driftline.core.labels.realised import MIN_SEGMENT_ROWS, MOST_SEGMENTS, with_largest
from driftline.core.labels.tally import Question, Tally, merged, segment_rows, tally

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    Work = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


MERGERS = 8
"""Partitions whose counts this process adds itself."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a Spark DataFrame, called by their number; `empty` has their types."""

    frame: "DataFrame"
    empty: pl.DataFrame
    origin: str


def tallied(columns: Columns, question: Question) -> tuple[Question, Tally]:
    """The question with its largest segments, and its answer; two jobs at most."""
    names, origin = columns.empty.columns, columns.origin
    if any(name in names for name in question.roles.segments):
        counts = guarded(lambda: _segment_rows(columns, question), origin)
    else:
        counts = segment_rows(columns.empty, question.roles)
    question = with_largest(question, counts, names)
    texts = guarded(lambda: _texts(columns, question), origin)
    parts = [Tally.from_json(json.loads(text)) for text in texts]
    return question, merged([tally(columns.empty, question), *parts], question.roles)


def _texts(columns: Columns, question: Question) -> list[str]:
    """What the partitions' rows read; of many partitions the workers merge it first."""
    counter = _counter(columns.empty.columns, columns.origin, question)
    job = columns.frame.mapInArrow(counter, f"{RESULT} string")
    if columns.frame.rdd.getNumPartitions() > MERGERS:
        job = job.repartition(MERGERS)
        job = job.mapInArrow(_merger(question), f"{RESULT} string")
    return [row[RESULT] for row in job.collect()]


def _merger(question: Question) -> "Work":
    def merge(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        whole: list[Tally] = []
        for text in (text for batch in batches for text in batch.column(0).to_pylist()):
            part = Tally.from_json(json.loads(text))
            whole = [merged([*whole, part], question.roles)]
        yield from map(_batch, whole)

    return merge


def _batch(part: Tally) -> "pa.RecordBatch":
    import pyarrow as pa

    return pa.RecordBatch.from_pydict({RESULT: [json.dumps(part.to_json())]})


def _counter(names: Sequence[str], origin: str, question: Question) -> "Work":
    def count(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        whole: list[Tally] = []
        for table in tables_of(batches, names, origin):
            whole = [merged([*whole, tally(table, question)], question.roles)]
        yield from map(_batch, whole)

    return count


def _segment_rows(columns: Columns, question: Question) -> pl.DataFrame:
    """The largest values of each segment column, over all rows."""
    from pyspark.sql import functions as f

    names, origin = columns.empty.columns, columns.origin
    counter = _segment_counter(names, origin, question)
    schema = f"column string, value string, {ROWS} bigint"
    counted = columns.frame.mapInArrow(counter, schema).groupBy("column", "value")
    counts = counted.agg(f.sum(ROWS).alias(ROWS)).where(f.col(ROWS) >= MIN_SEGMENT_ROWS)
    found = segment_rows(columns.empty, question.roles)
    for column in (name for name in question.roles.segments if name in names):
        mine = counts.where(f.col("column") == column)
        ranked = mine.orderBy(f.desc(ROWS), f.asc("value")).limit(MOST_SEGMENTS)
        rows = [row.asDict() for row in ranked.collect()]
        found = pl.concat([found, pl.DataFrame(rows, schema=found.schema)])
    return found


def _segment_counter(names: Sequence[str], origin: str, question: Question) -> "Work":
    def count(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        for table in tables_of(batches, names, origin):
            counts = segment_rows(table, question.roles)
            yield pa.RecordBatch.from_pydict(counts.to_dict(as_series=False))

    return count
