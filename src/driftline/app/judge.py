"""Findings of every kind about one observation."""

from collections.abc import Sequence

from driftline.app.compare import (
    compare,
    compare_groups,
    compare_pairs,
    diagnose,
    memory_of,
    told_before,
    weigh_groups,
)
from driftline.app.estimate import (
    estimated_findings,
    label_lag,
    with_expectation,
)
from driftline.app.explain import explain, is_ailing
from driftline.app.job import Job
from driftline.app.measure import COMPLETE
from driftline.app.observe import Observation
from driftline.app.pending import as_pending
from driftline.app.stale import published_again
from driftline.app.surroundings import look_around
from driftline.app.unclear import unclear_stamps
from driftline.core.bounds.familiar import ended, mark_news
from driftline.core.finding import ESTIMATED, Finding, Topic
from driftline.core.labels.harm import judge_performance
from driftline.core.partial import judge_partial
from driftline.core.reference import Measured
from driftline.ports import LedgerEntry, Run

KEPT = (Topic.COST, Topic.HEALTH)
"""What belongs to the time of the first judgement and is not measured again."""


def judge(job: Job, seen: Observation, run: Run) -> list[Finding]:
    """All findings of a window."""
    before = job.ledger.latest(job.monitor, seen.window)
    around = run(surround, job, seen, before)
    away = [seen.away] if seen.away else []
    if seen.blind is not None:
        return [*away, seen.blind, *around]
    found = [*run(compare, job, seen), *run(compare_pairs, job, seen)]
    told = told_before(job, seen)
    drift = mark_news(found, told)
    named = run(diagnose, job, seen, drift) if any(f.matters for f in drift) else []
    named = with_left_out(seen, drift, named)
    findings = [
        *away,
        *published_again(job, seen),
        *unclear_stamps(job, seen, run),
        *named,
        *drift,
        *run(validate, job, seen, before),
        *run(score, job, seen),
        *(mark_news(run(compare_groups, job, seen), told) if seen.contrasts else []),
        *(run(weigh_groups, job, seen) if job.roles.sensitive else []),
        *around,
    ]
    findings += ended(findings, told, memory_of(job))
    findings = as_pending(job, seen.window, findings)
    return run(explain, job, seen, findings) if is_ailing(findings) else findings


def with_left_out(
    seen: Observation, drift: Sequence[Finding], named: Sequence[Finding]
) -> list[Finding]:
    """What was done to the data; of its rows, where files were left out, that alone."""
    assert seen.rows is not None
    partial = judge_partial(seen.rows.partial, drift)
    about = {finding.subject for finding in partial}
    return [*partial, *(f for f in named if f.subject not in about)]


def validate(job: Job, seen: Observation, before: LedgerEntry | None) -> list[Finding]:
    """The suite's findings; the same bytes under the same policy are not checked twice."""
    assert seen.profile is not None
    assert seen.rows is not None
    if job.validator is None or seen.profile.rows == 0:
        return []
    if before is not None and not job.anew and _same_rows(before, seen):
        return [f for f in before.findings if f.topic is Topic.VALIDATION]
    wanted = [*job.validator.columns(), *job.roles.key]
    present = [name for name in dict.fromkeys(wanted) if name in seen.rows.schema]
    frame = job.engine.frame(seen.rows, present) if job.validator.takes else None
    if frame is not None and frame.kind in job.validator.takes:
        return job.validator.check(frame, seen.profile.rows)
    table = job.engine.table(seen.rows, present, job.validator.sample_rows)
    return job.validator.check(table, seen.profile.rows)


def score(job: Job, seen: Observation) -> list[Finding]:
    """Performance against the reference's days, accumulated over the model's own days."""
    if job.roles.label is None or not seen.performance.rows:
        return []
    primary = job.primary_metric(seen.reference)
    history = job.ledger.history(
        job.monitor, before=seen.window.start, topics=(Topic.PERFORMANCE,)
    )
    judged = (
        _judged_value(entry, primary)
        for entry in history
        if entry.key.model_version == seen.model.version
    )
    before = [measured for measured in judged if measured is not None]
    findings = judge_performance(
        seen.performance, seen.reference, primary, before, job.harm
    )
    if seen.performance.coverage >= COMPLETE:
        return findings
    curve = label_lag(job, seen)
    estimates = estimated_findings(job, seen, history, curve)
    return [*with_expectation(job, seen, findings, curve), *estimates]


def _judged_value(entry: LedgerEntry, metric: str) -> Measured | None:
    """A window's metric, unless too few of its labels had arrived to judge it."""
    judged = any(
        finding.topic is Topic.PERFORMANCE
        and finding.subject == metric
        and finding.statistic != ESTIMATED
        and finding.value is not None
        for finding in entry.findings
    )
    known = entry.record["performance"].get(metric) if judged else None
    return None if known is None else Measured(**known)


def surround(job: Job, seen: Observation, before: LedgerEntry | None) -> list[Finding]:
    """Cost and health as of now, for the newest window only; older ones keep theirs."""
    if before is not None:
        return [f for f in before.findings if f.topic in KEPT]
    newest = job.ledger.history(job.monitor, limit=1, topics=())
    if newest and newest[0].key.window.start > seen.window.start:
        return []
    return look_around(job, seen.window.day)


def _same_rows(before: LedgerEntry, seen: Observation) -> bool:
    return (
        before.record.get("rows_manifest") == seen.rows_manifest
        and before.key.policy == seen.key.policy
        and before.key.model_version == seen.key.model_version
    )
