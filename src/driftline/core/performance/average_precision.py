"""The area under the precision-recall curve, by steps."""

import math

from driftline.core.performance._interval import on_logit_scale
from driftline.core.performance._metric import (
    Best,
    Labelled,
    Needs,
    Unmeasured,
    metric,
)
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.BINARY, best=Best.HIGHEST, needs=Needs.SCORES, lower=0, upper=1)
def average_precision(rows: Labelled) -> Measured | Unmeasured:
    """Precision averaged over the steps in recall (scikit-learn).

    The interval is the logit one of Boyd, Eng & Page 2013: the standard error of the
    logit is 1 / sqrt(positives · AP · (1 − AP)).

    >>> rows = Labelled.of([0, 0, 1, 1], [0, 0, 0, 1], [0.1, 0.4, 0.35, 0.8])
    >>> round(average_precision(rows).value, 4)
    0.8333
    """
    from sklearn.metrics import average_precision_score

    positives = rows.number(rows.truth == 1)
    if not 0 < positives < len(rows):
        return Unmeasured("every label is of one class")
    found = average_precision_score(
        rows.truth == 1, rows.score, sample_weight=rows.weight()
    )
    value = float(found)
    error = math.sqrt(max(value * (1 - value), 0.0) / positives)
    return Measured(value, *on_logit_scale(value, error, positives), len(rows))
