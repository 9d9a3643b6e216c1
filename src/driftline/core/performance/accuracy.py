"""The share of rows whose predicted class is the label."""

import numpy as np

from driftline.core.performance._confusion import confusion_matrix, share_of
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
    """Right predictions over all, with Wilson's interval (1927).

    Equals scikit-learn's `accuracy_score`.

    >>> accuracy(Labelled.of([1, 0, 1, 1], [1, 0, 0, 1])).value
    0.75
    """
    matrix = confusion_matrix(rows)
    return share_of(int(np.trace(matrix)), len(rows), len(rows))
