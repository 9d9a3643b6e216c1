"""Numbers that are all the same amount too large or too small."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Numbers
from driftline.core.diagnosis._transform import Move, Transform, best_fit
from driftline.core.diagnosis._undo import (
    Diagnosis,
    Facts,
    Subject,
    percent,
    undo,
    undoing,
)

MOST = 400
"""How many amounts are tried at most."""


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="numbers with a constant added",
        order=60,
    )
)
def offset(day: Day, name: str) -> Diagnosis | None:
    """Some or all numbers have the same amount added.

    The amount is free, and any amount brings an even grid home: neighbouring amounts
    are therefore steps between the reference's own values.
    """
    column = day.numbers(name)
    if not column.usable or column.one_value_days:
        return None
    fit = best_fit(day, name, [_plus(column, by) for by in _amounts(column)])
    if fit is None:
        return None
    by = fit.transform.parameters["offset"]
    return Diagnosis(
        "offset",
        fit.share,
        fit.explains,
        f"{percent(fit.share)} of {name} are {abs(by):.6g} too "
        f"{'large' if by > 0 else 'small'}{undoing(fit.explains)}",
        f"subtract {by:.6g}",
        dict(fit.transform.parameters),
    )


def _amounts(column: Numbers) -> list[float]:
    """The difference of the medians, and one amount that alone brings holes home."""
    amounts = [float(np.median(column.today) - np.median(column.known))]
    outside = column.today[~column.within(column.today)]
    if len(outside) > 3:
        amounts.append(float(np.median(outside) - np.median(column.known)))
    holes = np.unique(column.today[column.foreign & column.within(column.today)])
    if len(holes) >= 3 and column.recurrent:
        amounts += _only_one(column, holes)
    return amounts


def _only_one(column: Numbers, holes: Array) -> list[float]:
    """The amount that brings nearly all values home, if half as good is none.

    An even grid is brought home by every step of it: then no amount is the one.
    """
    tried = holes[len(holes) // 2] - column.support[:: len(column.support) // MOST + 1]
    some = holes[:: len(holes) // 30 + 1]
    home = np.array([column.is_home(some - by).mean() for by in tried])
    order = np.argsort(-home)
    if len(order) < 2 or home[order[1]] > 0.5 * home[order[0]]:
        return []
    return [float(tried[order[0]])]


def _plus(column: Numbers, by: float) -> Transform:
    def add(amount: float) -> Move:
        return lambda values: np.asarray(values + amount)

    near = tuple(add(-by - step) for step in _steps(column))
    far = abs(by) > max(3 * column.width, 6 * column.moved)
    return Transform(
        "an offset", add(by), add(-by), near, {"offset": by}, far, free=True
    )


def _steps(column: Numbers) -> Array:
    """Steps between neighbouring values of the reference, both ways, and odd ones.

    On an even grid they bring home as much as any amount does.
    """
    between = np.quantile(np.diff(column.support), (0.1, 0.3, 0.5, 0.7, 0.9))
    odd = 0.37 * (column.grid or column.width / 50)
    some = np.unique(np.array([*between, *(2 * between)]))
    return np.array([*some, *-some, odd, -odd])
