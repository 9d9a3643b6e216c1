"""Hours that the clock on a wall shows twice or never, because it is changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftline.core.window import Window, zone_named

STEP = timedelta(minutes=15)
"""Clocks change at a quarter of an hour in UTC."""

AROUND = timedelta(hours=3)
"""A change so near the window may be of hours that the window holds."""


@dataclass(frozen=True, slots=True)
class ClockChange:
    """`[start, end)` on the wall of `zone`, without one: shown `twice`, or never."""

    start: datetime
    end: datetime
    zone: str
    twice: bool


def clock_changes(window: Window, zone: str) -> Iterator[ClockChange]:
    """The changes of the clock of `zone` in a window or close to it, oldest first.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> spring = day_window(date(2013, 3, 10), "America/New_York")
    >>> [change] = clock_changes(spring, spring.zone)
    >>> str(change.start), str(change.end), change.twice
    ('2013-03-10 02:00:00', '2013-03-10 03:00:00', False)
    """
    clock, moment = zone_named(zone), window.start - AROUND
    before = moment.astimezone(clock).utcoffset()
    while moment < window.end + AROUND:
        after = moment.astimezone(clock).utcoffset()
        assert before is not None
        assert after is not None
        if before != after:
            bare = moment.replace(tzinfo=None)
            start, end = (bare + offset for offset in sorted((before, after)))
            yield ClockChange(start, end, zone, twice=after < before)
        before, moment = after, moment + STEP
