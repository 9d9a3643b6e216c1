"""How far two samples are apart, and what chance does."""

import math

import numpy as np

from driftline.core.diagnosis._numbers import Array


def gap(some: Array, others: Array) -> float:
    """The largest gap between two distribution functions (Kolmogorov and Smirnov)."""
    if not len(some) or not len(others):
        return 1.0
    a, b = np.sort(some), np.sort(others)
    at = np.concatenate([a, b])
    left = np.searchsorted(a, at, side="right") / len(a)
    right = np.searchsorted(b, at, side="right") / len(b)
    return float(np.abs(left - right).max())


def by_chance(gap: float) -> float:
    """The probability of a scaled gap as large (Kolmogorov, 1933).

    >>> round(by_chance(1.358), 3)
    0.05
    """
    if gap < 0.3:
        return 1.0
    terms = (float((-1) ** (k - 1) * np.exp(-2 * (k * gap) ** 2)) for k in range(1, 20))
    return 2 * sum(terms)


def at_least(hits: int, tries: int, chance: float) -> float:
    """The probability of so many hits or more (binomial).

    >>> round(at_least(2, 3, 0.5), 3)
    0.5
    """
    return sum(
        math.comb(tries, k) * chance**k * (1 - chance) ** (tries - k)
        for k in range(hits, tries + 1)
    )
