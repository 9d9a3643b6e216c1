"""How far numbers stray from what other columns lead to expect on a reference's own days."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from driftline.core.bounds.tails import normal_quantile
from driftline.core.bounds.threshold import ENOUGH_DAYS, Spread
from driftline.core.drift import Statistic
from driftline.core.drift.rank_shift import rank_shift
from driftline.core.given.regression import Regression, learn
from driftline.core.given.rows import Array, Rows, read
from driftline.core.joint.coding import Codes, Coding, codings
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.reference import WINDOW, Reference
from driftline.core.values.thinned import every

MOST_NUMBERS, MOST_CELLS = 40, 150
"""Numbers that are judged, and cells of the categories with the fewest, at most."""

PARTS = 3
"""Parts in a row that the days are cut into; each is judged by what the others teach.

A season that the others have not seen is in what a day may stray by, then.
"""

CLEARLY = 1.1
"""By how much less than by itself a number strays, from which on others say something."""

FEWEST = 5
"""Rows of a day below which it says nothing."""

FACTS = replace(
    rank_shift.facts,
    kinds=frozenset(),
    called="rows above a like row",
    description="share of pairs in which a value of today is above that of a like row",
    convention=None,
)
"""Of the shift that is left when what other columns explain is taken off."""


@dataclass(frozen=True, slots=True)
class GivenSpread:
    """The regression of a reference's rows, and how far each number strays by day.

    `spreads` are of every number, their days numbered as those of the sample that are no
    faults; `judged` are the numbers of which others say something. Of a usual day the
    sample has so many `rows`, among them those that a number's spread is of.
    """

    regression: Regression | None = None
    spreads: dict[str, Spread] = field(default_factory=dict)
    judged: tuple[str, ...] = ()
    rows: float = 1.0


def above_given(shift: float) -> float:
    """The share of pairs in which a normal value shifted by so many deviations is above.

    >>> above_given(0.0), round(above_given(0.25), 3)
    (0.5, 0.57)
    """
    return (1 + math.erf(shift / 2)) / 2


def shift_of(above: float) -> float:
    """By how many deviations a normal value has moved that is above in so large a share.

    >>> round(shift_of(above_given(0.25)), 9)
    0.25
    """
    return -math.sqrt(2) * normal_quantile(min(max(above, 1e-12), 1 - 1e-12))


def measure_given(
    reference: Reference, columns: Sequence[str], odd: frozenset[int] = frozenset()
) -> GivenSpread:
    """The numbers among these columns, each beside all the others.

    Nothing without a sample of enough days. `odd` numbers the reference's days that were
    faults themselves: they are left out.
    """
    sample = reference.sample
    if sample is None:
        return GivenSpread()
    faults = [label for i, label in enumerate(reference.days) if i in odd]
    sample = sample.filter(~pl.col(WINDOW).is_in(faults))
    numbers, categories = _sources(sample, reference.plan.columns, columns)
    days = sample[WINDOW].rle_id().to_numpy().astype(np.int64)
    if len(numbers) < 2 or not len(days) or days[-1] + 1 < 3 * ENOUGH_DAYS // 2:
        return GivenSpread()
    rows = read(sample, numbers, categories)
    regression = learn(_thinned(rows), numbers, categories)
    alone, beside = _unseen(rows, days, regression)
    spreads, judged = {}, []
    for name, score, residual in zip(numbers, alone.T, beside.T, strict=True):
        own = _by_day(residual, days)
        if len(own.means) >= ENOUGH_DAYS:
            spreads[name] = _spread(own, residual)
            if own.means.std() * CLEARLY < _by_day(score, days).means.std():
                judged.append(name)
    usual = float(np.median(np.bincount(days)))
    return GivenSpread(regression, spreads, tuple(judged), usual)


def _sources(
    sample: pl.DataFrame, plans: dict[str, ColumnPlan], columns: Sequence[str]
) -> tuple[list[str], list[Coding]]:
    held = [name for name in columns if name in sample.columns and name in plans]
    numbers = [
        name
        for name in held
        if plans[name].kind is Kind.NUMERIC
        and (sample[name].dtype.is_numeric() or sample[name].dtype == pl.Boolean)
        and sample[name].n_unique() > 2
    ]
    listed = [name for name in held if plans[name].kind is Kind.CATEGORICAL]
    coded = sorted(codings(sample, plans, listed), key=lambda coding: coding.cells)
    total = np.cumsum([coding.cells for coding in coded])
    return numbers[:MOST_NUMBERS], coded[: int((total <= MOST_CELLS).sum())]


def _unseen(rows: Rows, days: Codes, whole: Regression) -> tuple[Array, Array]:
    """Scores and residuals of every row, by what the other parts of the days teach."""
    part = days * PARTS // (int(days[-1]) + 1)
    alone, beside = np.empty_like(rows.values), np.empty_like(rows.values)
    for each in range(PARTS):
        here = part == each
        rest, asked = _thinned(rows.part(~here)), rows.part(here)
        learned = learn(rest, whole.numbers, whole.categories)
        alone[here] = asked.scores(learned.known)
        beside[here] = learned.residuals(asked)
    return alone, beside


def _thinned(rows: Rows) -> Rows:
    return rows.part(slice(None, None, every(len(rows.values))))


@dataclass(frozen=True, slots=True)
class _Means:
    """The means of the days that have rows enough, the days' numbers and their rows."""

    means: Array
    places: Codes
    rows: Codes


def _by_day(values: Array, days: Codes) -> _Means:
    known = ~np.isnan(values)
    count = int(days[-1]) + 1
    rows = np.bincount(days[known], minlength=count)
    sums = np.bincount(days[known], values[known], minlength=count)
    places = np.flatnonzero(rows >= FEWEST)
    return _Means(sums[places] / rows[places], places, rows[places])


def _spread(own: _Means, values: Array) -> Spread:
    usual = float(np.median(own.rows))
    explained = float(np.nanvar(values)) / usual / max(float(own.means.var()), 1e-12)
    return Spread(
        Statistic(given_others, FACTS),
        np.array([above_given(mean) for mean in own.means.tolist()]),
        np.array([]),
        usual,
        int(own.rows.sum()),
        min(explained, 1.0),
        places=tuple(own.places.tolist()),
    )


def given_others(*_: object) -> float:
    """A statistic of rows is none of two columns' profiles."""
    return float("nan")
