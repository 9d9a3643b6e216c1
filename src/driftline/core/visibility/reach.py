"""How far something must move before a sum over days, or a search, notices it."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from driftline.core.bounds.cusum import ALLOWANCE

POWER = 0.9
"""How often a change that is called visible is found in time."""

PATHS = 4000
"""Simulated stretches of windows."""

LOUDEST = 0.75
"""What one window may count in a sum, as a share of the limit: as harm is judged."""

HALVINGS = 8
"""Steps of a search, after doubling: to 1 in 500 of what is found."""


@lru_cache(4096)
def needed_shift(
    threshold: float,
    noise: float,
    windows: int,
    allowance: float = ALLOWANCE,
    loudest: float | None = None,
) -> float | None:
    """The mean shift, in deviations, that a CUSUM from 0 crosses in so many windows.

    In nine of ten stretches, by simulation with a fixed seed; `noise` is the deviation
    of one window's number, of which no more than `loudest` counts: three quarters of the
    threshold unless given. None where so few windows cannot cross at all.
    """
    most = LOUDEST * threshold if loudest is None else loudest
    normal = np.random.default_rng(0).standard_normal((windows, PATHS)) * noise

    def crossed(shift: float) -> bool:
        value = np.zeros(PATHS)
        over = np.zeros(PATHS, dtype=np.bool_)
        for step in normal:
            value = np.maximum(value + np.minimum(step + shift, most) - allowance, 0.0)
            over |= value >= threshold
        return bool(over.mean() >= POWER)

    return smallest(crossed, 2 * threshold + 10)


def smallest(is_seen: Callable[[float], bool], most: float) -> float | None:
    """The smallest number up to `most` that is seen; None if not even that.

    What is seen is taken to be seen in anything larger. To half a percent, or to a
    two-thousandth of `most`.

    >>> round(smallest(lambda size: size >= 0.3, 1.0), 2)
    0.3
    """
    if not is_seen(most):
        return None
    least = high = most / 1024
    while high < most and not is_seen(high):
        high *= 2
    low = high / 2 if high > least else 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if is_seen(middle):
            high = middle
        else:
            low = middle
    return high


def chance_each(windows: int) -> float:
    """The chance that each window needs so that one of so many tells, nine times in ten.

    >>> round(chance_each(7), 2)
    0.28
    """
    return 1 - math.exp(math.log(1 - POWER) / windows)


def windows_in(days: float, windows_per_day: float) -> int:
    """Whole windows in so many days; one where a window is longer."""
    return max(math.floor(days * windows_per_day + 1e-9), 1)
