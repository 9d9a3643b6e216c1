"""The scale on which days of a metric are compared: there, errors are alike at any height.

Shares and areas live on the logit, losses on the logarithm, what may be negative on its
own scale. An estimate so corrected never leaves the metric's range.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftline.core.performance._metric import Facts

LEAST_LOSS = 0.01
"""Losses below this share of the usual one are taken for it: the logarithm has no end."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From a metric's values to real numbers and back.

    `least` is the smallest distance from `lower` that is told apart, where the metric
    has no upper end.
    """

    lower: float
    upper: float
    least: float = 0.0

    def into(self, value: float, rows: float) -> float:
        """The value on the scale; one of so many rows is never quite 0 or 1.

        >>> round(Scale(0.0, 1.0).into(0.5, 10), 3)
        0.0
        """
        if math.isfinite(self.upper) and math.isfinite(self.lower):
            share = (value - self.lower) / (self.upper - self.lower)
            share = min(max(share, 0.0), 1.0)
            return math.log((share * rows + 0.5) / ((1 - share) * rows + 0.5))
        if math.isfinite(self.lower):
            return math.log(max(value - self.lower, self.least))
        return value

    def back(self, place: float, rows: float) -> float:
        """The metric's value of so many rows at a place on the scale.

        >>> Scale(0.0, 1.0).back(Scale(0.0, 1.0).into(1.0, 10), 10)
        1.0
        """
        if math.isfinite(self.upper) and math.isfinite(self.lower):
            share = ((1 + math.tanh(place / 2)) / 2 * (rows + 1) - 0.5) / rows
            return self.lower + (self.upper - self.lower) * min(max(share, 0.0), 1.0)
        if math.isfinite(self.lower):
            return self.lower + math.exp(min(place, 700.0))
        return place

    def stretch(self, value: float) -> float:
        """How much the scale moves per unit of the metric, at this value."""
        if math.isfinite(self.upper) and math.isfinite(self.lower):
            width = self.upper - self.lower
            share = min(max((value - self.lower) / width, 0.01), 0.99)
            return 1 / (width * share * (1 - share))
        if math.isfinite(self.lower):
            return 1 / max(value - self.lower, self.least)
        return 1.0


def scale_of(facts: Facts, values: Sequence[float]) -> Scale:
    """The scale of a metric that has had these values on the reference's days."""
    usual = float(np.mean(np.abs(np.array(values) - max(facts.lower, -1e300))))
    least = max(LEAST_LOSS * usual, 1e-12)
    return Scale(facts.lower, facts.upper, least)
