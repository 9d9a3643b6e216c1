"""Events are what came up from one window to the next, and are told near a change."""

from datetime import date, timedelta

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.why.dating import dated
from driftline.core.why.events import Event, Happened, events_of, near
from driftline.core.window import Window, day_window


def window(number: int) -> Window:
    return day_window(date(2026, 3, 1) + timedelta(days=number))


def breached(topic: Topic, subject: str, statistic: str) -> Finding:
    return Finding(
        topic,
        subject,
        statistic,
        Outcome.BREACHED,
        Severity.WARNING,
        f"{subject} is off",
    )


def test_only_what_is_new_is_an_event():
    """A model or a finding that was there the window before happened earlier."""
    gone = breached(Topic.SLICE, "seats", "column_missing")
    spend = breached(Topic.COST, "scoring", "spend")
    drift = breached(Topic.DRIFT, "hour", "psi")

    found = events_of(
        [
            Happened(window(0), "m v1", [spend]),
            Happened(window(1), "m v1", [spend, gone, drift]),
            Happened(window(2), "m v2", [gone]),
        ]
    )

    assert [(e.window, e.kind, e.text) for e in found] == [
        (window(1), "schema", "seats is off"),
        (window(2), "model", "m v2 came into service"),
    ]


def test_a_change_is_told_with_the_events_just_before_it():
    """A change from 7 March on is dated so, with the event of the day before alone."""
    windows = [window(n) for n in range(10)]
    values = dict(zip(windows, [0.1] * 6 + [0.4] * 4, strict=True))
    events = [Event(window(n), "model", f"on {n}") for n in (1, 5, 8)]
    finding = Finding(
        Topic.DRIFT,
        "hour",
        "psi",
        Outcome.BREACHED,
        Severity.WARNING,
        "",
        0.4,
        Bounds(upper=0.2),
        evidence={"usual": 0.1},
    )

    found = dated(finding, values, events)

    assert found is not None
    assert found["window"] == "2026-03-07"
    assert found["words"] == "since 7 March"
    assert [event["text"] for event in found["events"]] == ["on 5"]
    assert near(events, windows, 0, 9) == events


def test_a_finding_without_a_usual_value_is_not_dated():
    """A missing column has no series to date it from."""
    gone = breached(Topic.SLICE, "seats", "column_missing")

    assert dated(gone, {window(0): 0.0, window(1): 1.0}, []) is None
