"""Wasserstein distance in standard deviations of the reference."""

import math

import numpy as np

from driftline.core.drift import Facts, statistic
from driftline.core.drift._cells import Array, body, sd
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile


@statistic(
    Facts(
        kinds=frozenset({Kind.NUMERIC}),
        called="distance moved, in standard deviations",
        description="mean distance moved, in standard deviations of the reference",
        sentence="{subject} moved by {value} reference standard deviations",
        trifle=0.03,
        convention=0.1,
    )
)
def wasserstein(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Area between both cumulative shares of finite values, over the reference's sd.

    Up is more change; 0 and up; not symmetric, as the reference gives the unit. Values
    are taken as spread evenly within bins, which errs by at most the sum over inner bins
    of width times (p + q), mostly by some hundredths. An open outer bin is given the
    width whose middle is the mean of an exponential tail through the reference's last
    two edges, so that a single outlier cannot fill the number. When more than half of
    the rows moved into an open bin, the number is at least the difference of the means,
    which no distance can be below. Missing, infinite and unseen rows have no place on
    the line and are left out. Vallender (1973).

    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0, 1.0, 2.0), scale=1.0)
    >>> old = ColumnProfile(40, bins=(10, 10, 10, 10), total=40.0, squares=90.0)
    >>> new = ColumnProfile(40, bins=(0, 10, 10, 20), total=80.0, squares=190.0)
    >>> round(wasserstein(old, new, plan), 2)
    1.09
    """
    old, new = body(reference, plan), body(current, plan)
    if not old.sum() or not new.sum():
        return math.nan
    p, q = old / old.sum(), new / new.sum()
    apart = np.abs(np.concatenate([[0.0], np.cumsum(q - p)]))
    apart[-1] = 0.0
    area = float((_widths(p, plan) * (apart[1:] + apart[:-1]) / 2).sum())
    if max(q[0] - p[0], q[-1] - p[-1]) > 0.5:
        area = max(area, _means_apart(reference, current, plan))
    return area / sd(reference, plan)


def _means_apart(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """How far the mean moved, or 0 where sums have overflowed."""
    apart = current.total / current.finite - reference.total / reference.finite
    return abs(apart) * plan.scale if math.isfinite(apart) else 0.0


def _widths(p: Array, plan: ColumnPlan) -> Array:
    """Widths of all bins, the open ones as their exponential tails would have them."""
    edges = np.array(plan.edges)
    if len(edges) < 2:
        return np.full(len(p), 2 * plan.scale)
    inner = np.diff(edges)
    left = _tail(float(inner[0]), float(p[0]), float(p[1]))
    right = _tail(float(inner[-1]), float(p[-1]), float(p[-2]))
    return np.concatenate([[left], inner, [right]])


def _tail(neighbour: float, beyond: float, share: float) -> float:
    """Twice the mean excess of an exponential tail, at most four neighbouring bins."""
    if beyond <= 0 or share <= 0:
        return neighbour
    return min(2 * neighbour / math.log1p(share / beyond), 4 * neighbour)
