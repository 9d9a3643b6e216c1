"""Until when a verdict is due, on days of any length."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.briefing import Occasion
from driftline.core.late import (
    SHOWN,
    Late,
    caught_up,
    deadline_of,
    due_at,
    overdue,
    wait_of,
)
from driftline.core.verdict import reduce
from driftline.core.window import Every, day_window, window_at

ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1))


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from([Every.DAY, Every.WEEK]))
def test_the_window_that_is_due_is_the_latest_whose_deadline_has_passed(
    moment, zone, every
):
    """It is due, and the next one is not."""
    moment, by = moment.replace(tzinfo=UTC), time(9)
    window = due_at(moment, every, zone, by)
    assert deadline_of(window, by) <= moment < deadline_of(window.following, by)


@pytest.mark.parametrize("every", [Every.DAY, Every.WEEK])
@pytest.mark.parametrize("zone", ZONES)
def test_waits_overlap_and_never_swallow_a_deadline(every, zone):
    """Through two years of clock changes: begun before the last deadline, after its begin."""
    wait, by = wait_of(every), time(9)
    window = window_at(datetime(2025, 1, 1, tzinfo=UTC), every, zone)
    deadlines = []
    while len(deadlines) < 730:
        deadlines.append(deadline_of(window, by).astimezone(UTC))
        window = window.following
    for before, after in pairwise(deadlines):
        assert before - wait < after - wait < before


def test_the_hour_is_that_of_the_wall():
    """Nine o'clock is nine o'clock, an hour earlier in UTC from then on."""
    winter, summer = (
        day_window(date(2026, 3, day), "Europe/Berlin") for day in (27, 28)
    )
    first, second = (deadline_of(w, time(9)).astimezone(UTC) for w in (winter, summer))
    assert second - first == timedelta(hours=23)


def test_what_is_missing_is_counted():
    """One day or several, and when the last of them was due."""
    days = [day_window(date(2026, 3, day), "UTC") for day in (1, 2)]
    one, two = (
        overdue("orders", some, time(9), "t").summary for some in (days[:1], days)
    )
    assert one.startswith("1 window without a verdict; 2026-03-01 was due by 09:00")
    assert two.startswith("2 windows without a verdict; 2026-03-02 was due by 09:00")


def late(day: int, severity: Severity = Severity.INFO, words: str = "moved") -> Late:
    """A day of January that acts, is watched, or is healthy, by what was found."""
    found = Finding(Topic.DRIFT, "a", "psi", Outcome.BREACHED, severity, words)
    return Late(day_window(date(2026, 1, day)), reduce([found]))


def summary_of(days: list[Late]):
    return caught_up(Occasion("orders", days[-1].window), days, "thread")


def test_a_summary_claims_no_day_that_was_not_judged():
    """Days that follow each other are one span; a hole ends it."""
    title = summary_of([late(day) for day in (3, 4, 6, 8, 9, 10)]).title
    assert (
        "2026-01-03 to 2026-01-04, 2026-01-06, 2026-01-08 to 2026-01-10 judged" in title
    )


def test_a_summary_names_every_day_that_acted():
    """Whatever was watched after it: with more than are shown, the acts come first."""
    days = [late(3, Severity.CRITICAL)]
    days += [late(day, Severity.WARNING, f"by {day}") for day in range(4, 4 + SHOWN)]
    facts = summary_of(days).facts
    assert len(facts) == SHOWN
    assert facts[0][0] == "2026-01-03"
    assert [label for label, _ in facts] == sorted(label for label, _ in facts)


def test_days_of_which_the_same_is_said_are_one_line():
    """Those that follow each other; another day between them ends the line."""
    days = [late(day, Severity.WARNING) for day in (3, 4)]
    days += [late(5), late(6, Severity.WARNING)]
    labels = [label for label, _ in summary_of(days).facts]
    assert labels == ["2026-01-03 to 2026-01-04", "2026-01-06"]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([3], "1 window waited for a verdict; it is judged now."),
        ([3, 4], "2 windows waited for a verdict; each is judged now, oldest first."),
    ],
)
def test_one_window_is_not_told_as_many(days, words):
    """The summary is true of one day too."""
    assert summary_of([late(day) for day in days]).summary.startswith(words)
