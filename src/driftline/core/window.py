"""Half-open intervals of time, in the monitor's zone and stored in UTC."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from driftline.errors import SettingsError


class Every(StrEnum):
    """How long a window is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """`[start, end)` in UTC, cut along the calendar of `zone`."""

    start: datetime
    end: datetime
    zone: str = "UTC"
    every: Every = Every.DAY

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise SettingsError(f"window {self.start}..{self.end} carries no time zone")
        if self.end <= self.start:
            raise SettingsError(f"window ends at {self.end}, before {self.start}")

    @property
    def local_start(self) -> datetime:
        """The start as a clock on the wall of `zone` shows it."""
        return self.start.astimezone(ZoneInfo(self.zone))

    @property
    def day(self) -> date:
        """The local date on which the window starts."""
        return self.local_start.date()

    @property
    def label(self) -> str:
        """What people call the window.

        >>> day_window(date(2013, 3, 8), "America/New_York").label
        '2013-03-08'
        """
        match self.every:
            case Every.HOUR:
                return self.local_start.strftime("%Y-%m-%dT%H%z")
            case Every.DAY:
                return self.day.isoformat()
            case Every.WEEK:
                return self.local_start.strftime("%G-W%V")

    def to_json(self) -> dict[str, str]:
        """Plain values, from which `from_json` makes it again."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "zone": self.zone,
            "every": self.every.value,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """What `to_json` wrote, whatever else stands beside it."""
        start, end = (datetime.fromisoformat(values[name]) for name in ("start", "end"))
        return cls(start, end, values["zone"], Every(values["every"]))

    @property
    def previous(self) -> "Window":
        """The window that ends where this one starts."""
        return window_at(self.start - timedelta(microseconds=1), self.every, self.zone)

    @property
    def following(self) -> "Window":
        """The window that starts where this one ends."""
        return window_at(self.end, self.every, self.zone)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name, or `SettingsError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"no time zone named {name!r}; use an IANA name such as 'UTC' or "
            "'America/New_York'"
        ) from error


def local_day(moment: datetime, zone: str) -> date:
    """The date of a moment (aware; any zone) by the clock on the wall of `zone`.

    >>> local_day(datetime(2026, 3, 1, 15, tzinfo=UTC), "Asia/Tokyo").isoformat()
    '2026-03-02'
    """
    return moment.astimezone(zone_named(zone)).date()


def day_window(day: date, zone: str = "UTC") -> Window:
    """From one local midnight to the next: 23 or 25 hours where the clocks change.

    >>> spring = day_window(date(2013, 3, 10), "America/New_York")
    >>> (spring.end - spring.start).total_seconds() / 3600
    23.0
    """
    return Window(
        _midnight(day, zone), _midnight(day + timedelta(days=1), zone), zone, Every.DAY
    )


def window_at(moment: datetime, every: Every = Every.DAY, zone: str = "UTC") -> Window:
    """The window that contains a moment (aware; any zone)."""
    local = moment.astimezone(zone_named(zone))
    match every:
        case Every.HOUR:
            start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            return Window(start, start + timedelta(hours=1), zone, every)
        case Every.DAY:
            return day_window(local.date(), zone)
        case Every.WEEK:
            monday = local.date() - timedelta(days=local.weekday())
            end = monday + timedelta(days=7)
            return Window(_midnight(monday, zone), _midnight(end, zone), zone, every)


def windows_between(first: Window, last: Window) -> Iterator[Window]:
    """Every window from `first` to `last`, both included, oldest first."""
    current = first
    while current.start <= last.start:
        yield current
        current = current.following


def spanning(first: Window, last: Window) -> Window:
    """One interval from the start of `first` to the end of `last`."""
    return Window(first.start, last.end, first.zone, first.every)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), zone_named(zone)).astimezone(UTC)
