"""The share of predicted positives that are positive."""

from driftline.core.performance._confusion import cells, confusion_matrix, no_class
from driftline.core.performance._interval import wilson
from driftline.core.performance._metric import (
    Best,
    Labelled,
    Needs,
    Unmeasured,
    metric,
)
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.BINARY, best=Best.HIGHEST, needs=Needs.CLASSES, lower=0, upper=1)
def precision(rows: Labelled) -> Measured | Unmeasured:
    """True positives over predicted positives (scikit-learn), with Wilson's interval.

    >>> precision(Labelled.of([1, 0, 1, 1], [1, 1, 0, 1])).value
    0.6666666666666666
    """
    from sklearn.metrics import precision_score

    matrix = confusion_matrix(rows)
    called = int(matrix[:, 1].sum())
    if not called:
        return no_class("predicted positive")
    truth, predicted, weight = cells(matrix)
    value = float(precision_score(truth, predicted, sample_weight=weight))
    return Measured(value, *wilson(value, called), len(rows))
