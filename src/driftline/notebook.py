"""Driftline for a notebook: functions that take paths or frames and return objects."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from driftline import wiring
from driftline.app.monitor_day import DayReport, monitor_day
from driftline.core.comparison import compare as compare_profiles
from driftline.core.finding import Finding
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.errors import SettingsError
from driftline.ports import LedgerEntry

if TYPE_CHECKING:
    import pandas as pd


def compare(
    reference: "str | Path | pl.DataFrame | pl.LazyFrame | pd.DataFrame",
    current: "str | Path | pl.DataFrame | pl.LazyFrame | pd.DataFrame",
) -> list[Finding]:
    """Every statistic of `current` against `reference`, with nothing set up.

    Either is a path of a Parquet or CSV file, or a Polars or pandas frame. A finding
    `matters` when it is outside its bounds. Raises `SliceUnavailable`, `SliceCorrupt`
    or `SettingsError` for a file that cannot be read.
    """
    engine = wiring.local_engine()
    before, now = _slice(reference, "reference"), _slice(current, "current")
    plan = engine.propose_plan(before, list(before.schema))
    return compare_profiles(
        engine.profile(before, plan), engine.profile(now, plan), plan
    )


def judge(
    monitor: str,
    day: date | None = None,
    *,
    root: Path | None = None,
    dry_run: bool = False,
) -> DayReport:
    """The verdict on a monitor's day, recorded; without `day`, on the last complete one.

    The same as `driftline run`: judging a day twice adds nothing. With `dry_run`
    nothing is recorded and nobody is told. `root` is the folder that holds `monitors/`.
    """
    with wiring.open_job(monitor, root=root) as job:
        return monitor_day(job, job.window_of(day, job.clock()), dry_run=dry_run)


def history(
    monitor: str, *, root: Path | None = None, limit: int = 400
) -> list[LedgerEntry]:
    """What the ledger holds of a monitor: at most `limit` windows, oldest first."""
    with wiring.open_ledger(monitor, root=root) as ledger:
        return ledger.history(Path(monitor).stem, limit=limit)


def _slice(rows: Any, name: str) -> Slice:
    """A file or a frame as the engine wants it."""
    if isinstance(rows, str | Path):
        return wiring.open_file(Path(rows))
    always = day_window(date(1970, 1, 1))
    engine = wiring.local_engine()
    return engine.from_table(_table(rows, name), always, name)


def _table(rows: Any, name: str) -> pl.DataFrame:
    if isinstance(rows, pl.DataFrame):
        return rows
    if isinstance(rows, pl.LazyFrame):
        return rows.collect()
    if hasattr(rows, "columns") and hasattr(rows, "iloc"):
        return pl.DataFrame(rows)
    raise SettingsError(
        f"{name} is a {type(rows).__name__}; give a path, a Polars or a pandas frame"
    )
