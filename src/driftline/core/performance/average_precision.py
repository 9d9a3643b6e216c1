"""The area under the precision-recall curve, by steps."""

import math

import numpy as np

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
    """Precision averaged over the steps in recall, as scikit-learn does.

    The interval is the logit one of Boyd, Eng & Page 2013: the standard error of the
    logit is 1 / sqrt(positives · AP · (1 − AP)).

    >>> rows = Labelled.of([0, 0, 1, 1], [0, 0, 0, 1], [0.1, 0.4, 0.35, 0.8])
    >>> round(average_precision(rows).value, 4)
    0.8333
    """
    positives = rows.number(rows.truth == 1)
    if not 0 < positives < len(rows):
        return Unmeasured("every label is of one class")
    value = _average(rows)
    error = math.sqrt(max(value * (1 - value), 0.0) / positives)
    return Measured(value, *on_logit_scale(value, error, positives), len(rows))


def _average(rows: Labelled) -> float:
    """One step per score, from the highest down; rows of one score are told apart by none."""
    assert rows.score is not None
    order = np.argsort(-rows.score, kind="stable")
    score, positive = rows.score[order], rows.truth[order] == 1
    weight = rows.weight()
    heavy = np.ones(len(order)) if weight is None else weight[order]
    steps = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    right = np.cumsum(heavy * positive)[steps]
    precision = right / np.cumsum(heavy)[steps]
    return float((np.diff(right, prepend=0.0) * precision).sum() / right[-1])
