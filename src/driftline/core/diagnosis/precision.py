"""Numbers that lost their decimals."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import on_grid
from driftline.core.diagnosis._transform import LUCK
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent

DISTINCT = 5
HALF = 0.5
"""Where more of the values than this are where the column never was, more was done to it."""


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="numbers that lost their decimals",
        order=10,
    )
)
def precision(day: Day, name: str) -> Diagnosis | None:
    """All of today's values are on a coarser grid than nearly all of the reference's.

    They are where the column is, since a lost decimal moves none far.
    """
    column = day.numbers(name)
    if not column.usable or column.one_value_days:
        return None
    if (column.reach(column.today) >= 1).mean() > HALF:
        return None
    values = np.unique(column.today)
    for step in (1.0, 0.1, 0.01, 0.001):
        if len(values) < DISTINCT or not on_grid(values, step, column.single).all():
            continue
        before = on_grid(column.support, step, column.single).mean()
        days = [on_grid(d, step, column.single).mean() for d in column.by_day]
        if max(days, default=1.0) > 0.9 or before ** len(values) > LUCK:
            return None
        word = "whole numbers" if step == 1 else f"multiples of {step:g}"
        return Diagnosis(
            "precision",
            1 - float(before),
            1.0,
            f"all of {name} are {word}, usually {percent(float(before))}",
            "send the decimals",
            {"step": step},
        )
    return None
