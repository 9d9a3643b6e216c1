"""Slices from Parquet, CSV or NDJSON files: local or S3, one file, a folder or a pattern.

Folders named `key=value` add columns, but for the `partition`: a date would drift
every day. A file that lacks a column others have gives nulls. Rows without a time stamp
belong to no window. A CSV file cut inside its very last field cannot be told from a
whole one, nor a flipped bit in a Parquet page, but by the checksum of a `manifest`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from driftline.adapters.sources import _times as times
from driftline.adapters.sources._decode import decode
from driftline.adapters.sources._files import Found, S3Settings, files_at
from driftline.adapters.sources._folders import values_of
from driftline.adapters.sources._leaving_out import LeavingOut
from driftline.adapters.sources._limits import Limits, check_groups
from driftline.adapters.sources._manifests import Look, Manifests, check_template
from driftline.adapters.sources._parts import Part, Parts, Writing
from driftline.adapters.sources._widening import widened
from driftline.core.slice import Slice
from driftline.core.window import Window, zone_named
from driftline.errors import SettingsError, SliceUnavailable
from driftline.ports import Context, SliceSource

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


class FileSource(SliceSource):
    """Lazy frames over those files that hold rows of the window."""

    held_bytes = HELD_BYTES

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._zone = settings.timestamp_zone or context.zone
        zone_named(self._zone)
        self._limits = Limits(**settings.limits.model_dump())
        self._files = files_at(settings.path, context.root, settings.s3)
        stamp = settings.timestamp or context.roles.timestamp
        writing = Writing(stamp, self._zone, settings.format, settings.partition)
        self._parts = Parts(self._files, writing, self._limits, self.held_bytes)
        self._manifests = self._manifests_of(settings, context)

    def _manifests_of(self, settings: Settings, context: Context) -> Manifests | None:
        if settings.manifest is None:
            return None
        near = files_at(settings.manifest, context.root, settings.s3)
        look = Look(self._parts.path, lambda file: self._parts.opened(file).rows)
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
        kept = [part for part in parts if part.holds(window)]
        kept = self._checked(window, kept, named, leaving)
        partial = leaving.partial(part.file for part in kept)
        shown = kept or parts[-1:] or [self._parts.opened(found[-1])]
        schema = widened([(part.file.name, part.schema) for part in shown])
        frames = [part.cut(schema, window) for part in kept]
        data = self._data(frames, schema)
        names = {name: str(dtype) for name, dtype in schema.items()}
        manifest = _manifest(kept, leaving.errors)
        origin, zone = self._settings.path, self._zone
        return Slice(window, data, names, manifest, origin, zone, partial)

    def _readable(self, files: Iterable[Found], leaving: LeavingOut) -> list[Part]:
        """The files, but for those that cannot be opened and may be left out."""
        parts = []
        for file in leaving.but_for(files):
            with leaving.of(file):
                parts.append(self._parts.opened(file))
        return parts

    def _checked(
        self, window: Window, kept: list[Part], named: set[Found], leaving: LeavingOut
    ) -> list[Part]:
        """Files whose rows will be read are vouched for, and no larger than they may be."""
        if self._manifests:
            others = [part.file for part in kept if part.file not in named]
            self._manifests.check_others(window, others, leaving)
        for part in kept:
            with leaving.of(part.file):
                self._prove(part)
        return [part for part in kept if part.file not in leaving.errors]

    def _prove(self, part: Part) -> None:
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
        value = values_of(file.name).get(self._settings.partition)
        if not isinstance(value, date):
            raise SettingsError(
                f"partition {self._settings.partition!r} is not a date in {file.name}; "
                f"expected a folder such as {self._settings.partition}=2026-01-31"
            )
        day = timedelta(days=1)
        return window.start.date() - day <= value <= window.end.date() + day


def _manifest(parts: Iterable[Part], left_out: Iterable[Found]) -> str:
    lines = [f"{p.file.name}|{p.file.size}|{p.digest}\n" for p in parts]
    lines += [f"{f.name}|{f.size}|{f.tag}|left out\n" for f in left_out]
    return blake2b("".join(lines).encode(), digest_size=16).hexdigest()
