"""The area under the ROC curve as a mean of placements, with its exact variance form.

DeLong, DeLong & Clarke-Pearson 1988; by sorting, as Sun & Xu 2014 showed, so that a
million rows take a second and not a million times a million comparisons.
"""

import math

import numpy as np

from driftline.core.performance._metric import Array, Labelled
from driftline.core.performance._moments import Moments


def placements(rows: Labelled) -> tuple[Array, Array]:
    """For each positive the share of negatives below it; for each negative of positives above.

    Ties count one half. The mean of either, each weighted as its entry of `rows` is, is
    the area under the curve.
    """
    assert rows.score is not None
    order = np.argsort(rows.score)
    positive, score = rows.truth[order] == 1, rows.score[order]
    tied = np.cumsum(np.concatenate([[False], score[1:] != score[:-1]]))
    weight = rows.weight()
    heavy = np.ones(len(order)) if weight is None else weight[order]
    above = _shares_below(~positive * heavy, tied)[positive]
    below = _shares_below(positive * heavy, tied)[~positive]
    places = np.empty(len(order))
    places[order[positive]], places[order[~positive]] = above, 1 - below
    return places[rows.truth == 1], places[rows.truth != 1]


def error_of(positives: Moments, negatives: Moments) -> float:
    """The standard error of a mean of placements, or of a difference of two."""
    return math.hypot(positives.error, negatives.error)


def _shares_below(counted: Array, tied: Array) -> Array:
    """For each sorted entry the share of counted rows below it; ties count one half."""
    within = np.bincount(tied, weights=counted)
    below = np.cumsum(within) - within / 2
    shares: Array = below[tied] / within.sum()
    return shares
