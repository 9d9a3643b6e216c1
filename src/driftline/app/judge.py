"""Findings of every kind about one observation."""

from driftline.app.explain import explain, is_ailing
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.surroundings import look_around
from driftline.core.comparison import Judged, Moment, judge_drift
from driftline.core.finding import Finding, Topic
from driftline.core.harm import judge_performance
from driftline.core.reference import Measured
from driftline.core.signature import check_signature
from driftline.core.weekday import weekday_of
from driftline.core.why.gaps import judge_gaps
from driftline.ports import LedgerEntry, Run

KEPT = (Topic.COST, Topic.HEALTH)
"""What belongs to the time of the first judgement and is not measured again."""


PAST_WINDOWS = 60
"""Windows over which small drift is added up."""


def judge(job: Job, seen: Observation, run: Run) -> list[Finding]:
    """All findings of a window."""
    before = job.ledger.latest(job.monitor, seen.window)
    around = run(surround, job, seen, before)
    if seen.blind is not None:
        return [seen.blind, *around]
    findings = [
        *run(compare, job, seen),
        *run(validate, job, seen, before),
        *run(score, job, seen),
        *(run(weigh_groups, job, seen) if job.roles.sensitive else []),
        *around,
    ]
    return run(explain, job, seen, findings) if is_ailing(findings) else findings


def compare(job: Job, seen: Observation) -> list[Finding]:
    """Drift of every column against the reference, and the model's own signature."""
    assert seen.profile is not None
    assert seen.rows is not None
    spread = job.spread(seen.model.version, seen.reference)
    moment = Moment(
        seen.window.label, weekday_of(seen.window.label), past_of(job, seen)
    )
    drift = judge_drift(
        seen.reference, seen.profile, job.roles, job.drift, spread, moment
    )
    return [*drift, *check_signature(seen.model, seen.rows.schema)]


def past_of(job: Job, seen: Observation) -> tuple[Judged, ...]:
    """The sound windows before this one that the same model version was judged by."""
    before = job.ledger.history(job.monitor, seen.window.start, PAST_WINDOWS, topics=())
    return tuple(
        Judged(e.key.window.label, weekday_of(e.key.window.label), e.metrics)
        for e in before
        if e.key.model_version == seen.model.version and not e.record["broken"]
    )


def validate(job: Job, seen: Observation, before: LedgerEntry | None) -> list[Finding]:
    """The suite's findings; the same bytes under the same policy are not checked twice."""
    assert seen.profile is not None
    assert seen.rows is not None
    if job.validator is None or seen.profile.rows == 0:
        return []
    if before is not None and _same_rows(before, seen):
        return [f for f in before.findings if f.topic is Topic.VALIDATION]
    wanted = [*job.validator.columns(), *job.roles.key]
    present = [name for name in dict.fromkeys(wanted) if name in seen.rows.schema]
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
    return judge_performance(
        seen.performance, seen.reference, primary, before, job.harm
    )


def weigh_groups(job: Job, seen: Observation) -> list[Finding]:
    """Gaps between the groups of each sensitive column, on the rows that are sampled."""
    rows = seen.sample
    if rows is None or seen.reference.sample is None:
        return []
    usual = job.usual_gaps(seen.model.version, seen.reference, rows.height)
    return judge_gaps(rows, job.roles, usual)


def _judged_value(entry: LedgerEntry, metric: str) -> Measured | None:
    """A window's metric, unless too few of its labels had arrived to judge it."""
    judged = any(
        finding.topic is Topic.PERFORMANCE
        and finding.subject == metric
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
