"""One-sided CUSUM: small shortfalls that last add up, noise that comes and goes does not.

Page, "Continuous inspection schemes", Biometrika 41 (1954).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

ALLOWANCE = 0.5
"""The slack k: half of the lasting shortfall, in standard deviations, to find soonest."""


@dataclass(frozen=True, slots=True)
class Cusum:
    """The sum after the last shortfall. `since` indexes the first that is part of it.

    `since` is None while the sum is 0. It is Page's estimate of when the change began.
    """

    value: float
    since: int | None


def accumulate(
    shortfalls: Sequence[float],
    *,
    allowance: float = ALLOWANCE,
    loudest: float = math.inf,
    ceiling: float = math.inf,
) -> Cusum:
    """The sum of what shortfalls exceed the allowance by, never below 0.

    No shortfall counts more than `loudest` (a winsorised CUSUM: one mad day is not a
    lasting change), and the sum stays at or below `ceiling`, so that recovery shows.

    >>> accumulate([0.0, 0.2, 1.5, 2.5, 1.5])
    Cusum(value=4.0, since=2)
    """
    value, since = 0.0, None
    for index, shortfall in enumerate(shortfalls):
        value += min(shortfall, loudest) - allowance
        if value <= 0:
            value, since = 0.0, None
        else:
            value, since = min(value, ceiling), index if since is None else since
    return Cusum(value, since)


def expected_run_length(
    threshold: float, allowance: float = ALLOWANCE, shift: float = 0.0
) -> float:
    """Windows until the sum crosses the threshold, on average, by Siegmund's formula.

    Shortfalls are taken as independent and normal with mean `shift` and deviation 1:
    (exp(-2 d b) + 2 d b - 1) / (2 d²) with d = shift - allowance, b = threshold + 1.166
    (Siegmund, "Sequential Analysis", 1985, section 2.6).

    >>> round(expected_run_length(4.0)), round(expected_run_length(4.0, shift=1.0), 1)
    (338, 8.3)
    """
    drift, reach = shift - allowance, threshold + 1.166
    if abs(drift) < 1e-6:
        return reach**2
    exponent = -2 * drift * reach
    if exponent > 700:
        return math.inf
    return (math.exp(exponent) - exponent - 1) / (2 * drift**2)


@lru_cache(1024)
def threshold_for(run_length: float, allowance: float = ALLOWANCE) -> float:
    """The threshold at which nothing but noise crosses once in `run_length` windows.

    >>> round(threshold_for(338), 2)
    4.0
    """
    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = (low + high) / 2
        if expected_run_length(middle, allowance) < run_length:
            low = middle
        else:
            high = middle
    return high
