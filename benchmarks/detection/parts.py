"""Adapters in memory: a monitor file names them as `benchmarks.detection.parts`."""

import copy
from collections.abc import Mapping
from datetime import date, datetime, time
from hashlib import blake2b
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from driftline.core.report import Content
from driftline.core.slice import Slice
from driftline.core.window import Window, day_window
from driftline.ports import Context, ReportWriter, SliceSource
from driftline.testing import MemoryLedger, MemoryRegistry, RecordingNotifier


class Settings(BaseModel):
    """Which part is wanted."""

    model_config = ConfigDict(extra="forbid")
    part: Literal["rows", "registry", "ledger", "report", "notifier"]


def build(settings: Settings, context: Context) -> Any:
    """A new part, empty."""
    kinds = {
        "rows": Days,
        "registry": MemoryRegistry,
        "ledger": Forking,
        "report": NoPages,
        "notifier": RecordingNotifier,
    }
    return kinds[settings.part]()


class Days(SliceSource):
    """One table per day; what is after `until` has not arrived yet."""

    def __init__(self, days: Mapping[date, pl.DataFrame] | None = None) -> None:
        self.days = dict(days or {})
        self.until = date.max
        self._digests = {day: _digest(rows) for day, rows in self.days.items()}

    def put(self, day: date, rows: pl.DataFrame) -> None:
        """From now on these are the day's rows."""
        self.days[day] = rows
        self._digests[day] = _digest(rows)

    def copy(self) -> "Days":
        """The same days, to be changed apart."""
        other = Days()
        other.days, other._digests = dict(self.days), dict(self._digests)
        other.until = self.until
        return other

    def read(self, window: Window) -> Slice:
        """The days that start in the window and have arrived."""
        held = [
            day
            for day in _dates(window, self.days)
            if day in self.days and day <= self.until
        ]
        any_day = next(iter(self.days.values()))
        rows = [self.days[day] for day in held] or [any_day.clear()]
        return Slice(
            window=window,
            data=pl.concat(rows).lazy(),
            schema={n: str(dtype) for n, dtype in rows[0].schema.items()},
            manifest="+".join(self._digests[day] for day in held),
            origin="memory",
        )

    def extent(self) -> tuple[datetime, datetime] | None:
        """From the first midnight to the last."""
        if not self.days:
            return None
        return (
            day_window(min(self.days)).start,
            day_window(max(self.days)).start,
        )


class Forking(MemoryLedger):
    """A ledger whose history can go on in two ways; what is recorded is shared."""

    def fork(self) -> "Forking":
        """The same history so far, to be continued apart."""
        other = Forking(self._lease_for)
        tables = copy.copy(self._tables)
        for name in tables.__slots__:
            kept = getattr(tables, name)
            setattr(tables, name, copy.copy(kept))
        # Leases and queued actions are changed in place; everything else is replaced.
        tables.leases = copy.deepcopy(tables.leases)
        tables.outbox = {key: copy.copy(row) for key, row in tables.outbox.items()}
        other._tables = tables
        return other


class NoPages(ReportWriter):
    """Pages are drawn by nobody here."""

    def address(self, monitor: str, window: Window) -> str:
        """A name that leads nowhere."""
        return f"memory://{monitor}/{window.label}"

    def write(self, content: Content) -> str:
        """Only the name."""
        return self.address(content.monitor, content.window)


def _dates(window: Window, known: Mapping[date, Any]) -> list[date]:
    if (window.end - window.start).days <= 1:
        return [window.day]
    midnight = {
        day: datetime.combine(day, time(), window.start.tzinfo) for day in known
    }
    return sorted(d for d, at in midnight.items() if window.start <= at < window.end)


def _digest(rows: pl.DataFrame) -> str:
    hashed = rows.hash_rows().to_numpy().tobytes()
    return blake2b(hashed, digest_size=12).hexdigest()
