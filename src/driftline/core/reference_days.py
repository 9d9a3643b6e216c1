"""What a statistic did on the reference's days: each against the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftline.core.drift import Noise, Statistic
from driftline.core.drift._days import draws, others, sum_of
from driftline.core.drift._scale import straight
from driftline.core.plan import ColumnPlan
from driftline.core.profile import ColumnProfile
from driftline.core.threshold import FEW_DAYS, Array, Spread
from driftline.core.weekday import weekday_effects

DRAWS = 12
"""Simulated days from which the part of chance in the spread is measured."""


def measure_spread(
    statistic: Statistic,
    days: list[ColumnProfile],
    plan: ColumnPlan,
    rng: np.random.Generator,
) -> Spread:
    """One statistic over the days of one column, each against the others."""
    return measure_spreads([statistic], days, plan, rng)[0]


def measure_spreads(
    statistics: Sequence[Statistic],
    days: Sequence[ColumnProfile],
    plan: ColumnPlan,
    rng: np.random.Generator,
    weekdays: Sequence[int | None] = (),
    later: Sequence[ColumnProfile] = (),
) -> list[Spread]:
    """Every statistic over the days of one column; the days are added up once.

    `weekdays` are those of the days, for levels that may follow the week. `later` are
    days in production by which a reference of few days learns how days differ: each
    against the whole reference.
    """
    dated = weekdays or (None,) * len(days)
    places = [i for i, day in enumerate(days) if day.present and day.rows]
    held, on = [days[i] for i in places], [dated[i] for i in places]
    total = sum_of(held)
    rests = others(total, held) if len(held) > 1 else []
    burnt = [day for day in later if day.present and day.rows]
    usual = burnt if burnt and len(held) < FEW_DAYS else held
    rows = float(np.median([day.rows for day in usual])) if usual else 0.0
    return [
        _measured(
            statistic, held, rests, _Whole(total, plan, rows, on, places, burnt), rng
        )
        for statistic in statistics
    ]


@dataclass(frozen=True, slots=True)
class _Whole:
    """All days of a column together, the rows of a usual one, and which days they are."""

    total: ColumnProfile
    plan: ColumnPlan
    rows: float
    weekdays: Sequence[int | None]
    places: Sequence[int]
    later: Sequence[ColumnProfile] = ()


def _measured(
    statistic: Statistic,
    held: Sequence[ColumnProfile],
    rests: Sequence[ColumnProfile],
    whole: _Whole,
    rng: np.random.Generator,
) -> Spread:
    found = np.array(
        [
            statistic(rest, day, whole.plan)
            for rest, day in zip(rests, held, strict=False)
        ],
        dtype=float,
    )
    since = np.array(
        [statistic(whole.total, day, whole.plan) for day in whole.later], dtype=float
    )
    finite = np.isfinite(found)
    since = since[np.isfinite(since)]
    known = np.concatenate([found[finite], since])
    none = (None,) * len(since)
    dated = (*(w for w, f in zip(whole.weekdays, finite, strict=False) if f), *none)
    places = (
        *(p for p, f in zip(whole.places, finite, strict=False) if f),
        *(-1 - i for i in range(len(since))),
    )
    simulated = _simulated(statistic, whole.total, whole.plan, int(whole.rows), rng)
    chance = _chance(statistic, known, simulated)
    facts = statistic.facts
    effects = weekday_effects(straight(known, facts), dated) if facts.level else None
    return Spread(
        statistic,
        known,
        simulated,
        whole.rows,
        whole.total.rows,
        chance,
        dated,
        effects,
        places,
        later=len(since),
    )


def _simulated(
    statistic: Statistic,
    total: ColumnProfile,
    plan: ColumnPlan,
    rows: int,
    rng: np.random.Generator,
) -> Array:
    if statistic.facts.noise is Noise.NONE and statistic.facts.hard:
        return np.array([])
    days = draws(total, plan, rows, rng, DRAWS)
    return _finite([statistic(total, day, plan) for day in days])


def _chance(statistic: Statistic, values: Array, simulated: Array) -> float:
    if not len(values) or not len(simulated):
        return 1.0
    level = statistic.facts.level
    explained = simulated.var() if level else np.square(simulated).mean()
    seen = values.var() if level else np.square(values).mean()
    return float(min(explained / seen, 1.0)) if seen > 0 else 1.0


def _finite(values: list[float]) -> Array:
    return np.array([value for value in values if math.isfinite(value)], dtype=float)
