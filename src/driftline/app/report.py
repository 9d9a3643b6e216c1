"""The page of a recorded window, drawn from the ledger alone: any day, at any time."""

from collections.abc import Sequence

from driftline.app.drill.record import last_drill_said
from driftline.app.explain import TOLD, events_between, happened_in
from driftline.app.job import Job
from driftline.app.retraining.record import last_run_said
from driftline.app.retraining.request import standing_in
from driftline.app.retraining.tell import SUBJECT
from driftline.app.summary import SUBJECT as LATE
from driftline.core.finding import Bounds, Finding, Topic
from driftline.core.incidents.incident import Incident, Step
from driftline.core.incidents.outage import SUBJECT as UNJUDGED
from driftline.core.report import (
    Content,
    Judged,
    Point,
    Series,
    changes,
    incident_said,
)
from driftline.core.verdict import Word, reduce
from driftline.core.window import Window
from driftline.ports import Ledger, LedgerEntry

WINDOWS_SHOWN = 60
"""Windows in the strip of verdicts and in the plots."""

SILENT = Step.NONE.name.lower()

UNMEASURED = " (nothing is known of it in this window)"
"""What is said of an open incident of whose cause nothing was measured."""


def write_report(job: Job, entry: LedgerEntry) -> str:
    """Write the window's page and return its address."""
    return job.report.write(content_of(job.ledger, entry))


def content_of(ledger: Ledger, entry: LedgerEntry) -> Content:
    """What the page says, with the windows before it for comparison."""
    window = entry.key.window
    monitor = entry.key.monitor
    before = ledger.history(
        monitor, window.start, WINDOWS_SHOWN - 1, topics=(Topic.PERFORMANCE, *TOLD)
    )
    shown = [*before, entry]
    verdict = reduce(entry.findings)
    appeared, recovered = _changes(entry, ledger.latest(monitor, window.previous))
    return Content(
        monitor=monitor,
        window=window,
        verdict=verdict.word.value,
        headline=verdict.headline,
        model=str(entry.record["model"]),
        rows=entry.record["rows"],
        labelled=entry.record["labelled"],
        revision=entry.revision,
        recorded_at=entry.recorded_at,
        findings=entry.findings,
        reasons=verdict.reasons,
        appeared=appeared,
        recovered=recovered,
        series=_series(shown),
        gaps=_gaps(shown),
        strip=_strip(shown),
        incidents=_incidents(ledger, entry),
        events=tuple(events_between(ledger, monitor, [*map(happened_in, shown)])),
        retraining=str(entry.record["retraining"]),
        standing=standing_in(entry),
        last_run=last_run_said(ledger, monitor, window.day),
        last_drill=last_drill_said(ledger, monitor, window.zone),
        links=dict(entry.record["links"]),
    )


def _changes(
    entry: LedgerEntry, past: LedgerEntry | None
) -> tuple[tuple[Finding, ...] | None, tuple[Finding, ...] | None]:
    """Nothing to say when the window before was not judged, or one of both cannot tell."""
    if past is None or Word.CANNOT_TELL in (past.verdict, entry.verdict):
        return None, None
    return changes(entry.findings, past.findings)


def _strip(shown: Sequence[LedgerEntry]) -> tuple[Judged, ...]:
    """Every window from the first shown on, those that were never judged included."""
    known = {entry.key.window: entry for entry in shown}
    strip: list[Judged] = []
    window = shown[-1].key.window
    while window.start >= shown[0].key.window.start and len(strip) < WINDOWS_SHOWN:
        strip.append(_judged(window, known.get(window)))
        window = window.previous
    return tuple(reversed(strip))


def _judged(window: Window, entry: LedgerEntry | None) -> Judged:
    if entry is None:
        return Judged(window)
    headline = str(entry.record["headline"])
    return Judged(window, entry.verdict, headline, str(entry.record["model"]))


def _incidents(ledger: Ledger, entry: LedgerEntry) -> tuple[str, ...]:
    """What became of each incident, with the reason for telling people or not."""
    steps: dict[str, str] = entry.record["incidents"]
    notices: dict[str, dict[str, str]] = entry.record.get("notices", {})
    said = {key: notice["said"] for key, notice in notices.items()}
    window, incidents = entry.key.window, ledger.incidents(entry.key.monitor)
    known = [
        f"{incident_said(incident, steps[incident.key], window)}"
        f"{_noticed(said.get(incident.key, ''))}"
        for incident in incidents
        if steps.get(incident.key, SILENT) != SILENT
    ]
    known += [
        f"{incident_said(incident, '', window)}{UNMEASURED}"
        for incident in incidents
        if incident.key not in steps and _lasts_in(incident, window)
    ]
    others = [
        f"{_called(key.rpartition('/')[2])}{_noticed(words)}"
        for key, words in said.items()
        if key not in steps
    ]
    return (*known, *others)


def _lasts_in(incident: Incident, window: Window) -> bool:
    """Whether it had begun by this window and had not ended."""
    start = window.start.isoformat()
    return incident.opened < start and not "" < incident.resolved <= start


def _called(name: str) -> str:
    """A cause is trouble; a retraining is news, and so is a window without a verdict."""
    known = {SUBJECT: "Retraining", LATE: "Days judged late", UNJUDGED: "Outage"}
    return known.get(name, f"{name.capitalize()} trouble")


def _noticed(words: str) -> str:
    return f" ({words})" if words else ""


def _series(entries: Sequence[LedgerEntry]) -> tuple[Series, ...]:
    """Every metric measured in these windows, the deciding one first."""
    names = dict.fromkeys(n for e in entries for n in e.record["performance"])
    decides = _deciding(entries)
    series = [
        Series(
            name,
            _points(entries, name),
            _centre(entries, name),
            decides=name == decides,
            estimates=_estimates(entries, name),
        )
        for name in names
    ]
    return tuple(sorted(series, key=lambda s: (not s.decides, s.metric)))


def _gaps(entries: Sequence[LedgerEntry]) -> tuple[Series, ...]:
    """Every gap between groups that was measured in these windows."""
    points: dict[str, list[Point]] = {}
    usual: dict[str, float] = {}
    for entry in entries:
        for gap in entry.findings:
            if gap.statistic == "gap" and gap.value is not None:
                lower, upper = gap.evidence["lower"], gap.evidence["upper"]
                point = Point(entry.key.window, gap.value, lower, upper, gap.bounds)
                points.setdefault(gap.subject, []).append(point)
                usual[gap.subject] = gap.evidence["usual"]
    return tuple(
        Series(name, tuple(found), usual[name]) for name, found in points.items()
    )


def _deciding(entries: Sequence[LedgerEntry]) -> str:
    """The metric that was accumulated last; the newest windows still lack labels."""
    accumulated = (
        finding.subject
        for entry in reversed(entries)
        for finding in entry.findings
        if finding.statistic == "cusum"
    )
    return next(accumulated, "")


def _points(entries: Sequence[LedgerEntry], metric: str) -> tuple[Point, ...]:
    return tuple(
        Point(
            entry.key.window,
            measured["value"],
            measured["lower"],
            measured["upper"],
            _band(entry, metric),
        )
        for entry in entries
        if (measured := entry.record["performance"].get(metric))
    )


def _estimates(entries: Sequence[LedgerEntry], metric: str) -> tuple[Point, ...]:
    """What was said of the metric before its labels came, with its band."""
    return tuple(
        Point(entry.key.window, said["value"], said["lower"], said["upper"])
        for entry in entries
        if (said := entry.record.get("estimated", {}).get(metric))
    )


def _band(entry: LedgerEntry, metric: str) -> Bounds:
    """The bounds that the metric was held to in that window; open where there were none."""
    finding = _held(entry, metric)
    return finding.bounds if finding else Bounds()


def _centre(entries: Sequence[LedgerEntry], metric: str) -> float | None:
    """The usual value that the newest window was compared with."""
    held = (_held(entry, metric) for entry in reversed(entries))
    centres = (finding.evidence.get("centre") for finding in held if finding)
    return next((centre for centre in centres if centre is not None), None)


def _held(entry: LedgerEntry, metric: str) -> Finding | None:
    """The finding that compares the metric of the whole window with the reference."""
    about = (
        finding
        for finding in entry.findings
        if finding.topic is Topic.PERFORMANCE
        and finding.subject == metric
        and not finding.segment
        and finding.statistic == "value"
    )
    return next(about, None)
