"""The area under the ROC curve as a mean of placements, with its exact variance form.

DeLong, DeLong & Clarke-Pearson 1988; by sorting, as Sun & Xu 2014 showed, so that a
million rows take a second and not a million times a million comparisons.
"""

import math

import numpy as np

from driftline.core.performance._metric import Array, Labelled


def placements(rows: Labelled) -> tuple[Array, Array]:
    """For each positive the share of negatives below it; for each negative of positives above.

    Ties count one half. The mean of either is the area under the curve.
    """
    assert rows.score is not None
    positive = rows.truth == 1
    high, low = rows.score[positive], rows.score[~positive]
    return _share_below(high, low), 1 - _share_below(low, high)


def error_of(positives: Array, negatives: Array) -> float:
    """The standard error of a mean of placements, or of a difference of two."""
    return math.sqrt(_variance(positives) + _variance(negatives))


def _share_below(values: Array, others: Array) -> Array:
    ordered = np.sort(others)
    # Searching in sorted order walks the memory once; the detour is worth its sort.
    order = np.argsort(values)
    asked = values[order]
    below = np.searchsorted(ordered, asked, "left")
    below = below + np.searchsorted(ordered, asked, "right")
    shares = np.empty(len(values))
    shares[order] = below / (2 * len(others))
    return shares


def _variance(sample: Array) -> float:
    return float(sample.var(ddof=1)) / len(sample) if len(sample) > 1 else 0.0
