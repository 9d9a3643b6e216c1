"""The smallest change of a column that its checks would tell, in one day and in seven."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from driftline.core.bounds.checks import WHOLE, Check, DriftPolicy, ReferenceSpread
from driftline.core.bounds.tails import normal_quantile
from driftline.core.bounds.threshold import FEW_DAYS, Spread
from driftline.core.bounds.weight import Rates, rates_of, weigh
from driftline.core.finding import Severity
from driftline.core.given.lasting import checks_beside
from driftline.core.given.spread import GivenSpread
from driftline.core.profiles.plan import Kind
from driftline.core.reference import Reference
from driftline.core.values.spread import ValuesSpread
from driftline.core.visibility.days import Days, days_of
from driftline.core.visibility.reach import (
    chance_each,
    smallest,
    windows_in,
)
from driftline.core.visibility.trial import Alone, Change, Lens, Stage, Trial

WEEK = 7
"""Days within which small changes that last are looked for."""

FARTHEST = 8.0
"""Standard deviations beyond which a shift is not searched for."""


SOFT = {Kind.NUMERIC: Change.SHIFT, Kind.CATEGORICAL: Change.MIX}
"""The change that statistics of distributions see."""

HARD = {
    "null_rate": Change.MISSING,
    "unseen_values": Change.UNSEEN,
    "off_grid": Change.OFF_GRID,
    "duplicates": Change.REPEATED,
}
"""The change that each hard signal sees: a share of the rows."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The smallest change seen nine times in ten; None is one that cannot be seen.

    `page` is the least that pages within a day; None where nothing of the kind does.
    """

    subject: str
    role: str
    change: Change
    day: float | None
    week: float | None
    page: float | None = None
    from_days: bool = True

    @property
    def is_blind(self) -> bool:
        """Whether no size of this change is seen within a week."""
        return self.day is None and self.week is None


def sights_of(
    spread: ReferenceSpread,
    reference: Reference,
    policy: DriftPolicy,
    given: GivenSpread | None = None,
    values: ValuesSpread | None = None,
) -> list[Sight]:
    """What is visible of the slice and of each column, in the order of the columns.

    A number beside others, where they are `given`, counts as what moves alone. What goes
    missing is seen by the rows that hardly ever lack it, where `values` know of such.
    """
    whole = [
        _hard(check, lens_of(spread, policy, check))
        for check in spread.checks
        if check.plan is WHOLE and check.statistic.name in HARD
    ]
    by_column: dict[str, list[Check]] = {}
    for check in spread.checks:
        if check.plan is not WHOLE:
            by_column.setdefault(check.subject, []).append(check)
    beside = _beside(given, reference, policy) if given else {}
    sure = {c.column: c for c in values.checks if c.is_sure} if values else {}
    rate = policy.budget.values(
        len(values.checks) if values else 1, policy.windows_per_day
    )
    return whole + [
        _where_sure(sight, sure[name].spread, rate, policy)
        if name in sure and sight.change is Change.MISSING
        else sight
        for name, checks in by_column.items()
        for sight in _of_column(
            checks,
            partial(lens_of, spread, policy),
            days_of(checks[0], reference, policy.seed),
            beside.get(name),
        )
    ]


def _beside(
    given: GivenSpread, reference: Reference, policy: DriftPolicy
) -> dict[str, Alone]:
    """The numbers beside others, as they are judged with as many rows as are kept of a day."""
    rate = policy.budget.given(len(given.judged), policy.windows_per_day)
    checks = checks_beside(given, reference.plan.columns)
    return {
        check.subject: Alone(
            check,
            Lens(
                Rates(rate, rate, rate),
                check.spread.sound.bounds(int(check.spread.rows), rate),
                1 / rate,
                windows_in(1, policy.windows_per_day),
                windows_in(WEEK, policy.windows_per_day),
            ),
        )
        for check in checks
    }


def lens_of(spread: ReferenceSpread, policy: DriftPolicy, check: Check) -> Lens:
    """How this check is judged under the policy."""
    rates = rates_of(spread, check, policy)
    return Lens(
        rates,
        weigh(check, 0.0, int(check.spread.rows), rates).bounds,
        spread.run_length(policy),
        windows_in(1, policy.windows_per_day),
        windows_in(WEEK, policy.windows_per_day),
    )


def levelled(check: Check) -> Check:
    """The check as on the weekday that is nearest to a usual day."""
    effects = check.spread.effects
    if not effects:
        return check
    return replace(check, spread=check.spread.on(_plain(effects)))


def _plain(effects: Mapping[int, float]) -> int:
    return min(effects, key=lambda day: abs(effects[day]))


def _of_column(
    checks: Sequence[Check],
    lens: Callable[[Check], Lens],
    days: Days,
    alone: Alone | None,
) -> Iterable[Sight]:
    soft = [check for check in checks if not check.facts.hard]
    change = SOFT.get(checks[0].plan.kind)
    if soft and change is not None:
        stage = Stage(checks[0].plan, days, change)
        trials = [_trial(check, lens, stage) for check in soft]
        yield _soft([*trials, *([alone] if alone else [])], change)
    for check in map(levelled, checks):
        if check.statistic.name in HARD:
            yield _hard(check, lens(check))


def _trial(check: Check, lens: Callable[[Check], Lens], stage: Stage) -> Trial:
    even, effects = levelled(check), check.spread.effects or {}
    weekly = {day: own - effects[_plain(effects)] for day, own in effects.items()}
    return Trial(even, lens(even), stage, weekly)


def _soft(trials: Sequence[Trial | Alone], change: Change) -> Sight:
    """Whichever statistic sees the change first."""
    first = trials[0]
    most = FARTHEST if change is Change.SHIFT else 1.0
    days, weeks = (
        [smallest(partial(trial.sees, windows), most) for trial in trials]
        for windows in (first.lens.day, first.lens.week)
    )
    check = first.check
    sure = any(trial.check.spread.days_suffice for trial in trials)
    day, week = _least(days), _least([*days, *weeks])
    return Sight(check.subject, check.role, change, day, week, None, sure)


def _hard(check: Check, lens: Lens) -> Sight:
    def told(size: float, windows: int) -> bool:
        value = _with_share(check.spread, size, chance_each(windows))
        return not lens.bounds.contain(value)

    def paged(size: float) -> bool:
        value = _with_share(check.spread, size, chance_each(lens.day))
        rows = int(check.spread.rows)
        return weigh(check, value, rows, lens.rates).severity is Severity.CRITICAL

    return Sight(
        check.subject,
        check.role,
        HARD[check.statistic.name],
        smallest(lambda size: told(size, lens.day), 1.0),
        smallest(lambda size: told(size, lens.week), 1.0),
        smallest(paged, 1.0),
        check.spread.days_suffice,
    )


def _where_sure(
    sight: Sight, spread: Spread, rate: float, policy: DriftPolicy
) -> Sight:
    """The sight, by whichever shows it first: all rows, or those of this spread."""
    bounds = spread.bounds(int(spread.rows), rate)

    def told(windows: int, size: float) -> bool:
        return not bounds.contain(_with_share(spread, size, chance_each(windows)))

    day, week = (
        smallest(partial(told, windows_in(days, policy.windows_per_day)), 1.0)
        for days in (1, WEEK)
    )
    return replace(sight, day=_least([sight.day, day]), week=_least([sight.week, week]))


def _with_share(spread: Spread, size: float, chance: float) -> float:
    """The share that a day exceeds with this chance, if so many more rows have it."""
    rows, calm = max(spread.rows, 1), spread.sound
    usual = calm.usual
    spared = float(calm.values.std(ddof=1)) if len(calm.values) >= FEW_DAYS else 0.0
    noise = np.hypot(spared, np.sqrt(size * (1 - size) / rows))
    value = usual + size * (1 - usual) + normal_quantile(chance) * float(noise)
    return min(max(value, 0.0), 1.0)


def _least(sizes: Sequence[float | None]) -> float | None:
    return min((size for size in sizes if size is not None), default=None)
