"""The mean absolute error relative to the label."""

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


def relative_error(rows: Labelled) -> Array:
    """|prediction − label| / |label| of the rows whose label is not 0."""
    known = rows.truth != 0
    errors: Array = np.abs((rows.predicted - rows.truth)[known] / rows.truth[known])
    return errors


@metric(
    Task.REGRESSION, best=Best.LOWEST, needs=Needs.VALUES, lower=0, loss=relative_error
)
def mape(rows: Labelled) -> Measured | Unmeasured:
    """The mean of |prediction − label| / |label|, as a share (0.1 is 10 %).

    Rows whose label is 0 have no relative error and are left out; `rows` says how many
    stayed. On the rest it equals scikit-learn's `mean_absolute_percentage_error`.

    >>> mape(Labelled.of([1.0, 2.0, 0.0], [2.0, 4.0, 5.0]))
    Measured(value=1.0, lower=1.0, upper=1.0, rows=2)
    """
    errors = rows.moments(relative_error)
    if not errors.count:
        return Unmeasured("every label is 0, which has no relative error")
    return mean_of(errors)
