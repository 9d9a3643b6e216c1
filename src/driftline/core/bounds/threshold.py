"""From an alarm budget and the reference's days to bounds: every kind shares one budget.

Over 300 lines because a spread and all that can be asked of it are one thing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from driftline.core.bounds.ordered import ends, median, quantile
from driftline.core.bounds.own_tail import OwnTail, own_tail
from driftline.core.bounds.tails import predictive_quantile, student_quantile
from driftline.core.drift import Facts, Noise, Statistic
from driftline.core.drift._scale import back, straight
from driftline.core.finding import Bounds

Array = npt.NDArray[np.float64]

ENOUGH_DAYS = 8
"""Reference days from which on their spread alone gives the bounds."""

FEW_DAYS = 3
"""Reference days from which on their spread counts at all."""

WIDENED = 2.0
"""By how much bounds are widened where fewer days are known."""

HEAVIEST = 6.0
"""Degrees of freedom of the heaviest tail that is believed of a few days."""

CALM_TAIL = 30.0
"""Degrees of freedom of a hard signal's tail once days that were faults are left out."""


@dataclass(frozen=True)
class Spread:
    """What one statistic of one column did on the reference's own days.

    `values` are each day against the other days, `rows` the rows of a usual day, `pooled`
    the reference's total. `chance` is the part of the values that counting so few rows
    explains, from 0 (all of it is in the days) to 1; `simulated` are values that chance
    alone gives at `rows`. `weekdays` are those of the values, and `effects` what each
    adds to a value made straight, where weekdays matter. `places` numbers the days of the
    values among the reference's, and `odd` are the days that were faults themselves.
    `freedom` is that of the tail of all days, where the values are those of sound ones.
    `later` of the values are of days in production, by which a short reference learns.

    What follows from these is worked out once: every day is held against it.
    """

    statistic: Statistic
    values: Array
    simulated: Array
    rows: float
    pooled_rows: int
    chance: float
    weekdays: tuple[int | None, ...] = ()
    effects: dict[int, float] | None = None
    places: tuple[int, ...] = ()
    odd: frozenset[int] = frozenset()
    calm: bool = False
    freedom: float | None = None
    later: int = 0

    @cached_property
    def usual(self) -> float:
        """The median day's value."""
        known = self.values if len(self.values) else self.simulated
        return median(known) if len(known) else 0.0

    @cached_property
    def typical(self) -> tuple[float, float]:
        """Between which values nine of ten reference days lie."""
        known = self.values if len(self.values) else self.simulated
        if not len(known):
            return (0.0, 0.0)
        return (quantile(known, 0.05), quantile(known, 0.95))

    @cached_property
    def straight_values(self) -> Array:
        """The reference days' values on the scale without ends, weekdays taken off."""
        moved: Array = straight(self.values, self.statistic.facts)
        if self.effects is not None:
            own = [self.effects.get(d or 0, 0.0) for d in self.weekdays]
            moved = moved - np.array(own, dtype=np.float64)
        return moved

    @property
    def is_two_sided(self) -> bool:
        """Whether a day may be too low: nothing is lost below the least that there is."""
        facts = self.statistic.facts
        return facts.two_sided and self._centre > facts.lowest

    @property
    def days_suffice(self) -> bool:
        """Whether the days alone say how far a day may stray."""
        return len(self.values) >= ENOUGH_DAYS

    @property
    def oddness(self) -> Array:
        """How far each day is from the median day, in robust deviations (1.48 MAD).

        A third of the statistic's trifle at least is one.
        """
        moved = self.straight_values
        apart = np.abs(moved - median(moved))
        least = _least_step(moved, self.statistic.facts) / 3
        step = max(1.4826 * median(apart), least)
        return np.asarray(apart / step)

    @cached_property
    def tail(self) -> OwnTail:
        """How far drift strays by its own days: rare far ones come again, odd or not."""
        known = own_tail(self.straight_values)
        return known if self.freedom is None else replace(known, freedom=self.freedom)

    @cached_property
    def sound(self) -> "Spread":
        """The spread without the odd days: what hard signals have left has no heavy tail."""
        if not self.odd.intersection(self.places):
            return replace(self, calm=True)
        kept = [place not in self.odd for place in self.places]
        weekdays = tuple(w for w, k in zip(self.weekdays, kept, strict=False) if k)
        places = tuple(p for p in self.places if p not in self.odd)
        return replace(
            self,
            values=self.values[np.array(kept)],
            weekdays=weekdays,
            places=places,
            calm=True,
            freedom=self.tail.freedom,
        )

    def on(self, weekday: int | None) -> "Spread":
        """The spread as it is on this weekday: every value moved to that day's level."""
        if self.effects is None or weekday is None:
            return self
        if weekday not in self._by_weekday:
            moved = self.straight_values + self.effects.get(weekday, 0.0)
            facts = self.statistic.facts
            values = np.clip(back(moved, facts), facts.lowest, facts.highest)
            self._by_weekday[weekday] = replace(self, values=values, effects=None)
        return self._by_weekday[weekday]

    def deviations(
        self, values: Array, rows: Array, weekdays: Sequence[int | None]
    ) -> Array:
        """How many standard deviations of a day's value each of these is from the usual.

        On the straight scale, at so many rows; 0 where no day is known. Fewer rows
        widen a level, and make a distance itself larger.
        """
        facts, known = self.statistic.facts, self._known
        if len(known) < 2:
            return np.zeros(len(values))
        factors = self._factors(rows)
        if not facts.level:
            values = np.minimum(values / factors, facts.highest)
            factors = np.ones(len(values))
        own = [(self.effects or {}).get(day or 0, 0.0) for day in weekdays]
        apart = straight(values, facts) - np.array(own) - known.mean()
        return np.asarray(apart / (self._step * factors))

    @property
    def trifle(self) -> float:
        """The statistic's trifle, in standard deviations of a day; 0 where none is known."""
        if len(self._known) < 2:
            return 0.0
        return _least_step(self._known, self.statistic.facts) / self._step

    def bounds(self, rows: int, rate: float) -> Bounds:
        """Bounds that a day of so many rows leaves with probability `rate` unchanged.

        The days' values are moved to a scale without ends and extrapolated there by a
        Student prediction interval (Hahn, 1970), of drift with a tail as heavy as the
        days' own; a bound is never inside what the days themselves showed at that rate,
        nor nearer than chance and the statistic's trifle.
        """
        facts, days = self.statistic.facts, len(self.values)
        rate = rate / 2 if self.is_two_sided else rate
        factor = self._factor(rows)
        if self.days_suffice:
            low, high = self._from_days(rate, factor)
            origin = f"the spread of {days} {self._whose} days"
        else:
            low, high = self._from_few(rate, factor)
            origin = (
                f"sampling noise, widened: {days} of {ENOUGH_DAYS} days are known by "
                "which to learn how days differ"
            )
        low, high = self._at_least_chance(low, high, rows, rate)
        return Bounds(
            lower=low if facts.two_sided and low > facts.lowest else None,
            upper=high if high < facts.highest else None,
            origin=origin,
        )

    def _from_days(self, rate: float, factor: float) -> tuple[float, float]:
        if rate not in self._ends:
            self._ends[rate] = self._extrapolated(rate)
        low, high = self._ends[rate]
        centre = self._centre
        return (centre - factor * (centre - low), centre + factor * (high - centre))

    def _extrapolated(self, rate: float) -> tuple[float, float]:
        """Bounds at the usual number of rows, by the days alone."""
        facts = self.statistic.facts
        moved = straight(self.values, facts)
        reach = self._reaches(moved, rate) if facts.hard else self.tail.reach(rate)
        low, high = back(_centre(moved, facts) + reach * _sides(moved, facts), facts)
        best, worst = ends(self.values, rate)
        return min(float(low), best), max(float(high), worst)

    def _reaches(self, moved: Array, rate: float) -> Array:
        """How many deviations below and above a hard signal stays within."""
        facts, days = self.statistic.facts, len(moved)
        calm = max(CALM_TAIL, facts.tail)
        tails = (calm, calm) if self.calm else _tails(moved, facts)
        steps = [student_quantile(rate, min(days - 1, tail)) for tail in tails]
        return np.array(steps) * math.sqrt(1 + 1 / days)

    def _from_few(self, rate: float, factor: float) -> tuple[float, float]:
        """The widest of chance, the days seen, their spread and the convention."""
        facts, centre = self.statistic.facts, self._centre
        low, high = centre, centre
        if len(self.values) >= FEW_DAYS:
            low, high = self._from_days(rate, factor)
        if facts.convention is None and not len(self.values):
            return (-math.inf, math.inf)
        noise = 0.0
        if len(self.simulated):
            noise = float(np.abs(self.simulated - centre).mean())
            noise += student_quantile(rate, len(self.simulated) - 1) * float(
                self.simulated.std(ddof=1)
            )
        seen = float(np.abs(self.values - centre).max(initial=0.0))
        floor = centre / 2 if facts.convention is None else facts.convention
        far = max(WIDENED * factor * noise, WIDENED * seen, floor)
        return (min(low, centre - far), max(high, centre + far))

    def _at_least_chance(
        self, low: float, high: float, rows: int, rate: float
    ) -> tuple[float, float]:
        """Bounds no nearer than the trifle, and for shares than so many rows can tell."""
        facts, centre = self.statistic.facts, self._centre
        low, high = min(low, centre - facts.trifle), max(high, centre + facts.trifle)
        if not (facts.level and facts.hard and facts.highest == 1.0):
            return float(low), float(high)
        high = max(high, _share_by_chance(rate, rows, centre, self.pooled_rows))
        low = min(low, 1 - _share_by_chance(rate, rows, 1 - centre, self.pooled_rows))
        return float(low), float(high)

    @property
    def _known(self) -> Array:
        """Values on the straight scale: the days', or what chance gives where few are known."""
        if len(self.values) >= FEW_DAYS:
            return self.straight_values
        simulated: Array = straight(self.simulated, self.statistic.facts)
        return simulated

    @cached_property
    def _step(self) -> float:
        """A day's standard deviation on the straight scale, a third of the trifle at least."""
        least = _least_step(self._known, self.statistic.facts) / 3
        widened = 1.0 if self.days_suffice else WIDENED
        return widened * max(float(self._known.std(ddof=1)), least)

    @cached_property
    def _by_weekday(self) -> dict[int, "Spread"]:
        return {}

    @cached_property
    def _ends(self) -> dict[float, tuple[float, float]]:
        return {}

    @property
    def _whose(self) -> str:
        """Whose days the values are."""
        return "reference" if not self.later else "reference and production"

    @property
    def _centre(self) -> float:
        return self.usual if self.statistic.facts.level else 0.0

    def _factor(self, rows: int) -> float:
        """How much wider than at the usual number of rows the bounds are."""
        return float(self._factors(np.array([rows]))[0])

    def _factors(self, rows: Array | npt.NDArray[np.int64]) -> Array:
        """The same for several numbers of rows."""
        chance = self.chance * (self.rows / np.maximum(rows, 1)) + 1 - self.chance
        match self.statistic.facts.noise:
            case Noise.ROOT:
                return np.asarray(np.sqrt(chance))
            case Noise.LINEAR:
                return np.asarray(chance)
            case Noise.NONE:
                return np.ones(len(chance))


def _centre(moved: Array, facts: Facts) -> float:
    return median(moved) if facts.hard else float(moved.mean())


def _sides(moved: Array, facts: Facts) -> Array:
    """Deviations to step down and up by: those of hard signals differ, being lopsided."""
    if not facts.hard:
        step = float(moved.std(ddof=1))
        return np.array([-step, step])
    apart = moved - median(moved)
    below, above = apart[apart <= 0], apart[apart >= 0]
    return np.array(
        [-math.sqrt(np.square(below).mean()), math.sqrt(np.square(above).mean())]
    )


def _tails(moved: Array, facts: Facts) -> tuple[float, float]:
    """Degrees of freedom below and above, by the kurtosis of either side's deviations.

    Student's kurtosis is 3 + 6 / (freedom - 4). Rare days of many rows say nothing of
    days of few: each side has its own tail, no lighter than declared. A level without an
    end has a heavy one above: busy days are rare and busy, and few days hold none.
    """
    apart = moved - median(moved)
    below, above = (
        _tail(side, facts.tail) for side in (apart[apart <= 0], apart[apart >= 0])
    )
    endless = facts.level and math.isinf(facts.highest)
    return below, min(above, HEAVIEST) if endless else above


def _tail(side: Array, lightest: float) -> float:
    power = float(np.square(side).mean())
    beyond = float((side**4).mean()) / power**2 - 3 if power > 0 else 0.0
    freedom = 4 + 6 / beyond if beyond > 0 else lightest
    return min(max(freedom, HEAVIEST), lightest)


def _least_step(moved: Array, facts: Facts) -> float:
    """What the trifle is on the straight scale, around the usual value."""
    usual = back(moved.mean(keepdims=True), facts)
    usual = np.clip(usual, facts.lowest, facts.highest - facts.trifle)
    ends = straight(np.concatenate([usual, usual + facts.trifle]), facts)
    return float(ends[1] - ends[0])


def _share_by_chance(tail: float, rows: int, usual: float, known: int) -> float:
    """The share of so many rows that chance exceeds with probability `tail` at most.

    By the usual share of the rows known: one that is 0 may only be small.
    """
    if rows < 1:
        return usual
    return predictive_quantile(tail, rows, usual * known, known) / rows
