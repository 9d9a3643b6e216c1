"""Values that are missing in far more rows than on any reference day."""

import numpy as np

from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, percent, undo

LEAST = 0.01
"""A smaller excess is nobody's bug."""


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS, Subject.CATEGORIES}),
        description="values that are missing",
        order=5,
    )
)
def missing_values(day: Day, name: str) -> Diagnosis | None:
    """More rows without a value than the reference's days, and chance, account for."""
    column = day.profile.columns.get(name)
    if column is None or not column.rows:
        return None
    days = [d.columns[name] for d in day.reference.days.values() if name in d.columns]
    shares = np.array([d.missing / d.rows for d in days if d.rows])
    share = column.missing / column.rows
    usual = float(np.median(shares)) if len(shares) else 0.0
    # The rule of three: a share that showed nothing in n rows may still be 3 / n.
    unseen = 3 / max(sum(d.rows for d in days), 1)
    if column.missing < 2 or share - usual < LEAST:
        return None
    if share <= limit_of([*shares, usual + unseen], column.rows):
        return None
    return Diagnosis(
        "missing_values",
        share - usual,
        1.0,
        f"{percent(share)} of {name} are missing, usually {percent(usual)}",
        "find why they are not delivered",
        {"share": share, "usual_share": usual},
    )
