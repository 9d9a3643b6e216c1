"""Share of values that are off the reference's grid."""

import math

from driftline.core.drift import About, hard_share, statistic
from driftline.core.drift._cells import Array
from driftline.core.drift._days import Days, ratio
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile


def _of_days(references: Days, days: Days) -> Array:
    values = days.finite - days.unseen
    return ratio(days.off_grid, values if days.plan.has_grid else 0 * values)


@statistic(
    hard_share(
        kinds=frozenset({Kind.NUMERIC}),
        applies=lambda plan: plan.has_grid,
        about=About.VALUES,
        called="values the reference never takes",
        description=(
            "share of values between those that the reference takes, or with more "
            "decimals than its values have"
        ),
        sentence="{value} of the values of {subject} are none that the reference takes",
    ),
    _of_days,
)
def off_grid(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Finite values off the plan's grid over all finite values.

    Up is more change; a level from 0 to 1; NaN where the plan has no grid. Another unit
    or scale, an average in place of a value and a fill by the mean show here first. How
    far out a value lies is `range`'s to say. The reference serves for its bounds alone.

    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", decimals=2)
    >>> off_grid(ColumnProfile(9), ColumnProfile(10, nulls=2, off_grid=4), plan)
    0.5
    """
    values = current.finite - current.unseen
    if values <= 0 or not plan.has_grid:
        return math.nan
    return current.off_grid / values
