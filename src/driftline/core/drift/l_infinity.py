"""Largest change of one cell's share."""

import numpy as np

from driftline.core.drift import Facts, statistic
from driftline.core.drift._cells import HISTOGRAM_KINDS, shares
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


@statistic(
    Facts(
        kinds=HISTOGRAM_KINDS,
        called="largest change of one share",
        description="largest change of the share of one bin or category",
        sentence="the share of one value or bin of {subject} changed by {value}",
        highest=1.0,
        symmetric=True,
        percent=True,
        trifle=0.02,
        convention=0.1,
    )
)
def l_infinity(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Largest absolute difference between both shares of a cell.

    Up is more change; symmetric; 0 to 1; empty cells need no smoothing. It does not rise
    with the number of categories. It is Chebyshev's distance.

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> old, new = ColumnProfile(10, bins=(5, 5)), ColumnProfile(10, bins=(2, 8))
    >>> round(l_infinity(old, new, plan), 3)
    0.3
    """
    return float(np.abs(shares(current, plan) - shares(reference, plan)).max())
