"""A statistic's values on a scale without ends, where normal theory fits, and back."""

import numpy as np

from driftline.core.drift import Facts
from driftline.core.drift._cells import Array


def straight(values: Array, facts: Facts) -> Array:
    """Values on a scale without ends: log, or logit where the range ends in 1."""
    above = np.log(values - facts.lowest + facts.trifle)
    if facts.highest != 1.0:
        return np.asarray(above)
    return np.asarray(above - np.log(1 - values + facts.trifle))


def back(moved: Array, facts: Facts) -> Array:
    """The inverse of `straight`."""
    if facts.highest != 1.0:
        return np.asarray(np.exp(np.minimum(moved, 700)) + facts.lowest - facts.trifle)
    share = 1 / (1 + np.exp(-np.clip(moved, -700, 700)))
    width = 1 - facts.lowest + 2 * facts.trifle
    return np.asarray(share * width + facts.lowest - facts.trifle)
