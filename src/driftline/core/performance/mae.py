"""The mean absolute error."""

import numpy as np

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


def absolute_error(rows: Labelled) -> Array:
    """|prediction − label|."""
    errors: Array = np.abs(rows.predicted - rows.truth)
    return errors


@metric(
    Task.REGRESSION, best=Best.LOWEST, needs=Needs.VALUES, lower=0, loss=absolute_error
)
def mae(rows: Labelled) -> Measured | Unmeasured:
    """The mean of |prediction − label|, in the label's unit, with the interval of a mean.

    Equals scikit-learn's `mean_absolute_error`.

    >>> mae(Labelled.of([1.0, 2.0], [2.0, 4.0])).value
    1.5
    """
    return mean_of(rows.moments(absolute_error))
