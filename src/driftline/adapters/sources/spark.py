"""Slices that Spark reads: files of any format it knows, or a table of its catalogue.

The slice is a Spark DataFrame, so the monitor's engine is `spark` too. The session is
the one of this process, or is started; from then on its clock shows UTC. Rows without a
time stamp belong to no window. Spark passes over files of 0 bytes.

The manifest of files is their paths, sizes and times of change, of those files that
hold rows of the window, and how many: only the time stamps are read for it. A table has
no files to ask, so its manifest is the row count and the sum of a 64-bit hash of every
row: one pass over the window.
"""

import re
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from driftline.adapters.sources import _times as times
from driftline.adapters.sources._limits import check_window
from driftline.adapters.sources._spark import (
    is_there,
    moment,
    quoted,
    schema_of,
    typed,
)
from driftline.adapters.sources._window_limits import WindowLimits
from driftline.core.slice import Slice
from driftline.core.window import Window, zone_named
from driftline.errors import (
    DependencyMissing,
    DriftlineError,
    SliceCorrupt,
    SliceMissing,
    SliceUnavailable,
)
from driftline.ports import Context, SliceSource
from driftline.spark_session import session

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

Result = TypeVar("Result")

NO_FILE, NO_MATCH = "UNABLE_TO_INFER_SCHEMA", "PATH_NOT_FOUND"
GONE = (NO_MATCH, "TABLE_OR_VIEW_NOT_FOUND", "FAILED_READ_FILE.FILE_NOT_EXIST")
UNREADABLE = ("FAILED_READ_FILE", "CAST_", "CANNOT_", "MALFORMED")
SILENT = ("ignorecorruptfiles", "ignoremissingfiles")
LOST = ("Py4J", "SparkConnectGrpc")
"""How errors are called where Spark gave no answer, whatever it was asked."""


class Settings(BaseModel):
    """Which rows, and which Spark reads them."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = Field(None, description="file, folder or pattern of any store")
    table: str | None = Field(None, description="table or view instead of a path")
    format: str = Field("parquet", description="parquet, csv, json, orc, delta, …")
    options: dict[str, str] = Field(
        default_factory=dict, description="options of Spark's reader"
    )
    timestamp: str | None = Field(
        None, description="time stamp column; the monitor's when not set"
    )
    timestamp_zone: str | None = Field(
        None, description="zone of stamps without one; the monitor's when not set"
    )
    master: str = Field("local[*]", description="Spark master to start a session on")
    config: dict[str, str] = Field(
        default_factory=dict, description="Spark settings of that session"
    )
    limits: WindowLimits = Field(
        default_factory=WindowLimits,
        description="the most that one window may hold: columns (10,000), rows (2e9), "
        "bytes (64 GiB, of the files as they lie; a table's are not known)",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "Settings":
        if (self.path is None) == (self.table is None):
            raise ValueError("give either path or table")
        return self

    @model_validator(mode="after")
    def _reads_all(self) -> "Settings":
        """Spark would read a part of the rows and say so to nobody."""
        for name, value in {**self.options, **self.config}.items():
            if name.lower().endswith(SILENT) and value.lower() == "true":
                raise ValueError(
                    f"{name} leaves out files without a word; mend them, or read them with "
                    "source `parquet` and `allow_partial`, which says what it leaves out"
                )
        return self


def build(settings: Settings, context: Context) -> SliceSource:
    """The source of what Spark can read."""
    if find_spec("pyspark") is None:
        raise DependencyMissing(
            "source 'spark' needs pyspark; try `pip install 'driftline[spark]'`"
        )
    return SparkSource(settings, context)


class SparkSource(SliceSource):
    """Nothing but metadata and time stamps is read before an engine asks."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._stamp = settings.timestamp or context.roles.timestamp
        self._zone = settings.timestamp_zone or context.zone
        zone_named(self._zone)
        self._root = context.root
        self._origin = settings.table or str(settings.path)

    def read(self, window: Window) -> Slice:
        """The window's rows. Raises as the port says."""
        return self._guarded(lambda: self._slice(window))

    def extent(self) -> tuple[datetime, datetime] | None:
        """One pass over the time stamps."""
        first, last = self._guarded(self._ends)
        if first is None or last is None:
            return None
        return times.aware(first, self._zone), times.aware(last, self._zone)

    def _slice(self, window: Window) -> Slice:
        frame = self._frame()
        self._check("columns", len(frame.columns))
        schema = schema_of(frame)
        self._require_time(schema)
        kept = frame.where(self._inside(frame, schema, window))
        names = {name: str(dtype) for name, dtype in schema.items()}
        manifest = self._manifest(kept, names)
        return Slice(window, kept, names, manifest, self._origin, self._zone)

    def _frame(self) -> "DataFrame":
        given, spark = self._settings, self._session()
        if given.table is not None:
            return spark.table(given.table)
        options = {"timeZone": self._zone, **given.options}
        reader = spark.read.format(given.format).options(**options)
        return typed(spark, reader, given.format, self._place()).load(self._place())

    def _session(self) -> "SparkSession":
        return session(self._settings.master, self._settings.config)

    def _place(self) -> str:
        """Paths without a store's name are relative to the monitors' folder."""
        path = str(self._settings.path)
        return path if "://" in path else str(Path(self._root) / path)

    def _require_time(self, schema: pl.Schema) -> None:
        times.require_column(schema, self._stamp, self._origin)
        dtype = schema[self._stamp]
        if not isinstance(dtype, pl.Date | pl.Datetime):
            kind = "text" if dtype == pl.String else dtype
            raise times.not_a_time(self._stamp, kind, self._origin)

    def _inside(
        self, frame: "DataFrame", schema: pl.Schema, window: Window
    ) -> "Column":
        """Whether a row's stamp lies in `[start, end)`."""
        from pyspark.sql import functions as f

        naive = times.is_naive(schema[self._stamp])
        limits = times.bounds(window, self._zone, naive)
        kind = _kind(naive)
        start, end = (moment(m).cast(kind) for m in limits)
        stamp = f.col(quoted(self._stamp)).cast(kind)
        return (stamp >= start) & (stamp < end)

    def _manifest(self, kept: "DataFrame", names: dict[str, str]) -> str:
        held = self._files(kept) if self._settings.path else self._content(kept)
        text = repr((held, sorted(names.items())))
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def _files(self, kept: "DataFrame") -> list[tuple[Any, ...]]:
        about = ("file_path", "file_size", "file_modification_time")
        fields = [f"_metadata.{name}" for name in about]
        counted = kept.select(*fields).groupBy(*about).count().collect()
        self._check("rows", sum(int(row["count"]) for row in counted))
        self._check("bytes", sum(int(row["file_size"]) for row in counted))
        return sorted(tuple(str(v) for v in row) for row in counted)

    def _content(self, kept: "DataFrame") -> list[tuple[Any, ...]]:
        from pyspark.sql import functions as f

        columns = [f.col(quoted(name)) for name in kept.columns]
        digest = f.xxhash64(*columns).cast("decimal(38,0)")
        row = kept.agg(f.count("*"), f.sum(digest)).collect()[0]
        self._check("rows", int(row[0]))
        return [tuple(str(value) for value in row)]

    def _check(self, what: str, count: int) -> None:
        check_window(self._origin, what, count, self._settings.limits)

    def _ends(self) -> tuple[datetime | None, datetime | None]:
        from pyspark.sql import functions as f

        frame = self._frame()
        schema = schema_of(frame)
        self._require_time(schema)
        naive = times.is_naive(schema[self._stamp])
        stamp = f.col(quoted(self._stamp)).cast(_kind(naive))
        found = frame.agg(f.min(stamp).alias("first"), f.max(stamp).alias("last"))
        first, last = pl.DataFrame(pl.from_arrow(found.toArrow())).row(0)
        return first, last

    def _guarded(self, work: Callable[[], Result]) -> Result:
        """Spark's own errors may quote rows, so their text is not passed on."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            return work()
        except DriftlineError:
            raise
        except (PySparkException, Py4JError) as error:
            raise self._named(error) from error

    def _may_fill(self) -> bool:
        """Whether the folder is there that the path's pattern looks into."""
        folder = _folder(self._place())
        return bool(folder) and is_there(self._session(), folder)

    def _named(self, error: Exception) -> DriftlineError:
        condition = _condition(error)
        if condition == NO_FILE or (condition == NO_MATCH and self._may_fill()):
            return SliceMissing(
                f"{self._origin}: no data file is there, or none that has a byte "
                f"({condition}); check the path, or wait for the rows"
            )
        if condition.startswith(UNREADABLE):
            return SliceCorrupt(
                f"{self._origin} cannot be decoded as {self._settings.format} "
                f"({condition}); write it again and run the window again"
            )
        gone = condition.startswith(GONE)
        reason = "there is nothing of that name" if gone else "Spark could not read it"
        return SliceUnavailable(
            f"{self._origin}: {reason} ({condition}); check the path or table and "
            "Spark's access to it",
            retryable=not gone,
            place=_place(self._settings.master) if condition.startswith(LOST) else "",
        )


def _kind(naive: bool) -> str:
    """Spark's type of the stamps; plain `timestamp` is what a setting says that it is."""
    return "timestamp_ntz" if naive else "timestamp_ltz"


def _folder(path: str) -> str:
    """The folder that a pattern looks into; empty where the path is no pattern.

    >>> _folder("s3a://rows/2026/*.parquet"), _folder("rows/2026")
    ('s3a://rows/2026', '')
    """
    first = re.search(r"[*?\[{]", path)
    return path[: first.start()].rpartition("/")[0] if first else ""


def _place(master: str) -> str:
    """A cluster's address, without a token; empty for Spark in this process.

    >>> _place("sc://spark.example.com:15002/;token=secret")
    'sc://spark.example.com:15002'
    """
    scheme, slashes, rest = master.rpartition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}" if slashes else ""


def _condition(error: Exception) -> str:
    """Spark's name for the fault, without the values that its message shows."""
    named = re.findall(r"\[([A-Z_]+(?:\.[A-Z_]+)?)\]", str(error))
    known = (n for n in named if n.startswith((NO_FILE, *GONE, *UNREADABLE)))
    return next(known, type(error).__name__)
