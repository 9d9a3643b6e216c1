"""Days like the reference's own, on which a change can be tried."""

from collections.abc import Sequence

import numpy as np

from driftline.core.bounds.checks import Check, as_judged
from driftline.core.bounds.threshold import FEW_DAYS
from driftline.core.bounds.weekday import weekday_of
from driftline.core.drift._days import draws, others, stacked
from driftline.core.profiles.profile import ColumnProfile
from driftline.core.reference import Reference

MOST_DAYS = 60
"""Days that are tried; of more, every second or third one."""

DRAWN = 40
"""Days that are drawn by chance where too few are known."""

Days = Sequence[tuple[ColumnProfile, ColumnProfile, int | None]]
"""A column on the other days, on the day itself, and the day's weekday if it has one."""


def days_of(check: Check, reference: Reference, seed: int) -> Days:
    """The column of a check on every day that has values of it, beside the other days."""
    columns = {
        label: as_judged(day.columns[check.subject], check.role)
        for i, (label, day) in enumerate(reference.days.items())
        if check.subject in day.columns and i not in check.spread.odd
    }
    dated = {n: c for n, c in columns.items() if c.present and _valued(c)}
    if len(dated) >= FEW_DAYS:
        held, weekdays = list(dated.values()), [weekday_of(label) for label in dated]
        whole = check.reference
        rests = others(stacked([whole], check.plan), stacked(held, check.plan))
        days = list(zip(rests.columns(), held, weekdays, strict=True))
        return days[:: -(-len(days) // MOST_DAYS)]
    rows, rng = int(check.spread.rows), np.random.default_rng(seed)
    if not _valued(check.reference) or not rows:
        return []
    drawn = draws(stacked([check.reference], check.plan), rows, rng, DRAWN)
    return [(check.reference, day, None) for day in drawn.columns() if _valued(day)]


def _valued(column: ColumnProfile) -> bool:
    return sum(column.bins) > 0 or sum((column.counts or {}).values()) > 0
