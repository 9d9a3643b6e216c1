"""Windows follow the calendar of their zone, also where the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.window import (
    Every,
    Window,
    day_window,
    spanning,
    window_at,
    windows_between,
    zone_named,
)
from driftline.errors import SettingsError

ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Pacific/Apia",
]

moments = st.datetimes(
    datetime(2008, 1, 1),
    datetime(2030, 1, 1),
    timezones=st.just(UTC),
)


def hours(window: Window) -> float:
    return (window.end - window.start) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "zone", "length"),
    [
        (date(2013, 3, 9), "America/New_York", 24),
        (date(2013, 3, 10), "America/New_York", 23),
        (date(2013, 11, 3), "America/New_York", 25),
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 10, 4), "Australia/Lord_Howe", 23.5),
        (date(2018, 11, 4), "America/Sao_Paulo", 23),
        (date(2026, 3, 29), "UTC", 24),
    ],
)
def test_a_day_is_from_midnight_to_midnight(day: date, zone: str, length: float):
    """A day has 23 or 25 hours where the clocks change, also at midnight itself."""
    assert hours(day_window(day, zone)) == length


def test_a_window_is_stored_in_utc():
    """Two zones' windows can be compared and sorted."""
    window = day_window(date(2013, 3, 8), "America/New_York")
    assert window.start == datetime(2013, 3, 8, 5, tzinfo=UTC)
    assert window.start.utcoffset() == timedelta(0)
    assert window.day == date(2013, 3, 8)


@given(moments, st.sampled_from(Every), st.sampled_from(ZONES))
def test_every_moment_is_in_exactly_one_window(
    moment: datetime, every: Every, zone: str
):
    """Neighbours meet without gap or overlap, and lead back to where one was."""
    window = window_at(moment, every, zone)
    assert window.start <= moment < window.end
    assert window.following.start == window.end
    assert window.previous.end == window.start
    assert window.following.previous == window
    assert window_at(window.start, every, zone) == window


@given(moments, st.sampled_from(Every), st.sampled_from(ZONES))
def test_labels_tell_neighbours_apart(moment: datetime, every: Every, zone: str):
    """The hour that is repeated in autumn has two labels."""
    window = window_at(moment, every, zone)
    assert window.label != window.following.label


def test_windows_between_are_all_of_them():
    """Both ends included, each starting where the one before ended."""
    first = day_window(date(2013, 3, 9), "America/New_York")
    last = day_window(date(2013, 3, 12), "America/New_York")
    found = list(windows_between(first, last))
    assert [window.label for window in found] == [
        "2013-03-09",
        "2013-03-10",
        "2013-03-11",
        "2013-03-12",
    ]
    assert spanning(first, last) == Window(first.start, last.end, "America/New_York")
    assert list(windows_between(last, first)) == []


def test_a_week_starts_on_monday():
    """Its label is the ISO week."""
    week = window_at(datetime(2026, 1, 1, 12, tzinfo=UTC), Every.WEEK)
    assert week.day == date(2025, 12, 29)
    assert week.label == "2026-W01"


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "a\0b"])
def test_an_unknown_zone_is_refused(name: str):
    """The message shows what a zone's name looks like."""
    with pytest.raises(SettingsError, match="America/New_York"):
        zone_named(name)


def test_a_window_without_a_zone_or_a_length_is_refused():
    """Before anything is read with it."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    naive = start.replace(tzinfo=None)
    with pytest.raises(SettingsError, match="no time zone"):
        Window(naive, naive + timedelta(days=1))
    with pytest.raises(SettingsError, match="ends at"):
        Window(start, start)
