"""Rows of the slice."""

import numpy as np

from driftline.core.drift import About, Facts, Noise, statistic
from driftline.core.drift._cells import Array
from driftline.core.drift._days import Days
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


def _of_days(references: Days, days: Days) -> Array:
    return days.rows.astype(np.float64)


@statistic(
    Facts(
        kinds=frozenset(),
        about=About.ROWS,
        called="number of rows",
        description="rows of the slice",
        sentence="the slice has {value} {subject}",
        noise=Noise.NONE,
        level=True,
        two_sided=True,
        trifle=1.0,
        convention=None,
        tail=100.0,
        critical=lambda value, usual, bound: not usual * 0.6 <= value <= usual / 0.6,
    ),
    _of_days,
)
def row_count(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Rows of the current slice.

    A level from 0 up, with a bound on both sides: half a day is as wrong as one loaded
    twice. It is one of the whole slice; the reference's days serve for its bounds.

    >>> from driftline.core.profiles.plan import Kind
    >>> row_count(ColumnProfile(90_000), ColumnProfile(412), ColumnPlan(Kind.OPAQUE, ""))
    412.0
    """
    return float(current.rows)
