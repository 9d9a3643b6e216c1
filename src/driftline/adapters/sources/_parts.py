"""One file of a source, looked into once: its rows, what it holds, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

import polars as pl
import polars.selectors as cs

from driftline.adapters.sources import _times as times
from driftline.adapters.sources._decode import (
    SUFFIXES,
    UNDECODABLE,
    digest_of,
    frame_of,
    undecodable,
)
from driftline.adapters.sources._files import Files, Found
from driftline.adapters.sources._folders import with_folders
from driftline.adapters.sources._limits import Limits, check_groups, check_size
from driftline.core.window import Window
from driftline.errors import SettingsError, SliceCorrupt


@dataclass(frozen=True, slots=True)
class Writing:
    """How files are written: `stamp` is their column of times, by `zone` where it has none.

    `kind` is `auto` where each file's name says it. The folder key `partition` is no
    column.
    """

    stamp: str
    zone: str
    kind: str = "auto"
    partition: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A file as it is now. `first` and `last` are None where it has no time stamp."""

    file: Found
    path: Path
    kind: str
    digest: str
    writing: Writing
    frame: pl.LazyFrame
    schema: dict[str, pl.DataType]
    rows: int
    first: datetime | None
    last: datetime | None

    def holds(self, window: Window) -> bool:
        """Whether rows of the window may be in it."""
        if self.first is None or self.last is None:
            return False
        start, end = self._bounds(window)
        return self.first < end and self.last >= start

    def cut(self, schema: Mapping[str, pl.DataType], window: Window) -> pl.LazyFrame:
        """Its rows of the window, with these columns; null where it lacks one."""
        stamp = self.writing.stamp
        inside = times.inside(stamp, self.schema[stamp], self._bounds(window))
        return self.frame.filter(inside).select(
            cs.by_name(name).cast(dtype)
            if name in self.schema
            else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in schema.items()
        )

    def _bounds(self, window: Window) -> tuple[datetime, datetime]:
        naive = times.is_naive(self.schema[self.writing.stamp])
        return times.bounds(window, self.writing.zone, naive)


@dataclass
class Parts:
    """The files of a source that were looked into.

    Of text `held_bytes` are parsed once and held; each step of a day would do it again.
    """

    files: Files
    writing: Writing
    limits: Limits
    held_bytes: int
    _known: dict[Found, Part] = field(default_factory=dict)
    _held: int = 0

    def path(self, file: Found) -> Path:
        """Where its bytes are, once they are known to be few enough."""
        check_size(file.name, file.size, self.limits)
        return self.files.path(file)

    def opened(self, file: Found) -> Part:
        """The file as it is now; looked into once."""
        if file not in self._known:
            self._known[file] = self._open(file)
        return self._known[file]

    def _open(self, file: Found) -> Part:
        kind, limits = self._kind(file), self.limits
        path = self.path(file)
        try:
            frame = frame_of(path, kind, file.name, limits)
            if kind == "parquet":
                check_groups(path, file.name, limits, self.writing.stamp)
            frame, schema = self._typed(frame, file.name)
            if kind != "parquet" and self._held + file.size <= self.held_bytes:
                self._held += file.size
                frame = frame.collect(engine="streaming").lazy()
            rows, first, last, empty = self._looked_at(frame, schema, kind)
        except (ValueError, OverflowError) as error:
            raise SliceCorrupt(
                f"{file.name} ({file.size} bytes): time stamps in {self.writing.stamp!r} lie "
                "outside the years 1 to 9999: a wrong unit, or damage. Write it again "
                "and run the window again."
            ) from error
        except UNDECODABLE as error:
            raise undecodable(file.name, file.size, kind, error) from error
        schema |= dict.fromkeys(empty, pl.Null())
        digest = file.tag if self.files.has_etags else digest_of(path, kind)
        held = (frame, schema, rows, first, last)
        return Part(file, path, kind, digest, self.writing, *held)

    def _kind(self, file: Found) -> str:
        suffix = PurePosixPath(file.name).suffix.lower()
        kind = self.writing.kind
        if kind == "auto":
            kind = SUFFIXES.get(suffix, kind)
        if kind == "auto":
            raise SettingsError(
                f"cannot tell the format of {file.name}; set format to parquet, csv or "
                "ndjson"
            )
        return kind

    def _typed(
        self, frame: pl.LazyFrame, name: str
    ) -> tuple[pl.LazyFrame, dict[str, pl.DataType]]:
        """With the folders' columns, and the time stamp as a time."""
        left_out = {self.writing.partition or ""} - {self.writing.stamp}
        frame = with_folders(frame, name, left_out)
        schema = dict(frame.collect_schema())
        times.require_column(schema, self.writing.stamp, name)
        kind = schema[self.writing.stamp]
        if kind == pl.String:
            frame = self._parsed(frame, name)
            schema = dict(frame.collect_schema())
        elif not isinstance(kind, pl.Date | pl.Datetime | pl.Null):
            raise times.not_a_time(self.writing.stamp, kind, name)
        return frame, schema

    def _parsed(self, frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
        """Text becomes time stamps, all of it or nothing."""
        text = frame.select(cs.by_name(self.writing.stamp))
        layout = times.format_of(text.head(1000).collect().to_series())
        if layout is None:
            raise times.not_a_time(self.writing.stamp, "text", name)
        read = times.parsed(self.writing.stamp, layout)
        lost = text.select(
            (cs.by_name(self.writing.stamp).is_not_null() & read.is_null()).sum()
        )
        unread = lost.collect(engine="streaming").item()
        if unread:
            kind = f"text of which {unread} values do not read as the others"
            raise times.not_a_time(self.writing.stamp, kind, name)
        return frame.with_columns(read)

    def _looked_at(
        self, frame: pl.LazyFrame, schema: dict[str, pl.DataType], kind: str
    ) -> tuple[int, datetime | None, datetime | None, list[str]]:
        """Rows, first and last stamp, and the text columns of a CSV that hold nothing."""
        stamp: pl.Expr = cs.by_name(self.writing.stamp)
        if not isinstance(schema[self.writing.stamp], pl.Datetime):
            stamp = stamp.cast(pl.Datetime("us"))
        doubtful = [n for n, t in schema.items() if kind == "csv" and t == pl.String]
        counts = [cs.by_name(n).count().alias(f"n{i}") for i, n in enumerate(doubtful)]
        ends = [stamp.min().alias("first"), stamp.max().alias("last")]
        wanted = [pl.len().alias("rows"), *ends, *counts]
        rows, first, last, *held = (
            frame.select(wanted).collect(engine="streaming").row(0)
        )
        return (
            rows,
            first,
            last,
            [n for n, k in zip(doubtful, held, strict=True) if not k],
        )
