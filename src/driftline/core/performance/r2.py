"""The share of the label's variance that the predictions explain."""

import math

import numpy as np

from driftline.core.performance._interval import Z
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


def label_and_error(rows: Labelled) -> Array:
    """Label, its square, and the squared error."""
    errors = (rows.predicted - rows.truth) ** 2
    return np.stack([rows.truth, rows.truth**2, errors])


@metric(
    Task.REGRESSION,
    best=Best.HIGHEST,
    needs=Needs.VALUES,
    upper=1,
    loss=label_and_error,
)
def r2(rows: Labelled) -> Measured | Unmeasured:
    """1 − squared error over squared deviation from the mean label (scikit-learn).

    The interval is the delta method's: a row's influence is
    ((1 − R²) (label − mean)² − error²) / variance, linear in label, label² and error².

    >>> round(r2(Labelled.of([1.0, 2.0, 3.0], [1.1, 2.0, 2.9])).value, 4)
    0.99
    """
    found = rows.moments(label_and_error)
    variance = float(found.products[0, 0]) / max(found.count, 1)
    if found.count < 2 or not 0 < variance < math.inf:
        return Unmeasured("the labels do not vary, or too much to be squared")
    unexplained = float(found.means[2]) / variance
    slopes = np.array([-2 * found.mean * unexplained, unexplained, -1]) / variance
    spread = max(float(slopes @ found.products @ slopes), 0.0) / (found.count - 1)
    half = Z * math.sqrt(spread / found.count)
    return Measured(
        1 - unexplained, 1 - unexplained - half, 1 - unexplained + half, found.count
    )
