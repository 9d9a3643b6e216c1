"""The page of a window, drawn from the ledger alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from driftline.app.report import WINDOWS_SHOWN, content_of
from driftline.core.drill.links import NOTE
from driftline.core.finding import Bounds, Finding, Topic
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.verdict import reduce
from driftline.core.window import Every, Window, window_at
from driftline.ports import Judgement, LedgerEntry, WindowKey
from driftline.testing import MemoryLedger
from tests.golden.contents import WINDOW, before, blind, breached, finding

NOW = datetime(2013, 4, 1, tzinfo=UTC)
INSIDE = finding(Topic.DRIFT, "a", "psi")
OUTSIDE = breached(Topic.DRIFT, "a", "psi")


@pytest.fixture
def ledger() -> MemoryLedger:
    """An empty history."""
    return MemoryLedger()


def judged(
    ledger: MemoryLedger,
    window: Window,
    findings: Sequence[Finding] = (INSIDE,),
    opened: Sequence[Incident] = (),
    **record: Any,
) -> LedgerEntry:
    """A window in the ledger, with these findings and this record."""
    written = {
        "headline": reduce(findings).headline,
        "broken": False,
        "model": "flights-late v1",
        "rows": 973,
        "labelled": 0,
        "performance": {},
        "incidents": {},
        "retraining": "",
        "links": {},
    }
    judgement = Judgement(
        key=WindowKey("flights", "1", window, f"{window.label}", "policy"),
        verdict=reduce(findings),
        findings=tuple(findings),
        profile=None,
        metrics={},
        record=written | record,
        incidents=tuple(opened),
    )
    lease = ledger.acquire("flights", window.label, "me", NOW)
    return ledger.record(lease, judgement, NOW)


def measured(value: float) -> dict[str, Any]:
    """A record of one metric."""
    return {"roc_auc": {"value": value, "lower": 0.5, "upper": 0.9, "rows": 900}}


def test_windows_that_were_never_judged_are_in_the_strip(ledger):
    """A gap in the history is seen as a gap."""
    judged(ledger, before(3), [OUTSIDE])
    content = content_of(ledger, judged(ledger, WINDOW))

    assert [past.verdict for past in content.strip] == ["watch", "", "", "healthy"]
    assert content.strip[0].window == before(3)


def test_the_strip_does_not_grow_without_end(ledger):
    """Two windows far apart leave a strip of the usual length."""
    hours = window_at(WINDOW.start, Every.HOUR, WINDOW.zone)
    judged(ledger, window_at(hours.start - timedelta(days=30), Every.HOUR, WINDOW.zone))
    content = content_of(ledger, judged(ledger, hours))

    assert len(content.strip) == WINDOWS_SHOWN


def test_only_the_window_just_before_is_compared(ledger):
    """With a gap before it, a window says nothing about what changed."""
    judged(ledger, before(2))
    content = content_of(ledger, judged(ledger, WINDOW, [OUTSIDE]))

    assert content.appeared is None
    assert content.recovered is None


def test_what_changed_since_the_window_before(ledger):
    """What was inside yesterday and is outside now has appeared."""
    judged(ledger, before(1))
    content = content_of(ledger, judged(ledger, WINDOW, [OUTSIDE]))

    assert content.appeared == (OUTSIDE,)
    assert content.recovered == ()


@pytest.mark.parametrize("blind_first", [True, False])
def test_a_window_that_cannot_tell_is_compared_with_nothing(ledger, blind_first):
    """Before or after a window without rows there is nothing to compare."""
    pair = [blind().findings, (OUTSIDE,)]
    first, second = pair if blind_first else reversed(pair)
    judged(ledger, before(1), first)
    content = content_of(ledger, judged(ledger, WINDOW, second))

    assert content.appeared is None


def test_each_point_keeps_the_band_of_its_own_window(ledger):
    """A later window's bounds do not rewrite what an earlier one was held to."""
    for days, lower in ((1, 0.4), (0, 0.6)):
        held = finding(
            Topic.PERFORMANCE,
            "roc_auc",
            "value",
            value=0.7,
            bounds=Bounds(lower=lower),
            evidence={"centre": lower + 0.1},
        )
        entry = judged(ledger, before(days), [held], performance=measured(0.7))

    (series,) = content_of(ledger, entry).series

    assert [point.band.lower for point in series.points] == [0.4, 0.6]
    assert series.centre == 0.7


def test_the_deciding_metric_is_known_on_days_without_labels(ledger):
    """Today's labels are not in; the metric that was accumulated last comes first."""
    total = finding(Topic.PERFORMANCE, "roc_auc", "cusum", value=0.1)
    both = measured(0.7) | {"accuracy": measured(0.8)["roc_auc"]}
    judged(ledger, before(1), [INSIDE, total], performance=both)

    content = content_of(ledger, judged(ledger, WINDOW))

    assert [(s.metric, s.decides) for s in content.series] == [
        ("roc_auc", True),
        ("accuracy", False),
    ]


def test_incidents_are_said_from_the_steps_that_were_recorded(ledger):
    """An incident that opened before and lasts is named with its first day."""
    opened = before(1).start.isoformat()
    incident = Incident("k", "flights", Cause.DATA, opened, opened)
    silent = replace(incident, key="old", cause=Cause.COST)
    steps = {"k": "repeat", "old": "none"}
    entry = judged(ledger, WINDOW, [OUTSIDE], [incident, silent], incidents=steps)

    assert content_of(ledger, entry).incidents == (
        "Data incident open since 2013-03-25",
    )


def test_an_open_incident_is_named_though_nothing_is_known_of_it(ledger):
    """Healthy while labels are missing does not hide harm that has not ended."""
    opened = before(1).start.isoformat()
    lasts = Incident("k", "flights", Cause.PERFORMANCE, opened, opened)
    ended = replace(lasts, key="old", resolved=WINDOW.start.isoformat())
    entry = judged(ledger, WINDOW, [INSIDE], [lasts, ended], incidents={})

    assert content_of(ledger, entry).incidents == (
        "Performance incident open since 2013-03-25 "
        "(nothing is known of it in this window)",
    )


def test_the_last_drill_is_said_with_its_local_date_and_what_it_proved(ledger):
    """A reader sees when it was last shown that a fault would be noticed."""
    entry = judged(ledger, WINDOW)
    assert content_of(ledger, entry).last_drill == ""
    for day, outcome in ((1, "failed in found"), (2, "30% of a missing: proved")):
        at = datetime(2013, 4, day, 2, tzinfo=UTC)
        ledger.note("flights", NOTE, at.isoformat(), {"outcome": outcome}, at)

    assert content_of(ledger, entry).last_drill == (
        "2013-04-01: 30% of a missing: proved"
    )
