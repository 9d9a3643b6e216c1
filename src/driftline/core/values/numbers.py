"""Strange numbers of a column: how many each reference day has, and how many today.

Every yardstick is made of a column's values in the order of time and the number of each
value's day, 0 and up without a gap; none is missing, and each day has eleven or more.
`own` has the share of every day against the others.

Constants without another source are judgements. Half or twice of each found the same bugs
on flights, within one in forty, and told of one sound day in 120 more at most, but for
`SEVERAL`.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SEVERAL = 3
"""Days that have to have taken the values beside a gap for it to be one.

A fault on one day makes no neighbours, nor one that is seen on the next day only. With a
single day, one sound day in 24 was told of.
"""
OFTEN = 0.05
"""The share of rows with a value of their day alone, from which on new ones are usual.

One row in twenty of a sound day would be called unknown.
"""
FAR = 5.0
"""Deviations beyond the mean reach of a day that no day goes.

A reach is a largest value, of which Gumbel's law has one in 1,100 days this far out.
"""

WIDTH = 11
"""Rows around one, itself among them, by which it is judged.

Their median is strange itself where six of them are: by the binomial law in one row of
3,400 where a tenth of the rows is strange, and in one of 85 where a fifth is.
"""

DAYS_PER_FAULT = 50
"""One of so many reference days may have reached out by a fault, and sets no limit.

A judgement near that of hard signals (`AlarmBudget.odd_windows`: one in 35 days).
"""

WRITTEN_FOR_NONE = np.array(
    [0.0, -1.0]
    + [sign * (10.0**n - 1) for n in (2, 3, 4, 5, 6, 9) for sign in (1, -1)]
    + [2.0**15 - 1, -(2.0**15), 2.0**31 - 1, -(2.0**31)]
)
"""Numbers that stand for a missing one in somebody's system."""


class Yardstick(Protocol):
    """What the reference's days teach of one kind of strange value."""

    @property
    def own(self) -> Array:
        """The share of each reference day against the others."""
        ...

    @classmethod
    def learned(cls, values: Array, days: Days) -> Self:
        """The yardstick of these values on their days."""
        ...

    def share(self, values: Array) -> float:
        """The share of such values among a day's, of which there is one at least."""
        ...


def per_day(strange: Mask, days: Days) -> Array:
    """The share of strange rows of each day."""
    rows = np.bincount(days)
    found: Array = np.bincount(days, weights=strange, minlength=len(rows)) / rows
    return found


@dataclass(frozen=True, slots=True)
class Unknown:
    """Values that no reference day took, between neighbours that several days did.

    A season takes a column beyond its range, and to where few days have been. Where new
    values are nothing unusual all count as such, since none tells anything. Values are
    told apart in single precision, so that the width of a column's type does not matter.
    """

    own: Array
    known: npt.NDArray[np.float32]
    shared: Mask

    @classmethod
    def learned(cls, values: Array, days: Days) -> Self:
        """From the days of each value: one that a single day took is new on that day."""
        known, places = np.unique(_single(values), return_inverse=True)
        span = int(days.max()) + 1
        cells = _different(places * span + days)
        held_by = np.bincount(cells // span)
        owner = np.zeros(len(known), dtype=np.int64)
        owner[cells // span] = cells % span
        lonely, shared = held_by == 1, held_by >= SEVERAL
        holes = lonely & _between(shared, np.where(lonely, owner, -1))
        own = per_day(holes[places], days)
        if lonely[places].mean() > OFTEN:
            own = np.ones_like(own)
        return cls(own, known, shared)

    def share(self, values: Array) -> float:
        """Of today's values."""
        asked = _single(values)
        at = np.searchsorted(self.known, asked)
        ends = np.concatenate([[False], self.shared, [False]])
        strange = ends[at] & ends[at + 1] & ~np.isin(asked, self.known)
        return float(strange.mean())


def _single(values: Array) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _different(numbers: Days) -> Days:
    """Each number once, in order: sorted, since NumPy's hashing is slower on integers."""
    ordered = np.sort(numbers)
    found: Days = ordered[np.append(True, ordered[1:] != ordered[:-1])]
    return found


def _between(shared: Mask, owner: Days) -> Mask:
    """Whether both values beside each run of one owner's are shared ones."""
    begins = np.ones(len(owner), dtype=bool)
    begins[1:] = owner[1:] != owner[:-1]
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(owner))
    padded = np.concatenate([[False], shared, [False]])
    inside = padded[starts] & padded[ends + 1]
    return np.asarray(inside[np.cumsum(begins) - 1])


@dataclass(frozen=True, slots=True)
class Strays:
    """Values farther from those of their neighbours in time than such values lie.

    Rows of an hour share its weather, its prices and its customers, so that a value of
    another unit stands out beside them that no day would notice. The limit is as far as
    the reference's days reached, but for a few that may have been faults, and five
    deviations of what days reach. `rows` are those of a usual reference day: today's are
    taken as sparsely, so that neighbours are as far apart.
    """

    own: Array
    below: float
    above: float
    rows: float

    @classmethod
    def learned(cls, values: Array, days: Days) -> Self:
        """From how far each day reaches out."""
        apart = values - _middles(values, days)
        lows, highs = _extremes(apart, days)
        below, above = _limits(-lows), _limits(highs)
        own = per_day((apart < -below[:-1][days]) | (apart > above[:-1][days]), days)
        rows = len(values) / len(lows)
        return cls(own, float(-below[-1]), float(above[-1]), rows)

    def share(self, values: Array) -> float:
        """Of today's values."""
        return float(self.strange(values).mean())

    def strange(self, values: Array) -> Mask:
        """Which of today's values stray; they are in the order of time."""
        parts = max(round(len(values) / self.rows), 1)
        grain = 1e-6 * (self.above - self.below)
        found = np.zeros(len(values), dtype=bool)
        for first in range(parts):
            part = values[first::parts]
            apart = part - _middles(part, np.zeros(len(part), dtype=np.int64))
            low, high = self.below - grain, self.above + grain
            found[first::parts] = (apart < low) | (apart > high)
        return found


def _middles(values: Array, days: Days) -> Array:
    """The median of the rows around each one, of its own day."""
    rows = np.bincount(days)
    ends = np.cumsum(rows)
    starts = ends - rows
    at = np.arange(len(values)) - WIDTH // 2
    first = np.maximum(np.minimum(at, ends[days] - WIDTH), starts[days])
    short = max(WIDTH - len(values), 0)
    padded = pl.Series(np.append(values, np.repeat(values[-1:], short)))
    found: Array = padded.rolling_median(WIDTH).to_numpy()[first + WIDTH - 1]
    return found


def _limits(reaches: Array) -> Array:
    """How far each day may reach by what the others did, and last a day like them all."""
    days = len(reaches)
    faults = days // DAYS_PER_FAULT
    order = np.argsort(-reaches, kind="stable")
    ranks = np.empty(days, dtype=np.int64)
    ranks[order] = np.arange(days)
    ordered = reaches[order]
    worst = np.where(ranks <= faults, ordered[faults + 1], ordered[faults])
    kept = ordered[faults:]
    with np.errstate(over="ignore"):  # squares of 1e200: then nothing is too far
        edge = float(kept.mean() + FAR * kept.std(ddof=1))
    return np.append(np.maximum(worst, edge), max(float(ordered[faults]), edge))


@dataclass(frozen=True, slots=True)
class Placeholders:
    """Values that people write for none."""

    own: Array

    @classmethod
    def learned(cls, values: Array, days: Days) -> Self:
        """From how often each day has them."""
        return cls(per_day(np.isin(values, WRITTEN_FOR_NONE), days))

    def share(self, values: Array) -> float:
        """Of today's values."""
        return float(np.isin(values, WRITTEN_FOR_NONE).mean())


@dataclass(frozen=True, slots=True)
class Commonest:
    """The most frequent value of a day, whichever it is."""

    own: Array

    @classmethod
    def learned(cls, values: Array, days: Days) -> Self:
        """From how frequent it is on each day."""
        known, places = np.unique(values, return_inverse=True)
        cells, rows = np.unique(days * len(known) + places, return_counts=True)
        most = np.maximum.reduceat(rows, _starts(cells // len(known)))
        return cls(most / np.bincount(days))

    def share(self, values: Array) -> float:
        """Of today's values."""
        return float(np.unique(values, return_counts=True)[1].max() / len(values))


def _extremes(values: Array, days: Days) -> tuple[Array, Array]:
    """The least and the greatest value of each day."""
    starts = _starts(days)
    return np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)


def _starts(days: Days) -> Days:
    """Where each day begins."""
    rows = np.bincount(days)
    return np.cumsum(rows) - rows
