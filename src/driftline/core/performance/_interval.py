"""Intervals around a measured metric, at one stated confidence."""

import math

from driftline.core.bounds.tails import normal_quantile
from driftline.core.performance._metric import Unmeasured
from driftline.core.performance._moments import Moments
from driftline.core.reference import Measured

CONFIDENCE = 0.95
"""How often such an interval holds the true value when rows are independent."""

Z = normal_quantile((1 - CONFIDENCE) / 2)


def standard_error(measured: Measured) -> float:
    """Half the interval's width, as one standard error.

    >>> round(standard_error(Measured(0.5, 0.402, 0.598, 100)), 3)
    0.05
    """
    return (measured.upper - measured.lower) / (2 * Z)


def wilson(share: float, trials: float) -> tuple[float, float]:
    """The score interval of a proportion (Wilson 1927); never empty, even at 0 and 1.

    >>> [round(end, 3) for end in wilson(1.0, 10)]
    [0.722, 1.0]
    """
    shrink = 1 + Z**2 / trials
    middle = (share + Z**2 / (2 * trials)) / shrink
    half = Z * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2)) / shrink
    return max(0.0, middle - half), min(1.0, middle + half)


def on_logit_scale(share: float, error: float, trials: float) -> tuple[float, float]:
    """An interval inside (0, 1) from a standard error, by the delta method on the logit.

    Without spread (every row right, say) it is Wilson's with so many trials.
    """
    room = share * (1 - share)
    if room <= 0 or error <= 0:
        return wilson(min(max(share, 0.0), 1.0), trials)
    logit, step = math.log(share / (1 - share)), Z * error / room
    return _from_logit(logit - step), _from_logit(logit + step)


def _from_logit(logit: float) -> float:
    """The share whose odds have this logarithm; no exponential that could overflow."""
    return (1 + math.tanh(logit / 2)) / 2


def mean_of(losses: Moments) -> Measured | Unmeasured:
    """The mean of what each row loses, with the normal interval of a mean.

    >>> import numpy as np
    >>> mean_of(Moments.of(np.array([1.0, 2.0, 3.0]))).value
    2.0
    """
    if losses.count < 2:
        return Unmeasured("1 row is too few for an interval")
    value, half = losses.mean, Z * losses.error
    return Measured(value, value - half, value + half, losses.count)
