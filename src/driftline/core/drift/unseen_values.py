"""Share of values that the reference does not hold."""

import math

import numpy as np

from driftline.core.drift import About, hard_share, statistic
from driftline.core.drift._cells import Array
from driftline.core.drift._days import Days, ratio
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile


def _of_days(references: Days, days: Days) -> Array:
    foreign = np.where(references.body > 0, 0, days.body).sum(axis=1)
    return ratio(days.unseen + foreign, days.rows - days.missing)


@statistic(
    hard_share(
        kinds=frozenset({Kind.CATEGORICAL}),
        about=About.VALUES,
        called="values never seen before",
        description="share of values that the reference does not hold",
        sentence="{value} of the values of {subject} are not in the reference",
    ),
    _of_days,
)
def unseen_values(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Values outside the plan's list, or counted in no reference row, over all values.

    Up is more change; a level from 0 to 1; missing rows are no values. A list that was
    cut to the most frequent values has unseen ones on its own days, which its bounds
    know. Good's estimate of the unseen mass (1953) is what leaving a day out measures.

    >>> plan = ColumnPlan(Kind.CATEGORICAL, "String", categories=("EWR", "JFK"))
    >>> old = ColumnProfile(9, counts={"EWR": 9})
    >>> new = ColumnProfile(10, counts={"EWR": 6, "JFK": 1}, unseen=3)
    >>> unseen_values(old, new, plan)
    0.4
    """
    values = current.rows - current.missing
    if values <= 0:
        return math.nan
    known = reference.counts or {}
    foreign = sum(
        count for value, count in (current.counts or {}).items() if not known.get(value)
    )
    return (current.unseen + foreign) / values
