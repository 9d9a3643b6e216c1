"""The band around an estimate, from how wrong such estimates were on whole days.

Errors are counted in forecast deviations. At first their spread is that of the
reference's days, as Student has it; later it follows the latest labelled days, and each
edge is moved by the misses that it lets through: adaptive conformal inference (Gibbs &
Candès 2021) as quantile tracking (Angelopoulos, Candès & Tibshirani 2023).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftline.core.estimation.correction import Forecasts, Past, Vector
from driftline.core.tails import student_quantile

LEVEL = 0.9
"""The share of days whose realised metric is meant to be inside."""

LEARNING_RATE = 0.1
"""How far an edge moves at a miss, in deviations: what the authors use throughout."""

SPREAD_REMEMBERED = 30.0
"""Half-life, in windows, of the errors that the spread is taken from."""

LOUDEST = 3.0
"""An error of more deviations counts as so many: one mad day is not a wide month."""


@dataclass(frozen=True, slots=True)
class Band:
    """Distances from the estimate to its edges, in deviations of the forecast."""

    below: float
    above: float
    freedom: float

    def at(self, level: float) -> "Band":
        """The same for another share of days."""
        factor = _quantile(level, self.freedom) / _quantile(LEVEL, self.freedom)
        return Band(self.below * factor, self.above * factor, self.freedom)


def band_of(past: Past, said: Forecasts) -> Band:
    """The band of the last day of `past`, by the days whose labels are in."""
    errors = (past.realised - said.centre) / said.deviation
    freedom = max(past.reference - 1.0, 1.0)
    start = _quantile(LEVEL, freedom)
    spread = _spreads(past, errors, said.ahead)
    below = _tracked(past, -errors / spread[said.known], said.known, start)
    above = _tracked(past, errors / spread[said.known], said.known, start)
    last = said.known[-1]
    return Band(
        below=float(below[last] * spread[last]),
        above=float(above[last] * spread[last]),
        freedom=freedom,
    )


def _quantile(level: float, freedom: float) -> float:
    return student_quantile((1 - level) / 2, freedom)


def _spreads(past: Past, errors: Vector, ahead: NDArray[np.bool_]) -> Vector:
    """The errors' root mean square as of each number of days, the latest counting most.

    At first it is that of all of the reference's days, or of those of them that were
    forecast by days before them, whichever is larger.
    """
    first, far = errors[: past.reference] ** 2, ahead[: past.reference]
    usual = max(float(first.mean()), float(first[far].mean()))
    usual *= 1 + 1 / past.reference
    keep = 0.5 ** (1 / SPREAD_REMEMBERED)
    count = 1 / (1 - keep)
    total = usual * count
    spread = np.full(len(errors) + 1, math.sqrt(usual))
    for day in range(past.reference, len(errors)):
        if not np.isnan(errors[day]):
            total = total * keep + min(errors[day] ** 2, LOUDEST**2 * usual)
            count = count * keep + 1
        spread[day + 1] = math.sqrt(total / count)
    return np.asarray(np.maximum(spread, 1e-9))


def _tracked(
    past: Past, errors: Vector, known: NDArray[np.intp], start: float
) -> Vector:
    """The edge as of each number of days: out by a miss, in by a little otherwise."""
    edge = np.full(len(errors) + 1, start)
    share = (1 - LEVEL) / 2
    for day in range(past.reference, len(errors)):
        edge[day + 1] = edge[day]
        if not np.isnan(errors[day]):
            missed = errors[day] > edge[known[day]]
            edge[day + 1] += LEARNING_RATE * (missed - share)
    return np.asarray(np.maximum(edge, 0.0))
