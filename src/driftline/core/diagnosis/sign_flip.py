"""Numbers whose sign is turned."""

import numpy as np

from driftline.core.diagnosis._best_fit import best_fit
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Numbers
from driftline.core.diagnosis._transform import Move, Transform
from driftline.core.diagnosis._undo import (
    Diagnosis,
    Facts,
    Subject,
    undo,
    undoing,
)
from driftline.core.wording import percent

MANY = 3
"""Rows from which on a value that repeats is no chance."""

_NEAR = (-0.83, -0.91, -0.96, -1.037, -1.083, -1.13, -1.19)


def _times(by: float) -> Move:
    return lambda values: np.asarray(values * by)


FLIP = Transform(
    "turned signs",
    np.negative,
    np.negative,
    tuple(map(_times, _NEAR)),
    {"factor": -1.0},
    far=True,
    mirrors=True,
)


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="numbers whose sign is lost or turned",
        order=7,
    )
)
def sign_flip(day: Day, name: str) -> Diagnosis | None:
    """Some or all numbers are the negative of what they should be."""
    fit = best_fit(day, name, (FLIP,))
    if fit is None or _is_one_value(day.numbers(name)):
        return None
    return Diagnosis(
        "sign_flip",
        fit.share,
        fit.explains,
        f"{percent(fit.share)} of {name} have the wrong sign{undoing(fit.explains)}",
        "multiply by -1",
        dict(FLIP.parameters),
    )


def _is_one_value(column: Numbers) -> bool:
    """Whether one negative value stands for many: more often than it was ever positive."""
    if column.one_value_days:
        return False
    values, rows = np.unique(column.today[column.foreign], return_counts=True)
    if not len(values) or rows.max() < MANY or 2 * rows.max() <= rows.sum():
        return False
    turned = -float(values[rows.argmax()])
    most = max((float((day == turned).mean()) for day in column.by_day), default=0.0)
    return float(rows.max()) / len(column.today) > 2 * most
