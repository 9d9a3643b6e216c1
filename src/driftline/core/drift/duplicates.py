"""Share of rows that stand there more than once."""

import math

from driftline.core.drift import About, hard_share, statistic
from driftline.core.drift._cells import Array
from driftline.core.drift._days import Days, ratio
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile


def _of_days(references: Days, days: Days) -> Array:
    return ratio(days.unseen, days.rows)


@statistic(
    hard_share(
        kinds=frozenset(),
        about=About.REPEATS,
        called="repeated rows",
        description="share of rows that repeat another row",
        sentence="{value} of {subject} repeat another",
    ),
    _of_days,
)
def duplicates(
    reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
) -> float:
    """Rows that repeat another one, in the key or in every column, over all rows.

    A level from 0 to 1 of the whole slice, whose repeated rows are counted as `unseen`.
    The reference's days serve for its bounds.

    >>> from driftline.core.profiles.plan import Kind
    >>> rows = ColumnProfile(1000, unseen=200)
    >>> duplicates(rows, rows, ColumnPlan(Kind.OPAQUE, ""))
    0.2
    """
    return current.unseen / current.rows if current.rows else math.nan
