"""Contents of reports that tests draw, one list: a small day, a crowded one, a hostile one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from driftline.core.finding import (
    REST_DAY,
    Bounds,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.report import Content, Judged, Point, Series
from driftline.core.verdict import reduce
from driftline.core.why.events import Event
from driftline.core.window import Window, day_window

ZONE = "America/New_York"
DAY = date(2013, 3, 26)
WINDOW = day_window(DAY, ZONE)
HISTOGRAM = {
    "edges": [10.0, 20.0, 30.0, 40.0],
    "reference": [0.2, 0.2, 0.2, 0.2, 0.19],
    "current": [0.6, 0.1, 0.1, 0.1, 0.05],
    "other_reference": [0.0, 0.0, 0.01],
    "other_current": [0.0, 0.0, 0.05],
}
CATEGORIES = {
    "categories": ["EWR", "JFK"],
    "reference": [0.6, 0.4],
    "current": [0.5, 0.3],
    "other_reference": [0.0, 0.0, 0.0],
    "other_current": [0.0, 0.2, 0.0],
}


def finding(topic: Topic, subject: str, statistic: str, **more: Any) -> Finding:
    """A finding that is inside its bounds unless told otherwise."""
    values: dict[str, Any] = {
        "outcome": Outcome.OK,
        "severity": Severity.WARNING,
        "message": f"{subject} has a {statistic} of 0.1 (bound 0.2)",
        "value": 0.1,
        "bounds": Bounds(upper=0.2),
    }
    return Finding(topic, subject, statistic, **(values | more))


def breached(topic: Topic, subject: str, statistic: str, **more: Any) -> Finding:
    """A finding that is outside its bounds."""
    values: dict[str, Any] = {
        "outcome": Outcome.BREACHED,
        "message": f"{subject} has a {statistic} of 0.6 (bound 0.2)",
        "value": 0.6,
    }
    return finding(topic, subject, statistic, **(values | more))


WHY = {
    "role": "feature",
    "matters": "temperature_f alone moves the mean score by +0.04; since 25 March",
    "contribution": {
        "output": "score",
        "score": {"value": 0.04, "lower": 0.01, "upper": 0.07},
        "loss": {"value": -0.02, "lower": None, "upper": None},
    },
    "dated": {"window": "2013-03-25", "words": "since 25 March", "events": []},
}
"""What explains a column's change."""

WORST = Finding(
    Topic.PERFORMANCE,
    "segments",
    "worst_segment",
    Outcome.BREACHED,
    Severity.INFO,
    "predictions got worse where carrier = UA: log loss 0.91 against 0.52 in the "
    "reference, 14% of labelled rows",
    value=0.91,
    evidence={
        "loss_name": "log loss",
        "worst": [
            {
                "name": "carrier = UA",
                "loss": 0.91,
                "reference_loss": 0.52,
                "rows": 67,
                "share": 0.14,
            }
        ],
    },
)


def drifted(subject: str, histogram: dict[str, Any], **more: Any) -> Finding:
    """A breached drift finding that can be drawn."""
    evidence = {"histogram": histogram, "extremes": _extremes(histogram)}
    return breached(Topic.DRIFT, subject, "psi", evidence=evidence, **more)


def content(findings: Sequence[Finding], **more: Any) -> Content:
    """A day with these findings and two days before it."""
    verdict = reduce(findings)
    values: dict[str, Any] = {
        "monitor": "flights",
        "window": WINDOW,
        "verdict": verdict.word.value,
        "headline": verdict.headline,
        "model": "flights-late v1",
        "rows": 973,
        "labelled": 966,
        "revision": 1,
        "recorded_at": datetime(2013, 3, 27, 6, tzinfo=UTC),
        "findings": tuple(findings),
        "reasons": verdict.reasons,
        "strip": (
            Judged(before(2), "healthy", "healthy: nothing", "flights-late v1"),
            Judged(before(1)),
            Judged(WINDOW, verdict.word.value, verdict.headline, "flights-late v2"),
        ),
    }
    return Content(**(values | more))


def before(days: int) -> Window:
    """The window so many days before the one that is drawn."""
    return day_window(DAY - timedelta(days=days), ZONE)


def series(metric: str = "roc_auc") -> Series:
    """A metric on two of three windows; the second value is outside its band."""
    band = Bounds(lower=0.6)
    points = (
        Point(before(2), 0.71, 0.68, 0.74, band),
        Point(WINDOW, 0.55, 0.5, 0.6, band),
    )
    return Series(metric, points, centre=0.66, decides=True)


def small() -> Content:
    """One finding of every topic, in and out of bounds, and a metric over time."""
    late = breached(
        Topic.VALIDATION,
        "temperature_f",
        "expect_column_values_to_be_between",
        severity=Severity.CRITICAL,
        message="temperature_f: 177 of 973 values (18%) are outside 5 to 70",
        value=177 / 973,
        bounds=Bounds(upper=0.01),
        evidence={"judged_rows": 973, "note": "The reference holds 10.94 to 64.4."},
    )
    moved = drifted("temperature_f", HISTOGRAM)
    moved = replace(moved, evidence=moved.evidence | WHY)
    findings = (
        late,
        moved,
        drifted("origin", CATEGORIES),
        finding(Topic.DRIFT, "seats", "null_rate", value=0.15),
        finding(
            Topic.SLICE, "rows", "row_count", value=973.0, bounds=Bounds(500, 1_025)
        ),
        breached(
            Topic.PERFORMANCE,
            "roc_auc",
            "value",
            value=0.55,
            bounds=Bounds(lower=0.6),
        ),
        _confused(),
        _segment(),
        WORST,
        finding(
            Topic.COST,
            "scoring",
            "spend",
            value=832.37,
            bounds=Bounds(upper=1_100.0),
            evidence={"currency": "USD"},
        ),
        finding(Topic.HEALTH, "host", "memory", value=8.2, evidence={"unit": "%"}),
    )
    return content(
        findings,
        appeared=(late,),
        recovered=(finding(Topic.DRIFT, "seats", "null_rate", value=0.15),),
        series=(series(), replace(series("accuracy"), decides=False)),
        incidents=("Data incident opened",),
        events=(Event(WINDOW, "model", "flights-late v2 came into service"),),
        retraining="no retraining while the data is broken",
        last_drill="2013-03-25: 30% of distance missing: proved",
        links={"run": "https://prefect.example.com/runs/1", "model": "models:/m/1"},
    )


def crowded(count: int = 40) -> Content:
    """An act day with so many findings, most of them about columns with long names."""
    long = "a_very_long_feature_name_that_somebody_generated_with_a_template"
    drift = [drifted(f"{long}_{n}", HISTOGRAM) for n in range(count - 1)]
    worst = breached(
        Topic.PERFORMANCE, "roc_auc", "cusum", severity=Severity.CRITICAL, value=4.5
    )
    findings = (worst, *drift)
    return content(findings, appeared=findings, recovered=(), series=(series(),))


def blind() -> Content:
    """A day of which nothing could be judged."""
    empty = finding(
        Topic.SLICE,
        "rows",
        "row_count",
        outcome=Outcome.UNKNOWN,
        severity=Severity.CRITICAL,
        message="the slice has no rows",
        value=0.0,
        bounds=Bounds(lower=50.0),
    )
    return content([empty], rows=0, labelled=0, series=(series(),))


def resting() -> Content:
    """A day without rows, as usual."""
    none = finding(
        Topic.SLICE,
        "rows",
        REST_DAY,
        message="the slice has no rows, as always on this weekday",
        value=0.0,
    )
    return content([none], rows=0, labelled=0)


def hostile(text: str) -> Content:
    """A day in which every text that comes from data or settings is this one."""
    findings = tuple(
        replace(
            breached(topic, text, text, message=text, segment=text),
            evidence=_hostile_evidence(text),
        )
        for topic in Topic
    )
    categories = CATEGORIES | {"categories": [text, "JFK"]}
    return content(
        (*findings, drifted(text, categories), _confused(text), _segment(text)),
        monitor=text,
        model=text,
        headline=text,
        appeared=findings,
        recovered=findings,
        series=(series(text),),
        strip=(
            Judged(before(1), "act", text, "old"),
            Judged(WINDOW, "act", text, text),
        ),
        incidents=(text,),
        events=(Event(WINDOW, text, text),),
        retraining=text,
        last_run=text,
        last_drill=text,
        links={text: text, "script": "javascript:alert(1)", "run": f"https://x/{text}"},
    )


def _hostile_evidence(text: str) -> dict[str, Any]:
    return {
        "note": text,
        "failing_values": [{text: text}],
        "unit": text,
        "currency": text,
        "forecast_basis": text,
        "unseen_examples": [text],
        "histogram": CATEGORIES | {"categories": [text, text]},
        "role": "feature",
        "matters": text,
        "dated": {"window": WINDOW.label, "words": text, "events": []},
        "loss_name": text,
        "worst": [
            {"name": text, "loss": 1, "reference_loss": 1, "rows": 1, "share": 1}
        ],
    }


def _confused(name: str = "late") -> Finding:
    confusion = {"classes": [f"not {name}", name], "counts": [[645, 241], [35, 45]]}
    return finding(
        Topic.PERFORMANCE, "accuracy", "value", evidence={"confusion": confusion}
    )


def _segment(value: str = "EWR") -> Finding:
    measured = {"value": 0.75, "lower": 0.66, "upper": 0.82, "rows": 355}
    return finding(
        Topic.PERFORMANCE,
        "roc_auc",
        "value",
        segment=f"origin={value}",
        value=0.75,
        bounds=Bounds(lower=0.43),
        evidence={"measured": measured},
    )


def _extremes(histogram: dict[str, Any]) -> dict[str, list[float]]:
    if "edges" not in histogram:
        return {}
    return {"reference": [5.0, 60.0], "current": [-8.3, 55.0]}
