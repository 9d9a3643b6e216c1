"""What is judged, and what each statistic did on the reference: one table, so one file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from driftline.core.bounds.budget import AlarmBudget
from driftline.core.bounds.independent import independent_checks
from driftline.core.bounds.reference_days import History, measure_spreads
from driftline.core.bounds.threshold import Spread
from driftline.core.bounds.weekday import weekday_of
from driftline.core.drift import About, Facts, Statistic, all_names, named
from driftline.core.profiles.grid import lonely_shares
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles
from driftline.errors import SettingsError

ROWS = "rows"
"""The subject of statistics of the whole slice."""

WHOLE = ColumnPlan(Kind.OPAQUE, "")


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """Which statistics are judged, and how many false alarms people accept.

    `fixed` maps a column (or "rows") and a statistic to an upper bound that replaces the
    measured one; a statistic named there is judged for that column even when the lists
    lack it. A slice with fewer than `min_rows` rows is not judged. With `classifier` a
    domain classifier looks at whole rows too.
    """

    numeric: tuple[str, ...] = (
        "rank_shift",
        "jensen_shannon",
        "null_rate",
        "range",
        "off_grid",
    )
    categorical: tuple[str, ...] = ("jensen_shannon", "null_rate", "unseen_values")
    other: tuple[str, ...] = ("null_rate",)
    whole: tuple[str, ...] = ("row_count", "duplicates")
    budget: AlarmBudget = field(default_factory=AlarmBudget)
    min_rows: int = 20
    fixed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    windows_per_day: float = 1.0
    classifier: bool = False
    seed: int = 0

    def statistics(self, column: str, kind: Kind | None) -> list[Statistic]:
        """What is judged for a column of this kind; for the slice when kind is None."""
        lists = {
            None: self.whole,
            Kind.NUMERIC: self.numeric,
            Kind.CATEGORICAL: self.categorical,
        }
        chosen = lists.get(kind, self.other)
        fixed = self.fixed.get(column, {})
        return [
            _fitting(name, column, kind) for name in dict.fromkeys([*chosen, *fixed])
        ]


@dataclass(frozen=True, slots=True)
class Check:
    """One statistic of one column, with what the reference's days did.

    `by_day` says that most days hold a single value of the column: it tells the day.
    """

    subject: str
    role: str
    plan: ColumnPlan
    reference: ColumnProfile
    spread: Spread
    fixed: float | None = None
    by_day: bool = False

    @property
    def statistic(self) -> Statistic:
        """The statistic."""
        return self.spread.statistic

    @property
    def facts(self) -> Facts:
        """What is declared about it."""
        return self.spread.statistic.facts


@dataclass(frozen=True, slots=True)
class ReferenceSpread:
    """All checks of a reference, measured once and good for every day judged by it.

    `total` has the judged columns over all days.
    """

    checks: tuple[Check, ...]
    total: Profile
    odd: frozenset[int] = frozenset()
    hard: int = field(init=False)
    """How many of the checks are hard signals."""
    soft: float = field(init=False)
    """How many independent checks those that speak of drift are worth."""

    def __post_init__(self) -> None:
        """Counted once: every check of every day asks."""
        drift = [c.spread.sound for c in self.checks if not c.facts.hard]
        object.__setattr__(self, "hard", len(self.checks) - len(drift))
        object.__setattr__(self, "soft", independent_checks(drift))

    def rate(self, check: Check, policy: DriftPolicy) -> float:
        """The chance that one check may breach in a window of a day like all others."""
        budget, windows = policy.budget, policy.windows_per_day
        if check.facts.hard:
            return budget.hard_watched(self.hard, windows)
        return budget.soft(self.soft, windows)

    def page_rate(self, policy: DriftPolicy) -> float:
        """The chance that one hard check may page in a window like all others."""
        return policy.budget.hard(self.hard, policy.windows_per_day)

    def run_length(self, policy: DriftPolicy) -> float:
        """Windows between false alarms of one soft check that is accumulated."""
        return policy.budget.lasting(self.soft, policy.windows_per_day)


def measure_reference(
    reference: Reference,
    roles: Roles,
    policy: DriftPolicy,
    later: Reference | None = None,
) -> ReferenceSpread:
    """Every check's spread over the reference's days. The costly half of `judge_drift`.

    `later` has sound days in production, for a reference of too few days.
    """
    days = list(reference.days.values())
    weekdays = [weekday_of(label) for label in reference.days]
    rng = np.random.default_rng(policy.seed)
    _refuse_unknown(policy.fixed, [*reference.plan.columns, ROWS])
    burnt = list(later.days.values()) if later else []
    rows = History(_slices(reference), weekdays, _slices(later) if later else ())
    checks = _checks(ROWS, "slice", WHOLE, _Days(rows, reference), policy, rng)
    totals: dict[str, ColumnProfile] = {}
    for name, plan in judged_columns(reference.plan, roles, policy).items():
        role = role_of(name, roles)
        parts = [
            as_judged(d.columns.get(name, ColumnProfile(0, present=False)), role)
            for d in days
        ]
        since = [as_judged(day.columns[name], role) for day in burnt]
        history = History(parts, weekdays, since)
        checks += _checks(name, role, plan, _Days(history, reference), policy, rng)
        totals[name] = history.total
    odd = _odd_days(checks, len(days), policy)
    known = [replace(c, spread=replace(c.spread, odd=odd)) for c in checks]
    total = Profile(sum(day.rows for day in days), totals, reference.plan.digest)
    return ReferenceSpread(tuple(known), total, odd)


ODD = 6.0
"""Robust deviations from which on a reference day is a fault, not its usual spread."""


def _odd_days(checks: list[Check], days: int, policy: DriftPolicy) -> frozenset[int]:
    """The days on which hard signals strayed farthest, as many as the budget allows."""
    worst: dict[int, float] = {}
    for check in checks:
        if not check.facts.hard or not len(check.spread.values):
            continue
        for place, far in zip(check.spread.places, check.spread.oddness, strict=True):
            worst[place] = max(worst.get(place, 0.0), float(far))
    ranked = sorted(worst, key=lambda place: (-worst[place], place))
    most = policy.budget.odd_windows(days, policy.windows_per_day)
    return frozenset(place for place in ranked[:most] if worst[place] > ODD)


@dataclass(frozen=True, slots=True)
class _Days:
    """One column on every reference day, and the reference that they are of."""

    history: History
    reference: Reference


def _slices(reference: Reference) -> list[ColumnProfile]:
    """The slice of every day."""
    repeats = reference.repeats
    return [slice_of(day, repeats.get(n)) for n, day in reference.days.items()]


def slice_of(profile: Profile, repeats: float | None = None) -> ColumnProfile:
    """The slice as a column of rows, those that repeat another one being `unseen`."""
    return ColumnProfile(profile.rows, unseen=round(profile.rows * (repeats or 0.0)))


def judged_columns(
    plan: Plan, roles: Roles, policy: DriftPolicy
) -> dict[str, ColumnPlan]:
    """The planned columns but the time stamp and those that are ignored."""
    left_out = {roles.timestamp, *roles.ignore, *policy.ignore}
    return {name: c for name, c in plan.columns.items() if name not in left_out}


def role_of(name: str, roles: Roles) -> str:
    """feature, prediction, label or key."""
    if name in (roles.prediction, roles.score):
        return "prediction"
    if name == roles.label:
        return "label"
    return "key" if name in roles.key else "feature"


def _checks(
    subject: str,
    role: str,
    plan: ColumnPlan,
    days: _Days,
    policy: DriftPolicy,
    rng: np.random.Generator,
) -> list[Check]:
    """The checks of one column. How many labels are missing says only how late they are."""
    fixed = policy.fixed.get(subject, {})
    chosen = [
        statistic
        for statistic in policy.statistics(
            subject, None if plan is WHOLE else plan.kind
        )
        if statistic.facts.applies(plan)
        and (statistic.facts.about is not About.REPEATS or days.reference.repeats)
        and (statistic.facts.about is not About.MISSING or role != "label")
    ]
    spreads = measure_spreads(chosen, days.history, plan, rng)
    known = [_with_new_values(spread, subject, plan, days) for spread in spreads]
    by_day = plan is not WHOLE and _tells_the_day(days.history.days)
    return [
        Check(
            subject, role, plan, days.history.total, spread, fixed.get(s.name), by_day
        )
        for s, spread in zip(chosen, known, strict=True)
    ]


def _tells_the_day(days: Sequence[ColumnProfile]) -> bool:
    held = [day.is_one_value for day in days if day.rows > day.missing]
    return sum(held) > len(held) / 2


def _with_new_values(
    spread: Spread, subject: str, plan: ColumnPlan, days: _Days
) -> Spread:
    """A listed grid holds every day's own values: the sample tells how many are new."""
    sample = days.reference.sample
    if spread.statistic.name != "off_grid" or not plan.grid or sample is None:
        return spread
    if subject not in sample.columns:
        return spread
    lonely = lonely_shares(sample[subject], sample[WINDOW])
    numbered = list(enumerate(days.reference.days))
    places = tuple(i for i, label in numbered if label in lonely)
    values = np.array([lonely[label] for _, label in numbered if label in lonely])
    weekdays = tuple(days.history.weekdays[i] for i in places)
    return replace(
        spread, values=values, places=places, weekdays=weekdays, effects=None
    )


def as_judged(column: ColumnProfile, role: str) -> ColumnProfile:
    """The column as it is judged: of labels, only the rows whose label has arrived."""
    if role != "label":
        return column
    return replace(column, rows=column.rows - column.missing, nulls=0, nans=0)


def fitting(kind: Kind | None) -> list[Statistic]:
    """Every statistic of this project that a kind of column, or the slice, can have."""
    return list(_fitting_kind(kind))


@cache
def _fitting_kind(kind: Kind | None) -> tuple[Statistic, ...]:
    """Once per kind: names are read off a folder."""
    found = [named(name) for name in all_names()]
    return tuple(
        s for s in found if (kind in s.facts.kinds if kind else not s.facts.kinds)
    )


def _fitting(name: str, column: str, kind: Kind | None) -> Statistic:
    statistic = named(name)
    kinds = statistic.facts.kinds
    if kind in kinds if kind else not kinds:
        return statistic
    fits = ", ".join(sorted(kinds)) or "the whole slice ('rows')"
    raise SettingsError(
        f"statistic {name!r} does not fit {column!r}, which is {kind or 'the slice'}; "
        f"it is for {fits}"
    )


def _refuse_unknown(fixed: Mapping[str, object], known: list[str]) -> None:
    for name in fixed:
        if name not in known:
            import difflib  # only for this message

            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SettingsError(f"a bound is set for {name!r}, no such column{hint}")
