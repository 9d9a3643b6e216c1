"""Numbers that lost their decimals."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Numbers, on_grid
from driftline.core.diagnosis._transform import LUCK
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent

DISTINCT = 5
HALF = 0.5
"""Where more of the values than this are where the column never was, more was done to it;
and a day is as large as another where this part of it is."""


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="numbers that lost their decimals",
        order=10,
    )
)
def precision(day: Day, name: str) -> Diagnosis | None:
    """All of today's values are on a coarser grid than nearly all of the reference's.

    They are where the column is, since a lost decimal moves none far. Values as large as
    today's count: loggers keep as many digits of a large number as of a small one.
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
        known = _as_large(column.support, values, step)
        before = on_grid(known, step, column.single).mean() if len(known) else 1.0
        if _is_a_day_on(step, column, values) or before ** len(values) > LUCK:
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


def _as_large(known: Array, values: Array, step: float) -> Array:
    """Those of the known values that rounding may have brought among some others."""
    there = (known >= values[0] - step) & (known <= values[-1] + step)
    return np.asarray(known[there])


def _is_a_day_on(step: float, column: Numbers, values: Array) -> bool:
    """Whether a reference day is on the grid, of those that are mostly as large as today."""
    there = [(day, _as_large(day, values, step)) for day in column.by_day]
    alike = [like for day, like in there if len(like) >= HALF * len(day)]
    shares = [on_grid(like, step, column.single).mean() for like in alike]
    return bool(max(shares, default=1.0) > 0.9)
