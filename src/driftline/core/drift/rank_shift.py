"""How often a value of today is above one of the reference."""

import math

import numpy as np

from driftline.core.drift import Facts, statistic
from driftline.core.drift._cells import Array, body
from driftline.core.drift._days import Days, ratio
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile


def _above(p: Array, q: Array) -> Array:
    """The share of pairs, from shares of bins along the last axis."""
    below = np.zeros_like(p)
    np.cumsum(p[..., :-1], axis=-1, out=below[..., 1:])
    return np.asarray((q * (below + p / 2)).sum(axis=-1))


def _of_days(references: Days, days: Days) -> Array:
    old, new = references.body, days.body
    return _above(
        ratio(old, old.sum(axis=1, keepdims=True)),
        ratio(new, new.sum(axis=1, keepdims=True)),
    )


@statistic(
    Facts(
        kinds=frozenset({Kind.NUMERIC}),
        called="rows above a usual row",
        description="share of pairs in which today's value is above the reference's",
        sentence=(
            "{subject} is above the reference in {value} of pairs of rows; no shift is 50%"
        ),
        highest=1.0,
        level=True,
        two_sided=True,
        percent=True,
        trifle=0.01,
        convention=0.05,
    ),
    _of_days,
)
def rank_shift(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """P(today > reference) + P(equal) / 2 over finite values, from the bins of both.

    From 0 (all lower) over 0.5 (no shift) to 1; signed, so that small shifts in one
    direction add up over days. Values of one bin count as equal, which errs by at most
    half the sum over bins of p × q. Mann and Whitney (1947); for a normal column whose
    mean moved by d standard deviations it is the normal distribution at d / √2.

    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0, 1.0))
    >>> old, new = ColumnProfile(4, bins=(2, 2, 0)), ColumnProfile(4, bins=(0, 2, 2))
    >>> rank_shift(old, new, plan)
    0.875
    """
    old, new = body(reference, plan), body(current, plan)
    if not old.sum() or not new.sum():
        return math.nan
    return float(_above(old / old.sum(), new / new.sum()))
