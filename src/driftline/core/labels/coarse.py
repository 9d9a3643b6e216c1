"""Scores with fewer digits, so that a billion of them have some thousand values."""

import numpy as np
import polars as pl

MANTISSA_BITS = 10
"""Bits kept of a score's distance from 0, or from 1: 1,024 bins for every halving of it."""


def coarse(score: pl.Series) -> pl.Series:
    """Scores without the last digits of their distance from 0, or from 1 above one half.

    Order is kept, and 0 and 1 are apart from all that is near them, as the scores of
    rare events need: fixed steps of [0, 1] would put those together.

    >>> coarse(pl.Series([0.0, 1e-9, 0.3001, 0.3002, 0.5, 1.0])).n_unique()
    5
    """
    values = score.to_numpy()
    high = values > 0.5
    depth = np.where(high, 1 - values, values)
    kept = depth.view(np.int64) >> (52 - MANTISSA_BITS) << (52 - MANTISSA_BITS)
    cut = kept.view(np.float64)
    rough = np.where(high, 1 - cut, cut) + 0.0
    return pl.Series(score.name, rough).set(score.is_null(), None)
