"""Population stability index."""

import numpy as np

from driftline.core.drift import Facts, Noise, statistic
from driftline.core.drift._cells import HISTOGRAM_KINDS, shares
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


@statistic(
    Facts(
        kinds=HISTOGRAM_KINDS,
        called="stability index",
        description="population stability index",
        sentence="the distribution of {subject} changed by a stability index of {value}",
        noise=Noise.LINEAR,
        symmetric=True,
        trifle=0.01,
        convention=0.1,
    )
)
def psi(reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan) -> float:
    """Sum over cells of (q - p) ln(q / p), with p the reference's shares.

    Up is more change; symmetric; 0 and up. Both shares of every cell are raised by half
    a row of the smaller side, so that an empty cell gives a finite number and cells that
    are empty on both sides give none. Lewis, An Introduction to Credit Scoring (1994);
    it is Jeffreys' divergence. Expected value without a change: (cells - 1) / n.

    >>> from driftline.core.profiles.plan import Kind
    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0,))
    >>> old, new = ColumnProfile(1000, bins=(500, 500)), ColumnProfile(1000, bins=(200, 800))
    >>> round(psi(old, new, plan), 3)
    0.414
    """
    if not reference.rows or not current.rows:
        return float("nan")
    half = 0.5 / min(reference.rows, current.rows)
    p, q = shares(reference, plan) + half, shares(current, plan) + half
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())
