"""Two-sample chi-square statistic per degree of freedom."""

import math

import numpy as np

from driftline.core.drift import Facts, Noise, statistic
from driftline.core.drift._cells import HISTOGRAM_KINDS, cells
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


@statistic(
    Facts(
        kinds=HISTOGRAM_KINDS,
        called="chi-square against chance",
        description="chi-square per degree of freedom; 1 is what chance alone gives",
        sentence="the distribution of {subject} differs by {value} times what chance gives",
        noise=Noise.NONE,
        symmetric=True,
        trifle=2.0,
        convention=None,
    )
)
def chi_square(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Pearson's statistic of the table (two sides, cells) over its degrees of freedom.

    Up is more change; symmetric; 0 and up. Cells that are empty on both sides do not
    count. By chance alone it is 1 whatever the rows, where a p-value would run out of
    digits; under a change it grows with the rows. Pearson (1900).

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> old, new = ColumnProfile(100, bins=(50, 50)), ColumnProfile(100, bins=(20, 80))
    >>> round(chi_square(old, new, plan), 2)
    19.78
    """
    if not reference.rows or not current.rows:
        return math.nan
    old, new = cells(reference, plan), cells(current, plan)
    pooled = old + new
    used = pooled > 0
    n, m = old.sum(), new.sum()
    apart = new[used] * math.sqrt(n / m) - old[used] * math.sqrt(m / n)
    freedom = max(int(used.sum()) - 1, 1)
    return float(np.square(apart / np.sqrt(pooled[used])).sum()) / freedom
