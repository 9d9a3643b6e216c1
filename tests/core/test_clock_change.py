"""When a clock on a wall is changed, and which hours that makes unclear."""

from datetime import UTC, date, datetime, timedelta

import pytest

from driftline.core.clock_change import clock_changes
from driftline.core.window import Every, day_window, window_at


@pytest.mark.parametrize(
    ("zone", "day", "start", "minutes", "twice"),
    [
        ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 8, 2), 60, False),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 1, 1), 60, True),
        (
            "Australia/Lord_Howe",
            date(2026, 4, 5),
            datetime(2026, 4, 5, 1, 30),
            30,
            True,
        ),
        ("America/Havana", date(2026, 3, 8), datetime(2026, 3, 8), 60, False),
    ],
)
def test_the_hours_are_those_of_the_wall(zone, day, start, minutes, twice) -> None:
    """Whole and half hours, put forward or back, at two o'clock or at midnight."""
    [change] = clock_changes(day_window(day, zone), zone)
    assert (change.start, change.twice) == (start, twice)
    assert change.end - change.start == timedelta(minutes=minutes)


def test_most_days_and_zones_have_none() -> None:
    """Nothing is looked for on a day as any other, nor where no clock is changed."""
    for zone, day in (
        ("America/New_York", date(2026, 5, 1)),
        ("UTC", date(2026, 3, 8)),
    ):
        assert list(clock_changes(day_window(day, zone), zone)) == []


def test_the_window_after_a_change_knows_of_it() -> None:
    """The second of two equal hours has the rows of both."""
    second = window_at(
        datetime(2026, 11, 1, 6, tzinfo=UTC), Every.HOUR, "America/New_York"
    )
    [change] = clock_changes(second, second.zone)
    assert change.start == datetime(2026, 11, 1, 1)
