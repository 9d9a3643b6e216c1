"""Findings of every kind about one observation."""

from collections.abc import Sequence

from driftline.app.estimate import (
    estimated_findings,
    label_lag,
    with_expectation,
)
from driftline.app.explain import explain, is_ailing
from driftline.app.job import Job
from driftline.app.measure import COMPLETE
from driftline.app.observe import Observation
from driftline.app.surroundings import look_around
from driftline.core.checks import judged_columns
from driftline.core.comparison import Judged, Moment, judge_drift
from driftline.core.contrast.groups import Contrast
from driftline.core.contrast.judge import judge_contrasts
from driftline.core.diagnosis import Day
from driftline.core.diagnosis import diagnose as find_causes
from driftline.core.familiar import RECENT as RECENT_WATCH
from driftline.core.familiar import demote_known
from driftline.core.finding import ESTIMATED, Finding, Topic
from driftline.core.harm import judge_performance
from driftline.core.joint.classifier import judge_domain
from driftline.core.joint.judge import checks_of, judge_joint
from driftline.core.profile import Profile
from driftline.core.reference import Measured
from driftline.core.signature import check_signature
from driftline.core.threshold import ENOUGH_DAYS
from driftline.core.weekday import weekday_of
from driftline.core.why.gaps import judge_gaps
from driftline.ports import LedgerEntry, Run

KEPT = (Topic.COST, Topic.HEALTH)
"""What belongs to the time of the first judgement and is not measured again."""

RECENT = 14
"""How many windows before this one tell how many rows are usual now."""


BURN_IN = 14
"""Days in production by which a reference of too few days learns, at most."""

PAST_WINDOWS = 60
"""Windows over which small drift is added up."""


def judge(job: Job, seen: Observation, run: Run) -> list[Finding]:
    """All findings of a window."""
    before = job.ledger.latest(job.monitor, seen.window)
    around = run(surround, job, seen, before)
    if seen.blind is not None:
        return [seen.blind, *around]
    found = [*run(compare, job, seen), *run(compare_pairs, job, seen)]
    drift = demote_known(found, watched_before(job, seen))
    named = run(diagnose, job, seen, drift) if any(f.matters for f in drift) else []
    findings = [
        *named,
        *drift,
        *run(validate, job, seen, before),
        *run(score, job, seen),
        *(run(compare_groups, job, seen) if seen.contrasts else []),
        *(run(weigh_groups, job, seen) if job.roles.sensitive else []),
        *around,
    ]
    return run(explain, job, seen, findings) if is_ailing(findings) else findings


def compare(job: Job, seen: Observation) -> list[Finding]:
    """Drift of every column against the reference, and the model's own signature."""
    assert seen.profile is not None
    assert seen.rows is not None
    lessons = job.lessons(seen.model.version, seen.reference)
    spread = lessons.spread(job.drift, burn_in(job, seen))
    moment = Moment(
        seen.window.label,
        weekday_of(seen.window.label),
        past_of(job, seen),
        seen.repeats,
    )
    drift = judge_drift(
        seen.reference, seen.profile, job.roles, job.drift, spread, moment
    )
    return [*drift, *check_signature(seen.model, seen.rows.schema)]


def watched_before(job: Job, seen: Observation) -> list[list[str]]:
    """What the windows before this one were watched for, oldest first."""
    before = job.ledger.history(job.monitor, seen.window.start, RECENT_WATCH, topics=())
    return [
        entry.record.get("watched", [])
        for entry in before
        if entry.key.model_version == seen.model.version
    ]


def burn_in(job: Job, seen: Observation) -> dict[str, Profile]:
    """Sound days in production, by which a reference of few days learns how days differ.

    The first ones, and no more than suffice: what comes after is judged by them.
    """
    lacking = ENOUGH_DAYS - len(seen.reference.days)
    if lacking <= 0:
        return {}
    known = job.ledger.history(job.monitor, seen.window.start, topics=())
    sound = [
        entry
        for entry in known
        if entry.key.model_version == seen.model.version and not entry.record["broken"]
    ]
    profiles = {e.key.window.label: job.ledger.profile(e) for e in sound[:BURN_IN]}
    plan = seen.reference.plan.digest
    return {
        label: profile
        for label, profile in profiles.items()
        if profile is not None
        and profile.plan == plan
        and profile.rows >= job.drift.min_rows
    }


def compare_pairs(job: Job, seen: Observation) -> list[Finding]:
    """Columns that no longer go together as they did, in the day's sample."""
    if seen.sample is None or seen.sample.height < job.drift.min_rows:
        return []
    lessons = job.lessons(seen.model.version, seen.reference)
    spread = lessons.joint(job.drift)
    budget, windows = job.drift.budget, job.drift.windows_per_day
    checks = checks_of(spread) + job.drift.classifier
    rate = budget.joint(checks, windows)
    found = judge_joint(spread, seen.sample, rate)
    domain = lessons.domain(job.drift) if job.drift.classifier else None
    return found if domain is None else found + judge_domain(domain, seen.sample, rate)


def past_of(job: Job, seen: Observation) -> tuple[Judged, ...]:
    """The sound windows before this one that the same model version was judged by."""
    before = job.ledger.history(job.monitor, seen.window.start, PAST_WINDOWS, topics=())
    return tuple(
        Judged(e.key.window.label, weekday_of(e.key.window.label), e.metrics)
        for e in before
        if e.key.model_version == seen.model.version and not e.record["broken"]
    )


def diagnose(job: Job, seen: Observation, drift: Sequence[Finding]) -> list[Finding]:
    """What was done to the data, where undoing it explains what has drifted."""
    reference = seen.reference
    if seen.sample is None or seen.profile is None or reference.sample is None:
        return []
    rows = [int(past.numbers["rows"]) for past in past_of(job, seen)[-RECENT:]]
    label = job.roles.label
    judged = judged_columns(reference.plan, job.roles, job.drift)
    day = Day(
        reference=reference,
        before=reference.sample,
        rows=seen.sample,
        profile=seen.profile,
        timestamp=job.roles.timestamp,
        zone=job.zone,
        recent_rows=tuple(rows),
        judged=tuple(name for name in judged if name != label),
        label=seen.window.label,
    )
    return find_causes(day, drift, job.owners.data)


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


def compare_groups(job: Job, seen: Observation) -> list[Finding]:
    """Groups whose errors parted from the others', once enough labels are in."""
    if not seen.contrasts:
        return []
    spread = job.lessons(seen.model.version, seen.reference).contrasts()
    before = job.ledger.history(job.monitor, seen.window.start, PAST_WINDOWS, topics=())
    past = [
        {name: Contrast(*found) for name, found in kept.items()}
        for entry in before
        if entry.key.model_version == seen.model.version
        and (kept := entry.record.get("contrasts"))
    ]
    rate = job.drift.budget.groups(len(spread.groups), job.drift.windows_per_day)
    return judge_contrasts(spread, past, seen.contrasts, rate)


def weigh_groups(job: Job, seen: Observation) -> list[Finding]:
    """Gaps between the groups of each sensitive column, on the rows that are sampled."""
    rows = seen.sample
    if rows is None or seen.reference.sample is None:
        return []
    usual = job.lessons(seen.model.version, seen.reference).usual_gaps(rows.height)
    return judge_gaps(rows, job.roles, usual)


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
