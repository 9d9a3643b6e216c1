"""The band around an estimate, from how wrong such estimates were on whole days.

Errors are counted in forecast deviations. At first their spread is that of the
reference's days, as Student has it, where days whose errors hang together count for
fewer (Bartlett 1946); later it follows the latest labelled days, and each edge is moved
by the misses that it lets through: adaptive conformal inference (Gibbs & Candès 2021) as
quantile tracking (Angelopoulos, Candès & Tibshirani 2023).

Constants without another source are judgements: half or twice of each moved what the band
covers by less than three points on flights and on the weather, since misses set its edges.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftline.core.bounds.tails import student_quantile
from driftline.core.estimation.correction import Forecasts, Past, Vector

LEVEL = 0.9
"""The share of days whose realised metric is meant to be inside."""

LEARNING_RATE = 0.1
"""How far an edge moves at a miss, as a part of the largest error of late.

It is what the authors use throughout: wild errors move the edges faster.
"""

LATELY = 60
"""Windows in which that error is looked for."""

MOST_ALIKE = 0.95
"""Errors are never taken to hang together more: a short reference cannot tell."""

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
    alike = _alike(errors[: past.reference][said.ahead[: past.reference]])
    freedom = max(past.reference * (1 - alike**2) / (1 + alike**2) - 1, 1.0)
    means = past.reference * (1 - alike) / (1 + alike)
    spread = _spreads(past, errors, said.ahead) * math.sqrt(1 + 1 / means)
    scaled = errors / spread[said.known]
    steps = LEARNING_RATE * _largest(scaled)
    start = _quantile(LEVEL, freedom)
    below, above = (
        _tracked(past, side, said.known, start, steps) for side in (-scaled, scaled)
    )
    width = spread[said.known[-1]]
    return Band(float(below * width), float(above * width), freedom)


def _alike(errors: Vector) -> float:
    """How far the errors of neighbouring days go together: 0 where they do not."""
    together = float((errors[1:] * errors[:-1]).sum())
    whole = float((errors * errors).sum())
    return min(max(together / max(whole, 1e-12), 0.0), MOST_ALIKE)


def _largest(errors: Vector) -> Vector:
    """Per day the largest error of the latest days, that day's among them."""
    sizes = np.concatenate([np.zeros(LATELY - 1), np.nan_to_num(np.abs(errors))])
    found: Vector = np.lib.stride_tricks.sliding_window_view(sizes, LATELY).max(axis=1)
    return found


def _quantile(level: float, freedom: float) -> float:
    return student_quantile((1 - level) / 2, freedom)


def _spreads(past: Past, errors: Vector, ahead: NDArray[np.bool_]) -> Vector:
    """The errors' root mean square as of each number of days, the latest counting most.

    At first it is that of all of the reference's days, or of those of them that were
    forecast by days before them, whichever is larger.
    """
    first, far = errors[: past.reference] ** 2, ahead[: past.reference]
    usual = max(float(first.mean()), float(first[far].mean()))
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
    past: Past, errors: Vector, known: NDArray[np.intp], start: float, steps: Vector
) -> float:
    """The last day's edge: out by a miss, in by a little otherwise."""
    edge = np.full(len(errors) + 1, start)
    share = (1 - LEVEL) / 2
    for day in range(past.reference, len(errors)):
        edge[day + 1] = edge[day]
        if not np.isnan(errors[day]):
            missed = errors[day] > edge[known[day]]
            edge[day + 1] += steps[day] * (missed - share)
    return max(float(edge[known[-1]]), 0.0)
