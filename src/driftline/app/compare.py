"""A window's rows against the reference's: columns, pairs, groups, and what was done."""

from collections.abc import Mapping, Sequence

import polars as pl

from driftline.app.job import Job
from driftline.app.learned import Lessons
from driftline.app.observe import Observation
from driftline.app.unseen import empty_before
from driftline.core.bounds.checks import ROWS, judged_columns
from driftline.core.bounds.stories import Told
from driftline.core.bounds.threshold import ENOUGH_DAYS
from driftline.core.bounds.weekday import weekday_of
from driftline.core.comparison import Judged, Moment, judge_drift
from driftline.core.contrast.groups import Contrast
from driftline.core.contrast.judge import Rates, judge_contrasts
from driftline.core.diagnosis import Day
from driftline.core.diagnosis import diagnose as find_causes
from driftline.core.finding import Finding
from driftline.core.given.judge import judge_given
from driftline.core.given.lasting import judge_given_lasting
from driftline.core.joint.classifier import judge_domain
from driftline.core.joint.judge import checks_of, judge_joint
from driftline.core.reference import Reference
from driftline.core.signature import check_signature
from driftline.core.values.judge import judge_values
from driftline.core.why.gaps import judge_gaps
from driftline.ports import LedgerEntry

BURN_IN = 14
"""Days in production by which a reference of too few days learns, at most."""

PAST_WINDOWS = 60
"""Windows over which small drift is added up."""

MOST_EMPTY = 7
"""So many windows without rows, such as a weekend, do not part one from the one before."""

USUAL_WINDOWS = 14
"""How many windows before this one tell how many rows are usual now."""


def compare(job: Job, seen: Observation) -> list[Finding]:
    """Drift of every column against the reference, and the model's own signature."""
    assert seen.profile is not None
    assert seen.rows is not None
    lessons = job.lessons(seen.model.version, seen.reference)
    spread = lessons.spread(job.drift, burn_in(job, seen))
    moment = _moment(job, seen)
    drift = judge_drift(
        seen.reference, seen.profile, job.roles, job.drift, spread, moment
    )
    return [*drift, *check_signature(seen.model, seen.rows.schema)]


def _moment(job: Job, seen: Observation) -> Moment:
    assert seen.profile is not None
    return Moment(
        seen.window.label,
        weekday_of(seen.window.label),
        past_of(job, seen),
        seen.repeats,
        numbers_before(job, seen),
        0 if seen.profile.rows else empty_before(job, seen.window),
    )


def compare_pairs(job: Job, seen: Observation) -> list[Finding]:
    """Values, and columns that no longer go together as they did, in the day's sample."""
    if seen.sample is None or seen.sample.height < job.drift.min_rows:
        return []
    lessons = job.lessons(seen.model.version, seen.reference)
    spread = lessons.joint(job.drift)
    budget, windows = job.drift.budget, job.drift.windows_per_day
    checks = checks_of(spread) + job.drift.classifier
    rate = budget.joint(checks, windows)
    given = _compare_given(job, seen, seen.sample)
    moved = {finding.subject for finding in given if finding.matters}
    found = [
        *_compare_values(job, seen.sample, lessons),
        *judge_joint(spread, seen.sample, rate, moved),
        *given,
    ]
    domain = lessons.domain(job.drift) if job.drift.classifier else None
    return found if domain is None else found + judge_domain(domain, seen.sample, rate)


def _compare_given(job: Job, seen: Observation, rows: pl.DataFrame) -> list[Finding]:
    """Numbers beside what the other columns of their rows lead to expect."""
    spread = job.lessons(seen.model.version, seen.reference).given(job.drift)
    checks = len(spread.judged)
    rate = job.drift.budget.given(checks, job.drift.windows_per_day)
    today = judge_given(spread, rows, rate)
    plans = seen.reference.plan.columns
    return [
        *today,
        *judge_given_lasting(spread, today, _moment(job, seen), plans, 1 / rate),
    ]


def _compare_values(job: Job, rows: pl.DataFrame, lessons: Lessons) -> list[Finding]:
    """Values that are possible and strange all the same."""
    spread = lessons.values(job.drift)
    checks = len(spread.checks)
    rate = job.drift.budget.values(checks, job.drift.windows_per_day)
    return judge_values(spread, rows, rate)


def diagnose(job: Job, seen: Observation, drift: Sequence[Finding]) -> list[Finding]:
    """What was done to the data, where undoing it explains what has drifted."""
    reference = seen.reference
    if seen.sample is None or seen.profile is None or reference.sample is None:
        return []
    past = {d.label: int(d.numbers[ROWS]) for d in past_of(job, seen)[-USUAL_WINDOWS:]}
    label, breached = job.roles.label, [f for f in drift if f.matters]
    judged = judged_columns(reference.plan, job.roles, job.drift)
    lessons = job.lessons(seen.model.version, reference)
    day = Day(
        reference=reference,
        before=reference.sample,
        rows=seen.sample,
        profile=seen.profile,
        timestamp=job.roles.timestamp,
        zone=job.zone,
        recent_rows={label: rows for label, rows in past.items() if rows},
        judged=tuple(name for name in judged if name != label),
        outputs=frozenset({job.roles.prediction, job.roles.score or ""}),
        label=seen.window.label,
        repeats=seen.repeats,
        short=any(f.subject == ROWS and f.statistic == "row_count" for f in breached),
        lacking=frozenset(f.subject for f in breached if _lacks(f)),
        sures=lessons.values(job.drift).sures,
        learned=lessons.columns(),
    )
    return find_causes(day, drift, job.owners.data)


def _lacks(finding: Finding) -> bool:
    """Whether more values of a column are missing than its bounds allow."""
    value, most = finding.value, finding.bounds.upper
    above = value is not None and most is not None and value > most
    return finding.statistic == "null_rate" and above


def compare_groups(job: Job, seen: Observation) -> list[Finding]:
    """Groups whose errors parted from the others', once enough labels are in."""
    if not seen.contrasts:
        return []
    spread = job.lessons(seen.model.version, seen.reference).contrasts()
    past = [
        {name: Contrast(*found) for name, found in kept.items()}
        for entry in earlier(job, seen, PAST_WINDOWS)
        if (kept := entry.record.get("contrasts"))
    ]
    budget, windows = job.drift.budget, job.drift.windows_per_day
    rates = Rates(
        budget.groups(windows), budget.paged_groups(windows), budget.any_page(windows)
    )
    return judge_contrasts(spread, past, seen.contrasts, rates)


def weigh_groups(job: Job, seen: Observation) -> list[Finding]:
    """Gaps between the groups of each sensitive column, on the rows that are sampled."""
    rows = seen.sample
    if rows is None or seen.reference.sample is None:
        return []
    usual = job.lessons(seen.model.version, seen.reference).usual_gaps(rows.height)
    return judge_gaps(rows, job.roles, usual)


def told_before(job: Job, seen: Observation) -> dict[str, Told]:
    """The stories of drift that people know from the windows before this one."""
    kept = [entry.record.get("told", {}) for entry in earlier(job, seen, 1)]
    return {name: Told.from_json(told) for each in kept for name, told in each.items()}


def memory_of(job: Job) -> float:
    """Windows for which people remember what they heard of a story of drift."""
    return job.drift.budget.memory(job.drift.windows_per_day)


def burn_in(job: Job, seen: Observation) -> Reference | None:
    """Sound days in production, by which a reference of few days learns how days differ.

    The first ones, and no more than suffice: what comes after is judged by them. None
    where the reference has days enough.
    """
    reference = seen.reference
    if len(reference.days) >= ENOUGH_DAYS:
        return None
    sound = [entry for entry in earlier(job, seen) if _teaches(entry)][:BURN_IN]
    profiles = {e.key.window.label: job.ledger.profile(e) for e in sound}
    days = {
        label: profile
        for label, profile in profiles.items()
        if profile is not None
        and profile.plan == reference.plan.digest
        and profile.rows >= job.drift.min_rows
    }
    repeats = {e.key.window.label: e.record["repeats"] for e in sound}
    return Reference(reference.plan, days, repeats=repeats)


def _teaches(entry: LedgerEntry) -> bool:
    """Whether a window is sound, and it is known how many of its rows repeat another."""
    return not entry.record["broken"] and entry.record.get("repeats") is not None


def earlier(job: Job, seen: Observation, most: int = 400) -> list[LedgerEntry]:
    """The windows before this one that the same model version was judged by."""
    before = job.ledger.history(job.monitor, seen.window.start, most, topics=())
    return [e for e in before if e.key.model_version == seen.model.version]


def numbers_before(job: Job, seen: Observation) -> Mapping[str, float]:
    """The numbers of the last window before this one that has rows, sound or not."""
    held = [e for e in earlier(job, seen, 1 + MOST_EMPTY) if e.record["rows"]]
    return held[-1].metrics if held else {}


def past_of(job: Job, seen: Observation) -> tuple[Judged, ...]:
    """The numbers of the sound ones of these."""
    return tuple(
        Judged(e.key.window.label, weekday_of(e.key.window.label), e.metrics)
        for e in earlier(job, seen, PAST_WINDOWS)
        if not e.record["broken"]
    )
