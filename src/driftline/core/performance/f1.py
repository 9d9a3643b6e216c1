"""The harmonic mean of precision and recall."""

from driftline.core.performance._confusion import confusion_matrix, no_class
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
def f1(rows: Labelled) -> Measured | Unmeasured:
    """2 TP / (2 TP + FP + FN), its interval by way of Jaccard's index.

    J = TP / (TP + FP + FN) is a proportion and has Wilson's interval; F1 = 2 J / (1 + J)
    grows with J, so the ends carry over. The value equals scikit-learn's `f1_score`.

    >>> f1(Labelled.of([1, 0, 1, 1], [1, 1, 0, 1])).value
    0.6666666666666666
    """
    matrix = confusion_matrix(rows)
    concerned = int(matrix.sum() - matrix[0, 0])
    if not concerned:
        return no_class("labelled or predicted positive")
    hits = int(matrix[1, 1])
    lower, upper = (2 * end / (1 + end) for end in wilson(hits / concerned, concerned))
    return Measured(2 * hits / (hits + concerned), lower, upper, len(rows))
