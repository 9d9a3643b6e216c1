"""A profile against its reference, whole: schema, hard signals and drift inform each other."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from driftline.core.bounds.budget import AlarmBudget
from driftline.core.bounds.checks import (
    ROWS,
    WHOLE,
    Check,
    DriftPolicy,
    ReferenceSpread,
    as_judged,
    fitting,
    judged_columns,
    measure_reference,
    role_of,
    slice_of,
)
from driftline.core.bounds.judge import judge
from driftline.core.bounds.lasting import (
    Judged,
    Moment,
    judge_lasting,
    number_name,
    number_of,
)
from driftline.core.bounds.reference_days import History, measure_spreads
from driftline.core.bounds.weekday import is_rest_day, is_usual_gap
from driftline.core.bounds.weight import Rates, rates_of
from driftline.core.drift import About
from driftline.core.finding import (
    REST_DAY,
    Bounds,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.profiles.plan import ColumnPlan, Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.reference import Reference
from driftline.core.roles import Roles
from driftline.core.schema import (
    judge_extra,
    judge_infinities,
    judge_presence,
    judge_type,
)
from driftline.core.wording import how_many
from driftline.errors import SchemaMismatch

__all__ = [
    "AlarmBudget",
    "DriftPolicy",
    "Judged",
    "Moment",
    "ReferenceSpread",
    "at_rest",
    "compare",
    "judge_drift",
    "measure_reference",
]

COMPARE_RATES = Rates(0.001, 0.001, 0.001)
"""How often chance alone may breach a bound of `compare`."""


def judge_drift(
    reference: Reference,
    current: Profile,
    roles: Roles,
    policy: DriftPolicy,
    spread: ReferenceSpread | None = None,
    moment: Moment | None = None,
) -> list[Finding]:
    """Findings on the slice's schema, size and every judged column.

    `spread` is what `measure_reference` gave, for callers that judge many days. Soft
    drift outside its bounds is a warning. A hard signal outside is a warning too, and
    critical when it is also far from its usual day: 5 points more rows missing or unseen
    and twice as far off as the bound, a reach of five times the bound, fewer than 0.6 or
    more than 1.67 times the usual rows. Where few reference days are known, a share that
    is new is critical from half of the rows on, or in the second window. A missing
    column and a changed type are critical. Of a slice with too few rows only their
    number is judged, beside a finding that says so; of one without rows, nothing, and
    none are as expected on a weekday on which the reference never has any, and for as
    long as it often has none.

    `moment` tells when the slice is from and what was found before it: weekdays count
    where they matter, and soft drift that lasts is a warning too.
    """
    _require_same_plan(reference, current)
    moment = moment or Moment()
    rest = at_rest(moment.label, reference, moment.empty) if not current.rows else None
    if rest is not None:
        return [rest]
    spread = spread or measure_reference(reference, roles, policy)
    whole = [c for c in spread.checks if c.plan is WHOLE and _counted(c, moment)]
    needed = max(policy.min_rows, 1)
    if current.rows < needed:
        sizes = [c for c in whole if c.facts.about is About.ROWS and current.rows]
        judged = _judge_all(sizes, spread, current, policy, moment)
        return [_too_few(current.rows, needed, usual=reference.usual_rows), *judged]
    columns = judged_columns(reference.plan, roles, policy)
    findings, sound = _judge_schema(spread.total, current, columns, roles)
    findings += _judge_unplanned(current, roles, policy)
    held = [c for c in spread.checks if c.subject in sound and c.plan is not WHOLE]
    checks = [*whole, *held]
    findings += _judge_all(checks, spread, current, policy, moment)
    numbers = {number_name(f): f.value for f in findings if f.value is not None}
    numbers[ROWS] = current.rows
    return [
        *findings,
        *judge_lasting(checks, numbers, moment, spread.run_length(policy)),
    ]


def _require_same_plan(reference: Reference, current: Profile) -> None:
    if current.plan != reference.plan.digest:
        raise SchemaMismatch(
            f"the slice was counted by plan {current.plan} and the reference by "
            f"{reference.plan.digest}; profile the slice with the reference's plan"
        )


def _judge_unplanned(
    current: Profile, roles: Roles, policy: DriftPolicy
) -> list[Finding]:
    """Findings on columns that the reference does not have and that have no part."""
    known = {*_parts(roles), *roles.ignore, *policy.ignore}
    extra = [name for name in current.extra_columns if name not in known]
    return judge_extra(extra, all_matter=not roles.features)


def _judge_all(
    checks: Iterable[Check],
    spread: ReferenceSpread,
    current: Profile,
    policy: DriftPolicy,
    moment: Moment,
) -> list[Finding]:
    """The findings of these checks on the slice, as on its weekday."""
    findings: list[Finding] = []
    whole = slice_of(current, moment.repeats)
    for check in checks:
        today = replace(check, spread=check.spread.on(moment.weekday))
        column = whole if check.plan is WHOLE else _column(current, check)
        before = moment.before.get(number_of(check.subject, check.statistic.name))
        rates = rates_of(spread, check, policy)
        findings += judge(today, column, rates, policy.min_rows, before)
    return findings


def _counted(check: Check, moment: Moment) -> bool:
    return check.facts.about is not About.REPEATS or moment.repeats is not None


def compare(
    reference: Profile, current: Profile, plan: Plan, *, seed: int = 0
) -> list[Finding]:
    """Every statistic of every column of two profiles of which no days are known.

    Bounds are sampling noise, widened, and never tighter than each statistic's
    convention. What has no convention is shown and not judged, nor is it when dates
    are from. Schema as in `judge_drift`.
    """
    for side, profile in (("reference", reference), ("slice", current)):
        if not profile.rows:
            return [_too_few(0, 1, side)]
    columns = dict(plan.columns)
    findings, sound = _judge_schema(reference, current, columns, None)
    findings += judge_extra(current.extra_columns, all_matter=False)
    rng = np.random.default_rng(seed)
    for subject, column in {ROWS: WHOLE, **columns}.items():
        if column is not WHOLE and subject not in sound:
            continue
        kind = None if column is WHOLE else column.kind
        chosen = [one for one in fitting(kind) if one.facts.applies(column)]
        if column.dtype.startswith("Date"):  # another month is later, and no drift
            chosen = [one for one in chosen if one.facts.about is About.MISSING]
        old, new = (_of(side, subject, column) for side in (reference, current))
        for spread in measure_spreads(chosen, History([old]), column, rng):
            check = Check(subject, "column", column, old, spread)
            findings += judge(check, new, COMPARE_RATES, 1)
    return findings


def _judge_schema(
    total: Profile,
    current: Profile,
    columns: dict[str, ColumnPlan],
    roles: Roles | None,
) -> tuple[list[Finding], set[str]]:
    """Findings on presence and types, and the columns that can be judged further."""
    findings: list[Finding] = []
    sound: set[str] = set()
    for name, plan in columns.items():
        role = role_of(name, roles) if roles else "column"
        column = current.columns.get(name)
        if column is None or not column.present:
            if role != "label":
                findings.append(judge_presence(name, role, current.extra_columns))
            continue
        changed = judge_type(name, role, column, plan)
        findings += changed
        if not changed:
            sound.add(name)
            findings += judge_infinities(name, role, total.columns[name], column)
    return findings, sound


def _too_few(
    rows: int, needed: int, side: str = "slice", usual: float | None = None
) -> Finding:
    """That there are not rows enough; of a window, whether there ever are (`usual`)."""
    held = f"only {how_many(rows, 'row')}" if rows else "no rows"
    need = f"; drift is judged from {needed:,} rows on" if rows else ""
    always = rows > 0 and usual is not None and usual < needed
    if always:
        need += f", and a usual window of the reference has {usual:,.0f}"
    return Finding(
        Topic.SLICE,
        ROWS,
        "too_few_rows",
        Outcome.UNKNOWN,
        Severity.WARNING if rows else Severity.CRITICAL,
        f"the {side} has {held}{need}",
        value=float(rows),
        bounds=Bounds(lower=float(needed), origin="min_rows"),
        evidence={"needed": needed, "always": always},
    )


def at_rest(label: str, reference: Reference, empty: int) -> Finding | None:
    """That a window has no rows as usual, after so many that had none; None where it is not.

    As always on its weekday, or as the reference often has none for so long.
    """
    if is_rest_day(label, reference.days):
        why = "as always on this weekday"
    elif is_usual_gap(empty + 1, reference.days):
        why = "as often in the reference" + (f" for {empty + 1} days" if empty else "")
    else:
        return None
    return Finding(
        Topic.SLICE,
        ROWS,
        REST_DAY,
        Outcome.OK,
        Severity.INFO,
        f"the slice has no rows, {why}",
        value=0.0,
    )


def _column(current: Profile, check: Check) -> ColumnProfile:
    return as_judged(_of(current, check.subject, check.plan), check.role)


def _of(profile: Profile, subject: str, plan: ColumnPlan) -> ColumnProfile:
    if plan is WHOLE:
        return ColumnProfile(profile.rows)
    return profile.columns[subject]


def _parts(roles: Roles) -> Iterable[str]:
    """Columns that have a part of their own."""
    parts = (roles.timestamp, roles.prediction, roles.score, roles.label)
    return [*(p for p in parts if p), *roles.key, *roles.segments, *roles.sensitive]
