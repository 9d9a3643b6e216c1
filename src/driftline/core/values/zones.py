"""Time zones by what their clocks show: an hour of summer time is no fault of the data."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

HOURS = 24


def zones_ahead(hours: int, dates: Iterable[date], zone: str = "UTC") -> frozenset[str]:
    """The time zones that are so many hours, of 24, ahead of `zone` on all of these dates.

    None where they show the same hour: such a column follows the stamps themselves.

    >>> winter, summer = date(2013, 1, 15), date(2013, 7, 15)
    >>> "America/New_York" in zones_ahead(19, [winter])
    True
    >>> "America/New_York" in zones_ahead(19, [winter, summer])
    False
    """
    left = available_timezones() if hours % HOURS else set()
    for day in dates:
        left = {name for name in left if _ahead(name, zone, day) == hours % HOURS}
    return frozenset(left)


def hours_ahead(zones: Iterable[str], day: date, zone: str = "UTC") -> set[float]:
    """How many hours, of 24, the clocks of these zones may be ahead on a date.

    >>> sorted(hours_ahead(["America/New_York", "America/Panama"], date(2013, 7, 15)))
    [19.0, 20.0]
    """
    return {_ahead(name, zone, day) for name in zones}


def _ahead(name: str, zone: str, day: date) -> float:
    return (_offset(name, day) - _offset(zone, day)) % HOURS


@lru_cache(2**16)
def _offset(name: str, day: date) -> float:
    """Hours ahead of UTC at noon."""
    noon = datetime.combine(day, time(12), UTC)
    offset = noon.astimezone(ZoneInfo(name)).utcoffset()
    return offset.total_seconds() / 3600 if offset else 0.0
