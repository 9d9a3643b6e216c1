"""How far days stray when nothing has changed, with a tail as heavy as they show themselves."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from driftline.core.bounds.tails import student_quantile, student_tail

Array = npt.NDArray[np.float64]

GRAIN = 1e-12
"""Of what is summed up, a part that is the rounding of a float."""


@dataclass(frozen=True, slots=True)
class OwnTail:
    """The law of one more day's deviation, in standard deviations of so many known days.

    Student's for normal days of which so few are known (Hahn, 1970), and no lighter than
    his variable of variance 1 with `freedom`: infinite where the days are as normal ones.
    """

    days: int
    freedom: float = math.inf

    def reach(self, chance: float) -> float:
        """What a day exceeds with this chance, on one side.

        >>> round(OwnTail(90).reach(0.001), 2), round(OwnTail(90, 6.0).reach(0.001), 2)
        (3.2, 4.28)
        """
        reach = student_quantile(chance, self.days - 1)
        if math.isfinite(self.freedom):
            heavy = student_quantile(chance, self.freedom) * self._unit
            reach = max(reach, heavy)
        return reach * math.sqrt(1 + 1 / self.days)

    def chance(self, deviation: float) -> float:
        """The chance of a larger deviation than this one, of 0 or more: undoes `reach`.

        >>> round(OwnTail(90, 6.0).chance(OwnTail(90, 6.0).reach(0.001)), 6)
        0.001
        """
        step = deviation / math.sqrt(1 + 1 / self.days)
        chance = student_tail(step, self.days - 1)
        if math.isfinite(self.freedom):
            chance = max(chance, student_tail(step / self._unit, self.freedom))
        return chance

    @property
    def _unit(self) -> float:
        return math.sqrt((self.freedom - 2) / self.freedom)


def own_tail(moved: Array) -> OwnTail:
    """The tail of these days' values, on a scale on which days are nearly normal.

    By their kurtosis, which is 3 + 6 / (freedom - 4) for Student's variable, less its
    standard error on normal days, the root of 24 over their number: many calm days show
    that there is no heavy tail, and what few days leave open is in Student's law of them.

    >>> own_tail(np.tile([-1.0, 0.0, 1.0], 30)).freedom
    inf
    >>> round(own_tail(np.array([0.0, 8.0] + [-1.0, 0.0, 1.0] * 30)).freedom, 1)
    4.3
    """
    apart = np.square(moved - moved.mean())
    power = float(apart.mean())
    if power <= 0:
        return OwnTail(len(moved))
    beyond = float(np.square(apart).mean()) / power**2 - 3
    beyond -= math.sqrt(24 / len(moved))
    return OwnTail(len(moved), 4 + 6 / beyond if beyond > 0 else math.inf)


def beside_the_others(moved: Array) -> Array:
    """How far each of three days or more is from the mean of the others, in their deviations.

    Infinitely far where the others are all alike, and 0 where all are.

    >>> beside_the_others(np.array([0.0, 1.0, 2.0, 7.0])).round(1).tolist()
    [-1.0, -0.6, -0.2, 6.0]
    >>> beside_the_others(np.array([0.1, 0.1, 0.1, 0.3])).round(1).tolist()
    [-0.6, -0.6, -0.6, inf]
    """
    days = len(moved)
    if np.ptp(moved) <= GRAIN * np.abs(moved).max():
        return np.zeros(days)
    level = moved - np.median(moved)  # what is alike is exactly so, however large
    apart = level - level.mean()
    power = np.square(apart).sum()
    others = power - np.square(apart) * days / (days - 1)
    far = apart * days / (days - 1)
    lone = others <= GRAIN * power
    found: Array = far / np.sqrt(np.where(lone, 1.0, others) / (days - 2))
    return np.where(lone, np.copysign(np.inf, far), found)
