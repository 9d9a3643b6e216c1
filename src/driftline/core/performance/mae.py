"""The mean absolute error."""

import numpy as np

from driftline.core.performance._interval import mean_of
from driftline.core.performance._metric import (
    Best,
    Labelled,
    Needs,
    Unmeasured,
    metric,
)
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.REGRESSION, best=Best.LOWEST, needs=Needs.VALUES, lower=0)
def mae(rows: Labelled) -> Measured | Unmeasured:
    """The mean of |prediction − label|, in the label's unit, with the interval of a mean.

    Equals scikit-learn's `mean_absolute_error`.

    >>> mae(Labelled.of([1.0, 2.0], [2.0, 4.0])).value
    1.5
    """
    return mean_of(np.abs(rows.predicted - rows.truth))
