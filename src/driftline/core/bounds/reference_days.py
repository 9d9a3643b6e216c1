"""What a statistic did on the reference's days: each against the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from driftline.core.bounds.threshold import ENOUGH_DAYS, FEW_DAYS, Array, Spread
from driftline.core.bounds.weekday import weekday_effects
from driftline.core.drift import Noise, Statistic
from driftline.core.drift._days import Days, draws, others, stacked, sum_of
from driftline.core.drift._scale import straight
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile

DRAWS = 12
"""Simulated days from which the part of chance in the spread is measured."""


@dataclass(frozen=True, slots=True)
class History:
    """One column on the reference's days, with their weekdays, and all of them together.

    `weekdays` serve levels that may follow the week. `later` are days in production by
    which a reference of few days learns how days differ: each against the whole.
    """

    days: Sequence[ColumnProfile]
    weekdays: Sequence[int | None] = ()
    later: Sequence[ColumnProfile] = ()
    total: ColumnProfile = field(init=False)

    def __post_init__(self) -> None:
        """Added up once: the sum of many days of many categories is dear."""
        total = sum_of([day for day in self.days if day.present])
        object.__setattr__(self, "total", total)


def measure_spread(
    statistic: Statistic,
    days: list[ColumnProfile],
    plan: ColumnPlan,
    rng: np.random.Generator,
) -> Spread:
    """One statistic over the days of one column, each against the others."""
    return measure_spreads([statistic], History(days), plan, rng)[0]


def measure_spreads(
    statistics: Sequence[Statistic],
    history: History,
    plan: ColumnPlan,
    rng: np.random.Generator,
) -> list[Spread]:
    """Every statistic over the days of one column."""
    days = history.days
    dated = history.weekdays or (None,) * len(days)
    places = [i for i, day in enumerate(days) if day.present and day.rows]
    held, on = [days[i] for i in places], [dated[i] for i in places]
    since = [i for i, day in enumerate(history.later) if day.present and day.rows]
    burnt = [history.later[i] for i in since]
    usual = burnt if burnt and len(held) < FEW_DAYS else held
    rows = float(np.median([day.rows for day in usual])) if usual else 0.0
    total = stacked([history.total], plan)
    by_chance = draws(total, int(rows), rng, DRAWS)
    numbered = (places, [-1 - i for i in since])
    whole = _Whole(total, by_chance, rows, on, numbered, *_pairs(total, held, burnt))
    return [_measured(statistic, whole) for statistic in statistics]


Pair = tuple[Days, Days]
"""What days are held against, and the days."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """All days of a column together, the rows of a usual one, and which days they are.

    `by_chance` are days of so many rows drawn from all. `own` are the reference's days
    beside the others, `later` those after it, and `places` the numbers of both.
    """

    total: Days
    by_chance: Days
    rows: float
    weekdays: Sequence[int | None]
    places: tuple[Sequence[int], Sequence[int]]
    own: Pair | None
    later: Pair | None


def _pairs(
    total: Days, held: Sequence[ColumnProfile], burnt: Sequence[ColumnProfile]
) -> tuple[Pair | None, Pair | None]:
    own = stacked(held, total.plan) if len(held) > 1 else None
    since = stacked(burnt, total.plan) if burnt else None
    return (
        None if own is None else (_with_far_ends(others(total, own), own), own),
        None if since is None else (total, since),
    )


def _with_far_ends(rest: Days, days: Days) -> Days:
    """The other days, but that a day's extremes are held against days far from it.

    A column that grows or follows the calendar stays near its neighbours' extremes, and
    goes beyond the reference's as soon as that is over.
    """
    apart = len(days.rows) // 3
    if len(days.rows) < ENOUGH_DAYS:
        return rest
    return replace(
        rest,
        minimum=_least_apart(days.minimum, apart),
        maximum=-_least_apart(-days.maximum, apart),
    )


def _least_apart(values: Array, apart: int) -> Array:
    """For every day the least value of the days that are more than so many days away."""
    edge = np.full(apart + 1, np.nan)
    before = np.concatenate([edge, np.fmin.accumulate(values)])[: len(values)]
    after = np.concatenate([edge, np.fmin.accumulate(values[::-1])])[: len(values)]
    return np.asarray(np.fmin(before, after[::-1]))


def _measured(statistic: Statistic, whole: _Whole) -> Spread:
    found = statistic.each(*whole.own) if whole.own else np.array([])
    since = statistic.each(*whole.later) if whole.later else np.array([])
    finite, later = np.isfinite(found), np.isfinite(since)
    known = np.concatenate([found[finite], since[later]])
    none = (None,) * int(later.sum())
    dated = (*(w for w, f in zip(whole.weekdays, finite, strict=False) if f), *none)
    places = tuple(
        place
        for part, kept in zip(whole.places, (finite, later), strict=True)
        for place, f in zip(part, kept, strict=False)
        if f
    )
    simulated = _simulated(statistic, whole)
    chance = _chance(statistic, known, simulated)
    facts = statistic.facts
    effects = weekday_effects(straight(known, facts), dated) if facts.level else None
    return Spread(
        statistic,
        known,
        simulated,
        whole.rows,
        int(whole.total.rows[0]),
        chance,
        dated,
        effects,
        places,
        later=len(none),
    )


def _simulated(statistic: Statistic, whole: _Whole) -> Array:
    if statistic.facts.noise is Noise.NONE and statistic.facts.hard:
        return np.array([])
    return _finite(statistic.each(whole.total, whole.by_chance))


def _chance(statistic: Statistic, values: Array, simulated: Array) -> float:
    if not len(values) or not len(simulated):
        return 1.0
    level = statistic.facts.level
    explained = simulated.var() if level else np.square(simulated).mean()
    seen = values.var() if level else np.square(values).mean()
    return float(min(explained / seen, 1.0)) if seen > 0 else 1.0


def _finite(values: Array) -> Array:
    return values[np.isfinite(values)]
