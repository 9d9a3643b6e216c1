"""The precision of each class, averaged over classes."""

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
def macro_precision(rows: Labelled) -> Measured:
    """The plain mean of the classes' precision; a class never predicted counts 0.

    Equals scikit-learn's `precision_score` with macro average and `zero_division=0`.
    The interval is the delta method's over the confusion matrix.

    >>> round(macro_precision(Labelled.of([0, 1, 2, 2], [0, 2, 2, 2])).value, 4)
    0.5556
    """
    matrix = in_use(confusion_matrix(rows))
    hits, _, called = margins(matrix)
    ideal, slope = quotient(np.ones_like(called), called), quotient(hits, called**2)
    gradient = (np.diag(ideal) - slope) / len(matrix)
    return averaged(float(quotient(hits, called).mean()), matrix, gradient)
