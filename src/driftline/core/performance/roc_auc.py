"""The chance that a positive row scores above a negative one."""

from driftline.core.performance._delong import error_of, placements
from driftline.core.performance._interval import on_logit_scale
from driftline.core.performance._metric import (
    Best,
    Labelled,
    Needs,
    Unmeasured,
    metric,
)
from driftline.core.performance._moments import Moments
from driftline.core.reference import Measured
from driftline.core.roles import Task


@metric(Task.BINARY, best=Best.HIGHEST, needs=Needs.SCORES, lower=0, upper=1)
def roc_auc(rows: Labelled) -> Measured | Unmeasured:
    """The area under the ROC curve, with DeLong's interval (1988) on the logit scale.

    The value equals scikit-learn's `roc_auc_score`; it falls out of the placements that
    the interval needs. When they do not vary, the interval is Wilson's over the rarer
    class.

    >>> roc_auc(Labelled.of([0, 0, 1, 1], [0, 0, 0, 1], [0.1, 0.4, 0.35, 0.8])).value
    0.75
    """
    positives = rows.number(rows.truth == 1)
    rarer = min(positives, len(rows) - positives)
    if not rarer:
        return Unmeasured("every label is of one class")
    above, below = (
        Moments.of(places, rows.weight((rows.truth == 1) == positive))
        for places, positive in zip(placements(rows), (True, False), strict=True)
    )
    value = above.mean
    lower, upper = on_logit_scale(value, error_of(above, below), rarer)
    return Measured(value, lower, upper, len(rows))
