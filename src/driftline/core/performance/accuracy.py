"""The share of rows whose predicted class is the label."""

import numpy as np

from driftline.core.performance._confusion import cells, confusion_matrix
from driftline.core.performance._interval import wilson
from driftline.core.performance._metric import Best, Labelled, Needs, metric
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(
    Task.BINARY,
    Task.MULTICLASS,
    best=Best.HIGHEST,
    needs=Needs.CLASSES,
    lower=0,
    upper=1,
)
def accuracy(rows: Labelled) -> Measured:
    """Right predictions over all (scikit-learn), with Wilson's interval (1927).

    >>> accuracy(Labelled.of([1, 0, 1, 1], [1, 0, 0, 1])).value
    0.75
    """
    from sklearn.metrics import accuracy_score

    truth, predicted, weight = cells(confusion_matrix(rows))
    value = float(accuracy_score(truth, predicted, sample_weight=weight))
    lower, upper = wilson(value, float(np.sum(weight)))
    return Measured(value, lower, upper, len(rows))
