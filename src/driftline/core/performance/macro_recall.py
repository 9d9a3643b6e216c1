"""The recall of each class, averaged over classes."""

import numpy as np

from driftline.core.performance._confusion import (
    averaged,
    cells,
    confusion_matrix,
    in_use,
    margins,
    quotient,
)
from driftline.core.performance._metric import Best, Labelled, Needs, metric
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.MULTICLASS, best=Best.HIGHEST, needs=Needs.CLASSES, lower=0, upper=1)
def macro_recall(rows: Labelled) -> Measured:
    """The plain mean of the classes' recall (scikit-learn; never labelled counts 0).

    The interval is the delta method's over the confusion matrix.

    >>> round(macro_recall(Labelled.of([0, 1, 2, 2], [0, 2, 2, 2])).value, 4)
    0.6667
    """
    from sklearn.metrics import recall_score

    matrix = in_use(confusion_matrix(rows))
    truth, predicted, weight = cells(matrix)
    value = recall_score(
        truth, predicted, sample_weight=weight, average="macro", zero_division=0
    )
    hits, labelled, _ = margins(matrix)
    ideal, slope = quotient(np.ones_like(hits), labelled), quotient(hits, labelled**2)
    gradient = (np.diag(ideal) - slope[:, None]) / len(matrix)
    return averaged(float(value), matrix, gradient)
