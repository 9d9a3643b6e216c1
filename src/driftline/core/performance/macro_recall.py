"""The recall of each class, averaged over classes."""

import numpy as np

from driftline.core.performance._confusion import (
    averaged,
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
    """The plain mean of the classes' recall; a class never labelled counts 0.

    Equals scikit-learn's `recall_score` with macro average and `zero_division=0`.
    The interval is the delta method's over the confusion matrix.

    >>> round(macro_recall(Labelled.of([0, 1, 2, 2], [0, 2, 2, 2])).value, 4)
    0.6667
    """
    matrix = in_use(confusion_matrix(rows))
    hits, labelled, _ = margins(matrix)
    ideal, slope = quotient(np.ones_like(hits), labelled), quotient(hits, labelled**2)
    gradient = (np.diag(ideal) - slope[:, None]) / len(matrix)
    return averaged(float(quotient(hits, labelled).mean()), matrix, gradient)
