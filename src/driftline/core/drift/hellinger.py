"""Hellinger distance."""

import math

import numpy as np

from driftline.core.drift import Facts, statistic
from driftline.core.drift._cells import HISTOGRAM_KINDS, shares
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


@statistic(
    Facts(
        kinds=HISTOGRAM_KINDS,
        called="Hellinger distance",
        description="Hellinger distance, from 0 (alike) to 1 (nothing in common)",
        sentence="the distribution of {subject} moved by a Hellinger distance of {value}",
        highest=1.0,
        symmetric=True,
        trifle=0.02,
        convention=0.1,
    )
)
def hellinger(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Length of the difference of the square roots of both shares, over sqrt(2).

    Up is more change; symmetric; 0 to 1; empty cells need no smoothing. Hellinger (1909).

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> old, new = ColumnProfile(10, bins=(5, 5)), ColumnProfile(10, bins=(2, 8))
    >>> round(hellinger(old, new, plan), 3)
    0.227
    """
    apart = np.sqrt(shares(current, plan)) - np.sqrt(shares(reference, plan))
    return min(float(np.linalg.norm(apart)) / math.sqrt(2), 1.0)
