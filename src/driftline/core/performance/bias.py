"""The mean error with its sign."""

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


def error(rows: Labelled) -> Array:
    """Prediction − label."""
    errors: Array = rows.predicted - rows.truth
    return errors


@metric(Task.REGRESSION, best=Best.ZERO, needs=Needs.VALUES, loss=error)
def bias(rows: Labelled) -> Measured | Unmeasured:
    """The mean of prediction − label: above zero where the model promises too much.

    In the label's unit, with the normal interval of a mean.

    >>> bias(Labelled.of([1.0, 2.0], [2.0, 1.5])).value
    0.25
    """
    return mean_of(rows.moments(error))
