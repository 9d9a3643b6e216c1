"""The F1 of each class, averaged over classes."""

import numpy as np

from driftline.core.performance._confusion import (
    averaged,
    confusion_matrix,
    in_use,
    margins,
)
from driftline.core.performance._metric import Best, Labelled, Needs, metric
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.MULTICLASS, best=Best.HIGHEST, needs=Needs.CLASSES, lower=0, upper=1)
def macro_f1(rows: Labelled) -> Measured:
    """The plain mean of the classes' F1; a class without hits counts 0.

    Equals scikit-learn's `f1_score` with macro average over the classes in use.
    The interval is the delta method's over the confusion matrix (Takahashi et al. 2022).

    >>> round(macro_f1(Labelled.of([0, 1, 2, 2], [0, 2, 2, 2])).value, 4)
    0.6
    """
    matrix = in_use(confusion_matrix(rows))
    hits, labelled, called = margins(matrix)
    both = labelled + called
    slope = 2 * hits / both**2
    gradient = (np.diag(2 / both) - slope[:, None] - slope) / len(matrix)
    return averaged(float((2 * hits / both).mean()), matrix, gradient)
