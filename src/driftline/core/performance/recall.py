"""The share of positives that are predicted positive."""

from driftline.core.performance._confusion import confusion_matrix, no_class, share_of
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
def recall(rows: Labelled) -> Measured | Unmeasured:
    """True positives over positives, with Wilson's interval (1927).

    Equals scikit-learn's `recall_score`.

    >>> recall(Labelled.of([1, 0, 1, 1], [1, 1, 0, 1])).value
    0.6666666666666666
    """
    matrix = confusion_matrix(rows)
    positives = int(matrix[1].sum())
    if not positives:
        return no_class("labelled positive")
    return share_of(int(matrix[1, 1]), positives, len(rows))
