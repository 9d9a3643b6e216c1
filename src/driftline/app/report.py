"""The page of a recorded window, drawn from the ledger alone: any day, at any time."""

from collections.abc import Sequence

from driftline.app.job import Job
from driftline.core.finding import Bounds, Finding, Topic
from driftline.core.report import Content, Judged, Point, Series, changes
from driftline.core.verdict import reduce
from driftline.ports import LedgerEntry

DAYS_SHOWN = 60
"""Windows in the strip of verdicts and in the plots."""


def write_report(job: Job, entry: LedgerEntry) -> str:
    """Write the window's page and return its address."""
    return job.report.write(content_of(job, entry))


def content_of(job: Job, entry: LedgerEntry) -> Content:
    """What the page says, with the windows before it for comparison."""
    window = entry.key.window
    before = job.ledger.history(job.monitor, before=window.start, limit=DAYS_SHOWN - 1)
    verdict = reduce(entry.findings)
    appeared, recovered = changes(entry.findings, _eve(before, entry))
    return Content(
        monitor=job.monitor,
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
        series=_series([*before, entry], entry.findings),
        strip=tuple(_judged(past) for past in [*before, entry]),
        retraining=str(entry.record["retraining"]),
        links=dict(entry.record["links"]),
    )


def _eve(before: Sequence[LedgerEntry], entry: LedgerEntry) -> Sequence[Finding]:
    """The findings of the window just before, where that was judged."""
    eve = entry.key.window.previous
    return next((past.findings for past in before if past.key.window == eve), ())


def _judged(entry: LedgerEntry) -> Judged:
    headline = reduce(entry.findings).headline
    return Judged(entry.key.window.label, entry.verdict, headline)


def _series(
    entries: Sequence[LedgerEntry], findings: Sequence[Finding]
) -> tuple[Series, ...]:
    """Every metric measured in these windows, the deciding one first."""
    names = dict.fromkeys(n for e in entries for n in e.record["performance"])
    accumulated = {f.subject for f in findings if f.statistic == "cusum"}
    series = [
        Series(name, _points(entries, name), _band(entries, name), name in accumulated)
        for name in names
    ]
    return tuple(sorted(series, key=lambda s: (not s.decides, s.metric)))


def _points(entries: Sequence[LedgerEntry], metric: str) -> tuple[Point, ...]:
    return tuple(
        Point(entry.key.window.label, m["value"], m["lower"], m["upper"])
        for entry in entries
        if (m := entry.record["performance"].get(metric))
    )


def _band(entries: Sequence[LedgerEntry], metric: str) -> Bounds:
    """The bounds of the latest window in which the metric was judged."""
    judged = (
        finding.bounds
        for entry in reversed(entries)
        for finding in entry.findings
        if finding.topic is Topic.PERFORMANCE
        and finding.subject == metric
        and not finding.segment
        and finding.statistic != "cusum"
        and finding.value is not None
    )
    return next(judged, Bounds())
