"""Plans run by Spark's workers: each partition is counted where it lies, and counts add.

`Slice.data` is a Spark DataFrame. The same pass as the local engine's runs over Arrow
batches in `mapInArrow`, so the profile is the same to the last count; only the profiles
of the parts come back. Labels and predictions are counted in the same way. What `table`
returns is held by this process: nothing of a day asks for it without a limit, but
metrics of one's own and training.

Columns go by their number, so that no name is special and letter case counts. Labels or
tables that are in a Polars frame already are counted without Spark.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import Field

from driftline.adapters.engines import local
from driftline.adapters.engines._arrow import (
    REPEATS,
    RESULT,
    counter,
    polars_of,
    read_back,
    repeats_counter,
    repeats_read_back,
    segments_counter,
    segments_read_back,
)
from driftline.adapters.engines._planning import sampled_plan
from driftline.adapters.engines._polars import profile_of
from driftline.adapters.engines._repeats import together
from driftline.adapters.engines._sampling import seed_of
from driftline.adapters.engines._segments import (
    merged_segments,
    profile_segments_of,
)
from driftline.adapters.engines._spark import carried, guarded, schema_of
from driftline.adapters.engines._spark_tally import Columns, tallied
from driftline.adapters.engines._tables import (
    digest_of_join,
    digest_of_table,
    require,
    require_joinable,
)
from driftline.core.labels.tally import Question, Tally
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile, merged
from driftline.core.slice import Slice
from driftline.core.window import Window
from driftline.errors import DependencyMissing
from driftline.ports import Context, Engine, Frame
from driftline.spark_session import session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ROW = "\0driftline row"


class Settings(local.Settings):
    """How a plan is proposed, and which Spark is used when none runs in this process."""

    master: str = Field("local[*]", description="Spark master to start a session on")
    config: dict[str, str] = Field(
        default_factory=dict, description="Spark settings of that session"
    )


def build(settings: Settings, context: Context) -> Engine:
    """The engine that counts on Spark's workers."""
    if find_spec("pyspark") is None:
        raise DependencyMissing(
            "engine 'spark' needs pyspark; try `pip install 'driftline[spark]'`"
        )
    return SparkEngine(settings)


class SparkEngine(Engine):
    """`Slice.data` is a Spark DataFrame."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._local = local.LocalEngine(settings)

    def propose_plan(self, rows: Slice, columns: Sequence[str]) -> Plan:
        """Edges and identifiers from a seeded sample; categories from all rows."""
        if not _on_spark(rows):
            return self._local.propose_plan(rows, columns)
        sample = self.table(rows, columns, self._settings.sample_rows)
        return sampled_plan(
            self._local,
            replace(rows, data=sample.lazy()),
            columns,
            partial(self._categories, rows),
            complete=sample.height < self._settings.sample_rows,
        )

    def profile(self, rows: Slice, plan: Plan) -> Profile:
        """One Spark job; see `_arrow` for what a worker does."""
        if not _on_spark(rows):
            return self._local.profile(rows, plan)
        schema = schema_of(rows.data)
        names = [name for name in plan.columns if name in schema] or list(schema)[:1]
        shell = replace(rows, data=None)
        job = _columns(rows.data, names).mapInArrow(
            counter(shell, names, plan), f"{RESULT} string"
        )
        texts = guarded(lambda: [row[RESULT] for row in job.collect()], rows.origin)
        empty = replace(rows, data=pl.LazyFrame(schema=schema))
        whole = merged([profile_of(empty, plan), *read_back(texts)])
        extra = set(schema) - set(plan.columns)
        return replace(whole, extra_columns=tuple(sorted(extra)))

    def profile_segments(
        self, rows: Slice, plan: Plan, column: str, values: Sequence[str]
    ) -> tuple[Profile, dict[str, Profile]]:
        """One Spark job; see `_segments` for what a worker does."""
        if not _on_spark(rows):
            return self._local.profile_segments(rows, plan, column, values)
        schema = schema_of(rows.data)
        require(schema, [column], rows.origin)
        names = [name for name in schema if name in {*plan.columns, column}]
        by = (column, list(values))
        job = _columns(rows.data, names).mapInArrow(
            segments_counter(replace(rows, data=None), names, plan, by),
            f"{RESULT} string",
        )
        texts = guarded(lambda: [row[RESULT] for row in job.collect()], rows.origin)
        empty = replace(rows, data=pl.LazyFrame(schema=schema))
        none = profile_segments_of(empty, plan, column, values)
        return merged_segments([none, *segments_read_back(texts, values)])

    def repeated(self, rows: Slice, columns: Sequence[str] | None = None) -> float:
        """One Spark job; what is known of each partition's rows comes back."""
        if not _on_spark(rows):
            return self._local.repeated(rows, columns)
        schema = schema_of(rows.data)
        names = list(schema if columns is None else columns)
        require(schema, names, rows.origin)
        job = _columns(rows.data, names).mapInArrow(
            repeats_counter(replace(rows, data=None), names), REPEATS
        )
        found = guarded(lambda: job.toArrow(), rows.origin)
        return together(repeats_read_back(found)).share

    def join_labels(
        self, rows: Slice, labels: Slice, key: Sequence[str], label: str
    ) -> Slice:
        """Left join by key; of several labels for one key the last one counts."""
        if not _on_spark(rows):
            return self._local.join_labels(rows, self._in_memory(labels), key, label)
        labels = self._on_spark(labels)
        schema, offered = schema_of(rows.data), schema_of(labels.data)
        require(schema, key, rows.origin)
        require(offered, [*key, label], labels.origin)
        require_joinable(schema, offered, key)
        joined = guarded(lambda: _joined(rows, labels, key, label), rows.origin)
        names = {name: str(dtype) for name, dtype in schema_of(joined).items()}
        return rows.with_data(joined, names, digest_of_join(rows, labels, key, label))

    def table(
        self,
        rows: Slice,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pl.DataFrame:
        """Rows in the order of Spark's partitions; a sample keeps that order too."""
        if not _on_spark(rows):
            return self._local.table(rows, columns, limit)
        schema = schema_of(rows.data)
        names = list(schema if columns is None else columns)
        require(schema, names, rows.origin)
        return guarded(lambda: self._collected(rows, names, limit), rows.origin)

    def tally(self, rows: Slice, question: Question) -> tuple[Question, Tally] | None:
        """Two Spark jobs: which segments are large, and what all of them read."""
        if not _on_spark(rows):
            return None
        schema = schema_of(rows.data)
        known = [name for name in question.columns if name in schema]
        names = known or list(schema)[:1]
        empty = pl.DataFrame(schema={name: schema[name] for name in names})
        columns = Columns(_columns(rows.data, names), empty, rows.origin)
        return tallied(columns, question)

    def frame(self, rows: Slice, columns: Sequence[str]) -> Frame | None:
        """A Spark DataFrame, which Great Expectations judges by its Spark engine."""
        if not _on_spark(rows):
            return None
        schema = schema_of(rows.data)
        require(schema, columns, rows.origin)
        kept = {name: schema[name] for name in columns}
        data = _columns(rows.data, columns)
        return Frame("spark", data, kept, partial(self.table, rows, columns))

    def from_table(self, table: pl.DataFrame, window: Window, origin: str) -> Slice:
        """The table as a Spark DataFrame; types that Spark lacks become wider ones."""
        frame = self._frame_of(table)
        names = {name: str(dtype) for name, dtype in schema_of(frame).items()}
        return Slice(window, frame, names, digest_of_table(table), origin)

    def _collected(
        self, rows: Slice, names: list[str], limit: int | None
    ) -> pl.DataFrame:
        frame = _columns(rows.data, names)
        if limit is None or frame.count() <= limit:
            return polars_of(frame.toArrow(), names, rows.origin)
        picked = _sampled(frame, limit, seed_of(rows.window, self._settings.seed))
        table = polars_of(picked.toArrow(), [*names, _ROW], rows.origin)
        return table.sort(_ROW).drop(_ROW)

    def _categories(self, rows: Slice, name: str) -> tuple[str, ...]:
        from pyspark.sql import functions as f

        values = _columns(rows.data, [name]).dropna()
        ranked = values.groupBy("0").count().orderBy(f.desc("count"), f.asc("0"))
        kept = ranked.limit(self._settings.max_categories)
        found = guarded(lambda: kept.toArrow().column(0).to_pylist(), rows.origin)
        return tuple(_text(value) for value in found)

    def _on_spark(self, rows: Slice) -> Slice:
        if _on_spark(rows):
            return rows
        return replace(rows, data=self._frame_of(self._local.table(rows)))

    def _in_memory(self, rows: Slice) -> Slice:
        return replace(rows, data=self.table(rows).lazy())

    def _frame_of(self, table: pl.DataFrame) -> "DataFrame":
        from pyspark.sql.pandas.types import from_arrow_schema

        spark = session(self._settings.master, self._settings.config)
        numbers = [str(i) for i in range(table.width)]
        arrow = carried(table).to_arrow().rename_columns(numbers)
        schema = from_arrow_schema(arrow.schema, prefer_timestamp_ntz=True)
        return spark.createDataFrame(arrow, schema=schema).toDF(*table.columns)


def _on_spark(rows: Slice) -> bool:
    return not isinstance(rows.data, pl.LazyFrame)


def _columns(frame: "DataFrame", names: Sequence[str]) -> "DataFrame":
    """These columns, called by their place in `names`."""
    places = {name: str(i) for i, name in enumerate(frame.columns)}
    numbered = frame.toDF(*places.values())
    chosen = numbered.select([numbered[places[name]] for name in names])
    return chosen.toDF(*(str(i) for i in range(len(names))))


def _sampled(frame: "DataFrame", limit: int, seed: int) -> "DataFrame":
    """So many rows picked by seed, with a last column that grows in their order.

    Every row draws a number and the least are kept: each partition sends `limit` rows
    at most.
    """
    from pyspark.sql import functions as f

    drawn = frame.select(
        "*", f.monotonically_increasing_id().alias("row"), f.rand(seed).alias("draw")
    )
    return drawn.orderBy("draw").limit(limit).drop("draw")


def _joined(rows: Slice, labels: Slice, key: Sequence[str], label: str) -> "DataFrame":
    from pyspark.sql import functions as f

    own = [name for name in rows.data.columns if name != label]
    left = _columns(rows.data, own)
    types = [left.schema[str(own.index(name))].dataType for name in key]
    right = _columns(labels.data, [*key, label])
    keys = [f.col(str(i)).cast(t).alias(f"key{i}") for i, t in enumerate(types)]
    arrived = right.select(
        *keys,
        f.col(str(len(key))).alias("label"),
        f.monotonically_increasing_id().alias("row"),
    ).dropna(subset=["label"])
    groups = [f"key{i}" for i in range(len(key))]
    last = arrived.groupBy(groups).agg(f.max_by("label", "row").alias("label"))
    same: Any = [left[str(own.index(n))] == last[f"key{i}"] for i, n in enumerate(key)]
    joined = left.join(last, same, "left").select(*left.columns, "label")
    return joined.toDF(*own, label)


def _text(value: object) -> str:
    """As Polars writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
