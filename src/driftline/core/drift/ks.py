"""Kolmogorov–Smirnov distance."""

import numpy as np

from driftline.core.drift import Facts, statistic
from driftline.core.drift._cells import shares
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile


@statistic(
    Facts(
        kinds=frozenset({Kind.NUMERIC}),
        called="Kolmogorov–Smirnov distance",
        description="Kolmogorov–Smirnov distance, from 0 (alike) to 1 (nothing in common)",
        sentence="the cumulative distribution of {subject} moved by {value}",
        highest=1.0,
        symmetric=True,
        trifle=0.02,
        convention=0.1,
    )
)
def ks(reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan) -> float:
    """Largest difference between both cumulative shares, read at the plan's edges.

    Up is more change; symmetric; 0 to 1. Infinite, unseen and missing rows follow the
    largest value, in this order. It is at most the distance over raw rows and less by
    no more than the largest share that one bin has on either side. Smirnov (1948).

    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> old, new = ColumnProfile(10, bins=(5, 5)), ColumnProfile(10, bins=(2, 8))
    >>> round(ks(old, new, plan), 3)
    0.3
    """
    apart = np.cumsum(shares(current, plan) - shares(reference, plan))
    return float(np.abs(apart[:-1]).max().clip(None, 1.0))
