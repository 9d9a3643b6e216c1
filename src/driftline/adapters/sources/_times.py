"""Time stamps of sources: told apart from other columns, and cut to windows."""

import difflib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import polars.selectors as cs

from driftline.core.window import Window
from driftline.errors import SchemaMismatch

FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
)
"""How text may write a time stamp; a `T` may stand between date and time."""


def bounds(window: Window, zone: str | None, naive: bool) -> tuple[datetime, datetime]:
    """The window as a column writes it: UTC, or the wall clock of `zone` when naive.

    Bounds of consecutive windows meet, so a row is in one window and no more: in the
    hour that a clock repeats, naive stamps belong to the window that ends it.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> [str(b) for b in bounds(day_window(date(2013, 3, 10), "America/New_York"),
    ...                         "America/New_York", naive=True)]
    ['2013-03-10 00:00:00', '2013-03-11 00:00:00']
    """
    if not naive:
        return window.start.astimezone(UTC), window.end.astimezone(UTC)
    clock = ZoneInfo(zone or window.zone)
    start, end = (m.astimezone(clock) for m in (window.start, window.end))
    return start.replace(tzinfo=None), end.replace(tzinfo=None)


def aware(moment: datetime, zone: str) -> datetime:
    """A stamp in UTC, read on the wall clock of `zone` when it is naive."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def is_naive(dtype: pl.DataType) -> bool:
    """Whether stamps of this type carry no time zone."""
    return not (isinstance(dtype, pl.Datetime) and dtype.time_zone is not None)


def inside(name: str, dtype: pl.DataType, limits: tuple[datetime, datetime]) -> pl.Expr:
    """Whether a column lies in `[start, end)`."""
    zone = None if is_naive(dtype) else getattr(dtype, "time_zone", None)
    literal = pl.Datetime("us", zone)
    start, end = (m.astimezone(ZoneInfo(zone)) if zone else m for m in limits)
    column: pl.Expr = cs.by_name(name)
    if isinstance(dtype, pl.Date):
        column = column.cast(pl.Datetime("us"))
    return (column >= pl.lit(start, dtype=literal)) & (
        column < pl.lit(end, dtype=literal)
    )


def require_column(names: Iterable[str], wanted: str, origin: str) -> None:
    """`SchemaMismatch` with a near miss unless the time stamp column is there."""
    known = list(names)
    if wanted in known:
        return
    near = difflib.get_close_matches(wanted, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise SchemaMismatch(
        f"{origin} has no time stamp column {wanted!r}{hint}; name the right one by "
        f"`timestamp:` under this source. Columns: {', '.join(known[:20])}."
    )


def not_a_time(name: str, kind: Any, origin: str) -> SchemaMismatch:
    """The error for a column of another type; no value of the column is shown."""
    return SchemaMismatch(
        f"time stamp column {name!r} of {origin} is {kind}, not a time; write dates and "
        "times, or text such as 2026-01-31 13:45:00, with or without +01:00"
    )


def format_of(head: pl.Series) -> str | None:
    """The format that reads every text of a sample, or None."""
    texts = head.drop_nulls().str.replace("T", " ", literal=True)
    for layout in FORMATS:
        if texts.str.to_datetime(layout, strict=False).null_count() == 0:
            return layout
    return None


def parsed(name: str, layout: str) -> pl.Expr:
    """Text as time stamps in microseconds; null where the format does not fit."""
    text = cs.by_name(name).str.replace("T", " ", literal=True)
    return text.str.to_datetime(layout, strict=False, time_unit="us")
