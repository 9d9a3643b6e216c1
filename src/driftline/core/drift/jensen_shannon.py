"""Jensen–Shannon distance."""

import math

import numpy as np

from driftline.core.drift import Facts, statistic
from driftline.core.drift._cells import HISTOGRAM_KINDS, Array, shares
from driftline.core.drift._days import Days
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


def _distance(p: Array, q: Array) -> Array:
    """Of shares along the last axis."""
    middle = (p + q) / 2
    bits = (_entropy(p, middle) + _entropy(q, middle)) / math.log(4)
    return np.sqrt(np.clip(bits, 0.0, 1.0))


def _entropy(p: Array, middle: Array) -> Array:
    """The relative entropy of p, in nats; an empty cell adds nothing."""
    ratios = np.divide(p, middle, out=np.ones_like(middle), where=p > 0)
    return np.asarray((p * np.log(ratios)).sum(axis=-1))


def _of_days(references: Days, days: Days) -> Array:
    return _distance(references.shares, days.shares)


@statistic(
    Facts(
        kinds=HISTOGRAM_KINDS,
        called="Jensen–Shannon distance",
        description="Jensen–Shannon distance, from 0 (alike) to 1 (nothing in common)",
        sentence="the distribution of {subject} moved by a Jensen–Shannon distance of {value}",
        highest=1.0,
        symmetric=True,
        trifle=0.02,
        convention=0.1,
    ),
    _of_days,
)
def jensen_shannon(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Square root of the mean divergence, in bits, from the mean of both shares.

    Up is more change; symmetric; 0 to 1; empty cells need no smoothing. Endres and
    Schindelin, A New Metric for Probability Distributions (2003).

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> old, new = ColumnProfile(10, bins=(10, 0)), ColumnProfile(10, bins=(0, 10))
    >>> jensen_shannon(old, new, plan)
    1.0
    """
    return float(_distance(shares(reference, plan), shares(current, plan)))
