"""A change tried on the reference's own days: do the bounds of a policy see it, and when?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from driftline.core.bounds.checks import Check
from driftline.core.bounds.lasting import caution, chart_of, is_accumulated
from driftline.core.bounds.tails import normal_quantile
from driftline.core.bounds.threshold import Array
from driftline.core.bounds.weight import Rates
from driftline.core.drift._scale import back, straight
from driftline.core.finding import Bounds
from driftline.core.given.spread import above_given, shift_of
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile
from driftline.core.visibility.changes import concentrated, shifted
from driftline.core.visibility.days import Days
from driftline.core.visibility.reach import chance_each, needed_shift


class Change(StrEnum):
    """What may happen to a column; the size of a shift is in standard deviations."""

    SHIFT = "mean moves"
    MIX = "rows become the commonest category"
    MISSING = "values go missing"
    UNSEEN = "values are new"
    OFF_GRID = "values are off the grid"
    REPEATED = "rows repeat another one"


@dataclass(frozen=True, slots=True)
class Lens:
    """How one check is judged on a usual day, and the windows of a day and a week."""

    rates: Rates
    bounds: Bounds
    run_length: float
    day: int
    week: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A column's days, and what a change makes of them, for every check alike."""

    plan: ColumnPlan
    days: Days
    change: Change
    made: dict[float, list[ColumnProfile]] = field(default_factory=dict)

    def with_change(self, size: float) -> list[ColumnProfile]:
        """Every day's column with a change of this size."""
        if size not in self.made:
            self.made[size] = [
                self._changed(day, size, number)
                for number, (_, day, _) in enumerate(self.days)
            ]
        return self.made[size]

    def _changed(self, day: ColumnProfile, size: float, number: int) -> ColumnProfile:
        if self.change is Change.SHIFT:
            return shifted(day, self.plan, size)
        chance = np.random.default_rng(number).standard_normal(
            len(self.plan.categories)
        )
        return concentrated(day, self.plan, size, chance)


@dataclass(frozen=True, slots=True)
class Trial:
    """One check tried with one change on days like the reference's own.

    `weekly` is what each weekday adds to a value made straight, beyond that of the one
    that the check is of.
    """

    check: Check
    lens: Lens
    stage: Stage
    weekly: Mapping[int, float] = field(default_factory=dict)
    known: dict[float, Array] = field(default_factory=dict)

    def sees(self, windows: int, size: float) -> bool:
        """Whether it is told within so many windows, whichever way a shift goes."""
        sizes = (size, -size) if self.stage.change is Change.SHIFT else (size,)
        return all(
            told(self.check, self.lens, values, windows)
            for values in map(self.values, sizes)
        )

    def values(self, size: float) -> Array:
        """What the reference's own days would have had with the change."""
        if size not in self.known:
            statistic, plan = self.check.statistic, self.check.plan
            values = [
                statistic(others, changed, plan)
                for (others, _, _), changed in zip(
                    self.stage.days, self.stage.with_change(size), strict=True
                )
            ]
            self.known[size] = self._levelled(np.array(values, dtype=np.float64))
        return self.known[size]

    def _levelled(self, values: Array) -> Array:
        """The values as on one weekday."""
        if not self.weekly:
            return values
        own = [self.weekly.get(day or 0, 0.0) for _, _, day in self.stage.days]
        facts = self.check.facts
        moved = straight(values, facts) - np.array(own)
        return np.clip(back(moved, facts), facts.lowest, facts.highest)


@dataclass(frozen=True, slots=True)
class Alone:
    """A number that moves while the other columns of its rows stay."""

    check: Check
    lens: Lens

    def sees(self, windows: int, size: float) -> bool:
        """Whether it is told within so many windows, whichever way it goes."""
        shifts = np.array([shift_of(v) for v in self.check.spread.values.tolist()])
        return all(
            told(
                self.check,
                self.lens,
                np.array([above_given(s) for s in (shifts + way).tolist()]),
                windows,
            )
            for way in (size, -size)
        )


def told(check: Check, lens: Lens, values: Array, windows: int) -> bool:
    """Whether a check that has these values is told of within so many windows."""
    return _outside(lens, values, windows) or _adds_up(check, lens, values, windows)


def _outside(lens: Lens, values: Array, windows: int) -> bool:
    """Whether enough of such days are outside the bounds of one day.

    By a normal distribution with the values' mean and deviation: a quantile of 60 days
    would be much less certain.
    """
    if len(values) < 2 or not np.isfinite(values).all():
        return False
    reach = normal_quantile(chance_each(windows)) * float(values.std(ddof=1))
    usual, bounds = float(values.mean()), lens.bounds
    above = bounds.upper is not None and usual + reach > bounds.upper
    return above or (bounds.lower is not None and usual - reach < bounds.lower)


def _adds_up(check: Check, lens: Lens, values: Array, windows: int) -> bool:
    """Whether such days add up to lasting drift in time."""
    if windows < 2 or not is_accumulated(check) or not np.isfinite(values).all():
        return False
    chart = chart_of(check, lens.run_length)
    inflation = round(caution(check.spread, chart), 3)
    limits = (round(chart.allowance, 3), round(chart.loudest, 3))
    needed = needed_shift(round(chart.threshold, 3), 1 / inflation, windows, *limits)
    rows = int(check.spread.rows)
    typical = np.array([np.median(values)])
    apart = check.spread.deviations(typical, np.array([rows]), [None])[0]
    usual = abs(float(apart)) / inflation
    return needed is not None and usual >= needed
