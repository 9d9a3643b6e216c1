"""How far chance goes: values that a random number exceeds with a given probability.

In plain Python, because importing `scipy.special` takes as long as profiling 300,000
rows of 51 columns; the tests compare every function with SciPy's.
"""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

CACHED = 10_000
MOST_STEPS = 10_000
CLOSE = 1e-14


def normal_quantile(tail: float) -> float:
    """What a standard normal variable exceeds with probability `tail`, in (0, 1).

    >>> round(normal_quantile(0.025), 6)
    1.959964
    """
    return -NormalDist().inv_cdf(tail)


@lru_cache(CACHED)
def student_quantile(tail: float, freedom: float) -> float:
    """What a Student variable exceeds with probability `tail`, in (0, 1).

    Newton's method on the logarithms of the tail and of the value, between which the
    curve is concave, from the normal quantile. Relative error below 1e-9 for tails up
    to 0.49.

    >>> round(student_quantile(0.025, 7), 6)
    2.364624
    """
    if tail >= 0.5:
        return 0.0 if tail == 0.5 else -student_quantile(1 - tail, freedom)
    value = normal_quantile(tail)
    for _ in range(100):
        reached = student_tail(value, freedom)
        slope = value * _student_density(value, freedom) / reached
        step = math.log(reached / tail) / slope
        value *= math.exp(step)
        if abs(step) < 1e-12:
            break
    return value


@lru_cache(CACHED)
def predictive_quantile(tail: float, trials: int, hits: float, known: int) -> int:
    """The least count that `trials` more rows exceed with probability `tail` at most.

    `hits` of `known` rows had it, from 0 to all of them. The tails are those of Fisher's
    exact test of the two (a beta-binomial one of hits + 1 and misses): rows without a
    single hit leave it open how rare one is. Tails below 1e-12 are taken as 1e-12.

    >>> predictive_quantile(0.001, 46, 0, 4_000), predictive_quantile(0.001, 46, 0, 400)
    (1, 3)
    """
    above, below = hits + 1.0, known - hits
    if below <= 0:
        return trials
    share, weight = above / (above + below), above + below
    spread = share * (1 - share) * trials * (weight + trials) / (weight + 1)
    # Few hits leave a tail as long as a gamma variable's, many that of a normal one.
    reach = (10 + 24 / math.sqrt(above)) * math.sqrt(spread) + 60
    low = max(math.floor(trials * share - reach), 0)
    high = min(math.ceil(trials * share + reach), trials)
    counts = np.arange(low, high)
    steps = np.log((trials - counts) / (counts + 1))
    steps += np.log((above + counts) / (below + trials - counts - 1))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    masses = np.exp(logs - logs.max())
    beyond = np.cumsum(masses[::-1])[::-1] - masses
    return low + int(np.argmax(beyond <= max(tail, 1e-12) * masses.sum()))


def variance_ratio_tail(ratio: float, above: int, below: int) -> float:
    """The chance that a ratio of variances with these freedoms (Fisher's F) is larger.

    >>> round(variance_ratio_tail(4.0, 6, 49), 4)
    0.0025
    """
    return _beta_share(below / (below + above * ratio), below / 2, above / 2)


@lru_cache(CACHED)
def chi_square_quantile(tail: float, freedom: float) -> float:
    """What a chi-square variable exceeds with probability `tail`, to about a percent.

    Wilson and Hilferty (1931).

    >>> round(chi_square_quantile(0.75, 29), 1)
    23.6
    """
    step = 2 / (9 * freedom)
    return freedom * (1 - step + normal_quantile(tail) * math.sqrt(step)) ** 3


def student_tail(value: float, freedom: float) -> float:
    """What a Student variable exceeds `value` with, for a value of 0 or more.

    >>> round(student_tail(2.364624, 7), 4)
    0.025
    """
    square = value * value
    return _beta_share(freedom / (freedom + square), freedom / 2, 0.5) / 2


def _student_density(value: float, freedom: float) -> float:
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    power = -(freedom + 1) / 2 * math.log1p(value * value / freedom)
    return math.exp(scale + power) / math.sqrt(freedom * math.pi)


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b) (DLMF 8.17)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(1 - x, b, a)
    if x <= 0:
        return 0.0
    gammas = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(gammas + a * math.log(x) + b * math.log1p(-x)) / a
    return front * _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of I_x(a, b) (DLMF 8.17.22), by the method of Lentz."""
    above, below, value = 1.0, 0.0, 1.0
    for i in range(1, MOST_STEPS):
        term = _term(i, x, a, b)
        below = 1 / (1 + term * below)
        above = 1 + term / above
        value *= above * below
        if abs(above * below - 1) < CLOSE:
            break
    return 1 / value


def _term(i: int, x: float, a: float, b: float) -> float:
    """The i-th partial numerator, counted from 1."""
    m = i // 2
    if i % 2:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
