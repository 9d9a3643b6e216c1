"""Performance of a window whose labels are not all in, and how late labels come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from driftline.app.job import Job
from driftline.app.measure import COMPLETE
from driftline.app.observe import Observation
from driftline.core.estimation.estimate import Estimate, estimate
from driftline.core.estimation.estimator import WINDOW_DAYS, Day, Estimator, place
from driftline.core.estimation.judging import (
    judge_estimate,
    not_estimated,
    surely_harmful,
)
from driftline.core.finding import Finding, Outcome, Severity
from driftline.core.labels.maturity import LagCurve, Sighting, expectation, learn_lag
from driftline.core.performance._metric import Unmeasured
from driftline.core.reference import Measured
from driftline.core.roles import Task
from driftline.ports import LedgerEntry

LATE = timedelta(days=14)
"""Labels later than this are not waited for before harm that is sure is acted on."""

REVISIONS = 1000
"""Judgements from which the lag of labels is learned, the latest ones."""


def estimated_findings(
    job: Job, seen: Observation, history: Sequence[LedgerEntry], curve: LagCurve
) -> list[Finding]:
    """Estimates for what labels cannot tell yet.

    All metrics where too few labels are in to judge; the deciding one and the task's
    plainest where some are still to come; none where they are in.
    """
    performance = seen.performance
    usual = curve.final or 1.0
    if not job.estimates or performance.coverage >= COMPLETE * usual:
        return []
    judged = (
        performance.labelled >= job.harm.min_labelled
        and performance.coverage >= job.harm.min_coverage
    )
    primary = job.primary_metric(seen.reference)
    plain = "mae" if job.roles.task is Task.REGRESSION else "accuracy"
    known = seen.reference.metric
    wanted = (primary, plain) if judged else (primary, *job.measured_metrics)
    metrics = [name for name in dict.fromkeys(wanted) if name == primary or known(name)]
    estimator = job.estimator(seen.model.version, seen.reference)
    found = [_finding(job, seen, estimator, name, history) for name in metrics]
    if judged:
        return [replace(finding, severity=Severity.INFO) for finding in found]
    return found


def label_lag(job: Job, seen: Observation) -> LagCurve:
    """How late this monitor's labels come, by all judgements of its windows so far."""
    entries = job.ledger.revisions(job.monitor, seen.window.start, REVISIONS)
    sightings = [
        Sighting(
            entry.key.window,
            entry.recorded_at,
            entry.record["rows"],
            entry.record["labelled"],
        )
        for entry in entries
    ]
    return learn_lag(sightings, job.clock())


def with_expectation(
    job: Job, seen: Observation, findings: Sequence[Finding], curve: LagCurve
) -> list[Finding]:
    """The findings, the one that waits for labels saying when they are expected."""
    words = expectation(seen.window, curve, job.clock())
    if not words:
        return list(findings)
    known = {"expected": curve.share(curve.days or 0), "expected_days": curve.days}
    return [
        replace(
            finding,
            message=_with_words(finding.message, words),
            evidence=finding.evidence | known,
        )
        if finding.statistic == "coverage" and finding.subject == "labels"
        else finding
        for finding in findings
    ]


def _with_words(message: str, words: str) -> str:
    """The words where the labels are spoken of, or after all else."""
    before, waits, after = message.partition("; performance ")
    return f"{before}, {words}{waits}{after}" if waits else f"{message}; {words}"


def _finding(
    job: Job,
    seen: Observation,
    estimator: Estimator,
    metric: str,
    history: Sequence[LedgerEntry],
) -> Finding:
    days = [_day(job, entry, metric) for entry in history if _tells(seen, entry)]
    at = _at(job, seen.window.label)
    today = Day(at, seen.performance.rows, seen.raw.get(metric))
    found = estimate(estimator, metric, [day for day in days if day.at < at], today)
    if isinstance(found, Unmeasured):
        return not_estimated(metric, found.reason)
    judged = judge_estimate(
        metric, found, seen.reference, seen.performance.rows, job.harm
    )
    assert judged is not None
    return weighed(job, seen, judged, found)


def weighed(job: Job, seen: Observation, finding: Finding, found: Estimate) -> Finding:
    """Critical where sure harm to the deciding metric cannot wait for its labels."""
    late = found.lag * WINDOW_DAYS[job.every]
    evidence = finding.evidence | {"labels_late_days": late}
    severe = (
        finding.outcome is Outcome.BREACHED
        and finding.subject == job.primary_metric(seen.reference)
        and timedelta(days=late) > LATE
        and surely_harmful(found, finding.bounds)
    )
    severity = Severity.CRITICAL if severe else finding.severity
    return replace(finding, severity=severity, evidence=evidence)


def _tells(seen: Observation, entry: LedgerEntry) -> bool:
    """Whether a window says how this model's estimates fare: its rows were as they are."""
    same = entry.key.model_version == seen.model.version
    return bool(same and entry.record["rows"] and not entry.record["broken"])


def _day(job: Job, entry: LedgerEntry, metric: str) -> Day:
    record = entry.record
    enough = record["labelled"] >= job.harm.min_coverage * record["rows"]
    measured = record["performance"].get(metric) if enough else None
    return Day(
        _at(job, entry.key.window.label),
        record["rows"],
        record.get("raw", {}).get(metric),
        None if measured is None else Measured(**measured),
    )


def _at(job: Job, label: str) -> float:
    at = place(label, job.every)
    assert at is not None, f"window label {label!r} names no time"
    return at
