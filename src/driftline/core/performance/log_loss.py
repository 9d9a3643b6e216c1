"""The mean surprise at the labels, in nats."""

import numpy as np

from driftline.core.performance._interval import mean_of
from driftline.core.performance._metric import (
    Array,
    Best,
    Labelled,
    Needs,
    Unmeasured,
    metric,
)
from driftline.core.reference import Measured
from driftline.core.roles import Task


def surprise(rows: Labelled) -> Array:
    """Minus the log of the probability given to what happened."""
    assert rows.score is not None
    given = np.where(rows.truth == 1, rows.score, 1 - rows.score)
    losses: Array = -np.log(np.clip(given, np.finfo(float).eps, 1))
    return losses


@metric(
    Task.BINARY,
    best=Best.LOWEST,
    needs=Needs.PROBABILITIES,
    lower=0,
    loss=surprise,
)
def log_loss(rows: Labelled) -> Measured | Unmeasured:
    """Minus the mean log of the probability given to what happened.

    Equals scikit-learn's `log_loss`, which clips probabilities at the machine's epsilon
    as here; taken per row, as the normal interval of a mean needs it.

    >>> round(log_loss(Labelled.of([1, 0], [1, 0], [0.8, 0.4])).value, 4)
    0.367
    """
    return mean_of(rows.moments(surprise))
