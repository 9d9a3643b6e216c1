"""The root of the mean squared error."""

import math

from driftline.core.performance._interval import Z, mean_of, standard_error
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


def squared_error(rows: Labelled) -> Array:
    """(prediction − label)²."""
    squares: Array = (rows.predicted - rows.truth) ** 2
    return squares


@metric(
    Task.REGRESSION, best=Best.LOWEST, needs=Needs.VALUES, lower=0, loss=squared_error
)
def rmse(rows: Labelled) -> Measured | Unmeasured:
    """The root of the mean of (prediction − label)², in the label's unit.

    Equals scikit-learn's `root_mean_squared_error`. The interval comes from the mean
    square by the delta method on the log scale: the error of log RMSE is that of the
    mean square over twice the mean square.

    >>> rmse(Labelled.of([0.0, 0.0], [3.0, 3.0])).value
    3.0
    """
    square = mean_of(rows.moments(squared_error))
    if isinstance(square, Unmeasured) or square.value == 0:
        return square
    value = math.sqrt(square.value)
    factor = math.exp(min(Z * standard_error(square) / (2 * square.value), 700))
    return Measured(value, value / factor, value * factor, len(rows))
