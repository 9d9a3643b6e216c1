"""The F1 of each class, averaged over classes."""

import numpy as np

from driftline.core.performance._confusion import (
    averaged,
    cells,
    confusion_matrix,
    in_use,
    margins,
)
from driftline.core.performance._metric import Best, Labelled, Needs, metric
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.MULTICLASS, best=Best.HIGHEST, needs=Needs.CLASSES, lower=0, upper=1)
def macro_f1(rows: Labelled) -> Measured:
    """The plain mean of the classes' F1 (scikit-learn; no hits count 0).

    The interval is the delta method's over the confusion matrix (Takahashi et al. 2022).

    >>> round(macro_f1(Labelled.of([0, 1, 2, 2], [0, 2, 2, 2])).value, 4)
    0.6
    """
    from sklearn.metrics import f1_score

    matrix = in_use(confusion_matrix(rows))
    truth, predicted, weight = cells(matrix)
    value = f1_score(
        truth, predicted, sample_weight=weight, average="macro", zero_division=0
    )
    hits, labelled, called = margins(matrix)
    both = labelled + called
    slope = 2 * hits / both**2
    gradient = (np.diag(2 / both) - slope[:, None] - slope) / len(matrix)
    return averaged(float(value), matrix, gradient)
