"""The mean squared error of the probabilities."""

from driftline.core.performance._interval import mean_of
from driftline.core.performance._metric import (
    Array,
    Best,
    Labelled,
    Needs,
    Unmeasured,
    metric,
)
from driftline.core.reference import Measured
from driftline.core.roles import Task


def squared_distance(rows: Labelled) -> Array:
    """(probability − outcome)²."""
    squares: Array = (rows.score - (rows.truth == 1)) ** 2
    return squares


@metric(
    Task.BINARY,
    best=Best.LOWEST,
    needs=Needs.PROBABILITIES,
    lower=0,
    upper=1,
    loss=squared_distance,
)
def brier(rows: Labelled) -> Measured | Unmeasured:
    """The mean of (probability − outcome)² (Brier 1950), with the interval of a mean.

    Equals scikit-learn's `brier_score_loss`.

    >>> round(brier(Labelled.of([1, 0], [1, 0], [0.8, 0.4])).value, 4)
    0.1
    """
    return mean_of(rows.moments(squared_distance))
