"""Total variation distance."""

import numpy as np

from driftline.core.drift import Facts, statistic
from driftline.core.drift._cells import HISTOGRAM_KINDS, shares
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


@statistic(
    Facts(
        kinds=HISTOGRAM_KINDS,
        called="rows placed otherwise",
        description="share of rows that would have to change place",
        sentence="{value} of the rows of {subject} are placed otherwise than before",
        highest=1.0,
        symmetric=True,
        percent=True,
        trifle=0.03,
        convention=0.1,
    )
)
def total_variation(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Half the sum of the absolute differences of both shares.

    Up is more change; symmetric; 0 to 1; empty cells need no smoothing. Levin and Peres,
    Markov Chains and Mixing Times (2017), proposition 4.2.

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> old, new = ColumnProfile(10, bins=(5, 5)), ColumnProfile(10, bins=(2, 8))
    >>> round(total_variation(old, new, plan), 3)
    0.3
    """
    apart = np.abs(shares(current, plan) - shares(reference, plan)).sum() / 2
    return min(float(apart), 1.0)
