"""Share of rows without a value."""

import math

from driftline.core.drift import EVERY_KIND, About, hard_share, statistic
from driftline.core.drift._cells import Array
from driftline.core.drift._days import Days, ratio
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


def _of_days(references: Days, days: Days) -> Array:
    return ratio(days.missing, days.rows)


@statistic(
    hard_share(
        kinds=EVERY_KIND,
        about=About.MISSING,
        called="missing values",
        description="share of rows that are null or NaN",
        sentence="{value} of the values of {subject} are missing",
        two_sided=True,
    ),
    _of_days,
)
def null_rate(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Null and NaN rows of the current column over all its rows.

    A level from 0 to 1, with a bound on both sides: values that are suddenly always
    there may have been filled in. The reference serves for its bounds alone.

    >>> from driftline.core.profiles.plan import Kind
    >>> column = ColumnProfile(200, nulls=3, nans=1)
    >>> null_rate(column, column, ColumnPlan(Kind.OPAQUE, "Binary"))
    0.02
    """
    return current.missing / current.rows if current.rows else math.nan
