"""The F1 of each class, averaged over rows."""

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
def weighted_f1(rows: Labelled) -> Measured:
    """The mean of the classes' F1, each weighted with its labelled rows, as in scikit-learn.

    The interval is the delta method's over the confusion matrix (Takahashi et al. 2022).

    >>> round(weighted_f1(Labelled.of([0, 1, 2, 2], [0, 2, 2, 2])).value, 4)
    0.65
    """
    matrix = in_use(confusion_matrix(rows))
    hits, labelled, called = margins(matrix)
    both = labelled + called
    slope = labelled * 2 * hits / both**2
    own = (2 * hits / both)[:, None] - slope[:, None] - slope
    gradient = np.diag(2 * labelled / both) + own
    return averaged(float((labelled * 2 * hits / both).sum()), matrix, gradient)
