"""The share of the label's variance that the predictions explain."""

import math

from driftline.core.performance._interval import Z
from driftline.core.performance._metric import (
    Best,
    Labelled,
    Needs,
    Unmeasured,
    metric,
)
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.REGRESSION, best=Best.HIGHEST, needs=Needs.VALUES, upper=1)
def r2(rows: Labelled) -> Measured | Unmeasured:
    """1 − squared error over squared deviation from the mean label (scikit-learn).

    The interval is the delta method's: a row's influence is
    ((1 − R²) (label − mean)² − error²) / variance.

    >>> round(r2(Labelled.of([1.0, 2.0, 3.0], [1.1, 2.0, 2.9])).value, 4)
    0.99
    """
    from sklearn.metrics import r2_score

    deviations = (rows.truth - rows.truth.mean()) ** 2
    variance = float(deviations.mean())
    if len(rows) < 2 or not 0 < variance < math.inf:
        return Unmeasured("the labels do not vary, or too much to be squared")
    value = float(r2_score(rows.truth, rows.predicted))
    errors = (rows.predicted - rows.truth) ** 2
    influence = ((1 - value) * deviations - errors) / variance
    half = Z * float(influence.std(ddof=1)) / math.sqrt(len(rows))
    return Measured(value, value - half, value + half, len(rows))
