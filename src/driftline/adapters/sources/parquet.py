"""Slices from Parquet, CSV or NDJSON files: local or S3, one file, a folder or a pattern.

Folders named `key=value` add columns, but for the `partition`: a date would drift
every day. A file that lacks a column others have gives
nulls. Rows without a time stamp belong to no window. A CSV file cut inside its very
last field cannot be told from a whole one, nor a flipped bit in a Parquet page, but by
the checksum of a `manifest`.
Over 300 lines because every kind of file goes through the same steps.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote

import polars as pl
import polars.selectors as cs
from pydantic import BaseModel, ConfigDict, Field, field_validator

from driftline.adapters.sources import _times as times
from driftline.adapters.sources._decode import (
    SUFFIXES,
    UNDECODABLE,
    decode,
    digest_of,
    frame_of,
    undecodable,
)
from driftline.adapters.sources._files import Found, S3Settings, files_at
from driftline.adapters.sources._leaving_out import LeavingOut
from driftline.adapters.sources._limits import Limits, check_groups, check_size
from driftline.adapters.sources._manifests import Look, Manifests, check_template
from driftline.adapters.sources._widening import widened
from driftline.core.slice import Slice
from driftline.core.window import Window, zone_named
from driftline.errors import SettingsError, SliceCorrupt, SliceUnavailable
from driftline.ports import Context, SliceSource

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"

HELD_BYTES = 64 << 20
"""So much text of CSV and NDJSON is parsed once and held; each step would do it again."""


class LimitSettings(BaseModel):
    """The most that one file may hold. A larger one is not opened."""

    model_config = ConfigDict(extra="forbid")

    columns: int = Field(Limits.columns, ge=1, description="columns of one file")
    rows: int = Field(Limits.rows, ge=1, description="rows of one Parquet file")
    file_bytes: int = Field(
        Limits.file_bytes, ge=1, description="bytes of one file as it lies"
    )
    group_bytes: int | None = Field(
        Limits.group_bytes,
        ge=1,
        description="bytes of one row group, unpacked; half of the memory and at most "
        "8 GiB when not set",
    )


class Settings(BaseModel):
    """Which files, and how their time stamps are written."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(
        description="file, folder or pattern; local or s3://bucket/prefix"
    )
    format: Literal["auto", "parquet", "csv", "ndjson"] = Field(
        "auto", description="auto reads it off each file's name"
    )
    timestamp: str | None = Field(
        None, description="time stamp column; the monitor's when not set"
    )
    timestamp_zone: str | None = Field(
        None, description="zone of stamps without one; the monitor's when not set"
    )
    partition: str | None = Field(
        None,
        description="folder key (date=2026-01-31) that is the rows' date: files more "
        "than a day off the window are not opened, and the key is not a column",
    )
    manifest: str | None = Field(
        None,
        description="JSON beside the files of a window, such as rows/{day}/files.json or "
        "s3://bucket/{day:%Y/%m/%d}/files.json, that lists them by path with size (bytes), "
        "rows, sha256, md5 or etag: the window is judged once it is there, with the files "
        "that it names as it says",
    )
    allow_partial: bool = Field(
        False,
        description="judge what can be read where a file is damaged, and say how much it is "
        "and what was left out; otherwise nothing of the window is judged. Every file is "
        "decoded once more to know",
    )
    s3: S3Settings = Field(default_factory=S3Settings, description="access to s3://")
    limits: LimitSettings = Field(
        default_factory=LimitSettings,
        description="the most that one file may hold: columns (10,000), rows (2e9, "
        "Parquet), file_bytes (64 GiB), group_bytes (one row group unpacked: half of the "
        "memory, at most 8 GiB)",
    )

    @field_validator("manifest")
    @classmethod
    def _is_filled_in(cls, template: str | None) -> str | None:
        return template and check_template(template)


def build(settings: Settings, context: Context) -> SliceSource:
    """The source of the monitor's files."""
    return FileSource(settings, context)


@dataclass(frozen=True, slots=True)
class _Part:
    """One file: its rows, and what it holds. `first` and `last` are None without rows."""

    file: Found
    path: Path
    kind: str
    digest: str
    frame: pl.LazyFrame
    schema: dict[str, pl.DataType]
    rows: int
    first: datetime | None
    last: datetime | None


class FileSource(SliceSource):
    """Lazy frames over those files that hold rows of the window."""

    held_bytes = HELD_BYTES

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._stamp = settings.timestamp or context.roles.timestamp
        self._zone = settings.timestamp_zone or context.zone
        zone_named(self._zone)
        self._limits = Limits(**settings.limits.model_dump())
        self._files = files_at(settings.path, context.root, settings.s3)
        self._manifests = self._manifests_of(settings, context)
        self._known: dict[Found, _Part] = {}
        self._held = 0

    def _manifests_of(self, settings: Settings, context: Context) -> Manifests | None:
        if settings.manifest is None:
            return None
        near = files_at(settings.manifest, context.root, settings.s3)
        look = Look(self._path, lambda file: self._opened(file).rows)
        return Manifests(settings.manifest, near, self._files, look)

    def read(self, window: Window) -> Slice:
        """The window's rows; types that differ between its files are widened."""
        try:
            return self._slice(window)
        except OSError as error:
            name = PurePosixPath(error.filename or self._settings.path).name
            raise SliceUnavailable(
                f"{name} cannot be read ({error.strerror}): it may have been moved "
                "while it was looked at, or its disk gives no answer. Run the window again."
            ) from error

    def _slice(self, window: Window) -> Slice:
        leaving = LeavingOut(allowed=self._settings.allow_partial)
        known = self._manifests.of(window) if self._manifests else []
        found = self._files.found()
        named = (
            self._manifests.check(known, found, leaving) if self._manifests else set()
        )
        near = [file for file in found if self._may_hold(file, window)]
        parts = self._readable(near, leaving)
        kept = [part for part in parts if self._holds(part, window)]
        kept = self._checked(window, kept, named, leaving)
        partial = leaving.partial(part.file for part in kept)
        shown = kept or parts[-1:] or [self._opened(found[-1])]
        schema = widened([(part.file.name, part.schema) for part in shown])
        frames = [self._cut(part, schema, window) for part in kept]
        data = self._data(frames, schema)
        names = {name: str(dtype) for name, dtype in schema.items()}
        manifest = _manifest(kept, leaving.errors)
        origin, zone = self._settings.path, self._zone
        return Slice(window, data, names, manifest, origin, zone, partial)

    def _readable(self, files: Iterable[Found], leaving: LeavingOut) -> list[_Part]:
        """The files, but for those that cannot be opened and may be left out."""
        parts = []
        for file in leaving.but_for(files):
            with leaving.of(file):
                parts.append(self._opened(file))
        return parts

    def _path(self, file: Found) -> Path:
        """Where its bytes are, once they are known to be few enough."""
        check_size(file.name, file.size, self._limits)
        return self._files.path(file)

    def _checked(
        self, window: Window, kept: list[_Part], named: set[Found], leaving: LeavingOut
    ) -> list[_Part]:
        """Files whose rows will be read are vouched for, and no larger than they may be."""
        if self._manifests:
            others = [part.file for part in kept if part.file not in named]
            self._manifests.check_others(window, others, leaving)
        for part in kept:
            with leaving.of(part.file):
                self._prove(part)
        return [part for part in kept if part.file not in leaving.errors]

    def _prove(self, part: _Part) -> None:
        """Nothing about the file is known to be wrong; decoded whole where it may be left out.

        Else damage inside a page shows when an engine reads all files at once.
        """
        if part.kind == "parquet":
            check_groups(part.path, part.file.name, self._limits)
        if self._settings.allow_partial:
            decode(part.frame, part.file.name, part.file.size, part.kind)

    def _data(
        self, frames: list[pl.LazyFrame], schema: Mapping[str, pl.DataType]
    ) -> Any:
        """The files' rows in one frame."""
        return pl.concat(frames) if frames else pl.LazyFrame(schema=schema)

    def extent(self) -> tuple[datetime, datetime] | None:
        """Over all files."""
        leaving = LeavingOut(allowed=self._settings.allow_partial)
        parts = self._readable(self._files.found(), leaving)
        firsts = [times.aware(p.first, self._zone) for p in parts if p.first]
        lasts = [times.aware(p.last, self._zone) for p in parts if p.last]
        return (min(firsts), max(lasts)) if firsts else None

    def _may_hold(self, file: Found, window: Window) -> bool:
        """Whether the partition folder's date is within a day of the window."""
        if self._settings.partition is None:
            return True
        value = _folders(file.name).get(self._settings.partition)
        if not isinstance(value, date):
            raise SettingsError(
                f"partition {self._settings.partition!r} is not a date in {file.name}; "
                f"expected a folder such as {self._settings.partition}=2026-01-31"
            )
        day = timedelta(days=1)
        return window.start.date() - day <= value <= window.end.date() + day

    def _opened(self, file: Found) -> _Part:
        """The file as it is now; looked into once."""
        if file not in self._known:
            self._known[file] = self._open(file)
        return self._known[file]

    def _open(self, file: Found) -> _Part:
        kind, limits = self._kind(file), self._limits
        path = self._path(file)
        try:
            frame = frame_of(path, kind, file.name, limits)
            if kind == "parquet":
                check_groups(path, file.name, limits, self._stamp)
            frame, schema = self._typed(frame, file.name)
            if kind != "parquet" and self._held + file.size <= self.held_bytes:
                self._held += file.size
                frame = frame.collect(engine="streaming").lazy()
            rows, first, last, empty = self._looked_at(frame, schema, kind)
        except (ValueError, OverflowError) as error:
            raise SliceCorrupt(
                f"{file.name} ({file.size} bytes): time stamps in {self._stamp!r} lie "
                "outside the years 1 to 9999: a wrong unit, or damage. Write it again "
                "and run the window again."
            ) from error
        except UNDECODABLE as error:
            raise undecodable(file.name, file.size, kind, error) from error
        schema |= dict.fromkeys(empty, pl.Null())
        remote = self._settings.path.startswith("s3://")
        digest = file.tag if remote else digest_of(path, kind)
        return _Part(file, path, kind, digest, frame, schema, rows, first, last)

    def _kind(self, file: Found) -> str:
        suffix = PurePosixPath(file.name).suffix.lower()
        kind = SUFFIXES.get(suffix, "") if self._settings.format == "auto" else ""
        kind = kind or self._settings.format
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
        own = frame.collect_schema()
        left_out = {self._settings.partition} - {self._stamp}
        added = {
            key: value
            for key, value in _folders(name).items()
            if key not in own and key not in left_out
        }
        frame = frame.with_columns(_literal(v).alias(k) for k, v in added.items())
        schema = dict(frame.collect_schema())
        times.require_column(schema, self._stamp, name)
        kind = schema[self._stamp]
        if kind == pl.String:
            frame = self._parsed(frame, name)
            schema = dict(frame.collect_schema())
        elif not isinstance(kind, pl.Date | pl.Datetime | pl.Null):
            raise times.not_a_time(self._stamp, kind, name)
        return frame, schema

    def _parsed(self, frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
        """Text becomes time stamps, all of it or nothing."""
        text = frame.select(cs.by_name(self._stamp))
        layout = times.format_of(text.head(1000).collect().to_series())
        if layout is None:
            raise times.not_a_time(self._stamp, "text", name)
        read = times.parsed(self._stamp, layout)
        lost = text.select(
            (cs.by_name(self._stamp).is_not_null() & read.is_null()).sum()
        )
        unread = lost.collect(engine="streaming").item()
        if unread:
            kind = f"text of which {unread} values do not read as the others"
            raise times.not_a_time(self._stamp, kind, name)
        return frame.with_columns(read)

    def _looked_at(
        self, frame: pl.LazyFrame, schema: dict[str, pl.DataType], kind: str
    ) -> tuple[int, datetime | None, datetime | None, list[str]]:
        """Rows, first and last stamp, and the text columns of a CSV that hold nothing."""
        stamp: pl.Expr = cs.by_name(self._stamp)
        if not isinstance(schema[self._stamp], pl.Datetime):
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

    def _bounds(self, part: _Part, window: Window) -> tuple[datetime, datetime]:
        naive = times.is_naive(part.schema[self._stamp])
        return times.bounds(window, self._zone, naive)

    def _holds(self, part: _Part, window: Window) -> bool:
        if part.first is None or part.last is None:
            return False
        start, end = self._bounds(part, window)
        return part.first < end and part.last >= start

    def _cut(
        self, part: _Part, schema: dict[str, pl.DataType], window: Window
    ) -> pl.LazyFrame:
        limits = self._bounds(part, window)
        kept = part.frame.filter(
            times.inside(self._stamp, part.schema[self._stamp], limits)
        )
        return kept.select(
            cs.by_name(name).cast(dtype)
            if name in part.schema
            else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in schema.items()
        )


def _folders(name: str) -> dict[str, int | str | date | None]:
    """Columns that folders named `key=value` add.

    >>> _folders("date=2026-01-31/site=7/city=New%20York/a.parquet")
    {'date': datetime.date(2026, 1, 31), 'site': 7, 'city': 'New York'}
    """
    pairs = (
        part.split("=", 1) for part in PurePosixPath(name).parts[:-1] if "=" in part
    )
    return {key: _value(unquote(text)) for key, text in pairs}


def _value(text: str) -> int | str | date | None:
    if text == NO_VALUE:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text) else text


def _literal(value: int | str | date | None) -> pl.Expr:
    return pl.lit(value, dtype=pl.Int64) if isinstance(value, int) else pl.lit(value)


def _manifest(parts: Iterable[_Part], left_out: Iterable[Found]) -> str:
    lines = [f"{p.file.name}|{p.file.size}|{p.digest}\n" for p in parts]
    lines += [f"{f.name}|{f.size}|{f.tag}|left out\n" for f in left_out]
    return blake2b("".join(lines).encode(), digest_size=16).hexdigest()
