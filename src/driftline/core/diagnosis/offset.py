"""Numbers that are all the same amount too large or too small."""

import numpy as np

from driftline.core.diagnosis._best_fit import best_fit
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import DECIMALS, Array, Numbers
from driftline.core.diagnosis._transform import Fit, Move, Transform
from driftline.core.diagnosis._undo import (
    Diagnosis,
    Facts,
    Subject,
    undo,
    undoing,
)
from driftline.core.wording import percent

SOME, MOST, MOST_TIED = 30, 5_000, 50
"""How many strange and known values are compared, and equally good amounts, at most: 150,000
differences take milliseconds, and more of them vote as these do."""

SPARE, LIKE, RIVALS = 400, 0.25, 8
"""Of so many of the reference's values, which amounts are tried beside one, and how many."""

EVEN, OFF, DISTINCT = 0.999, 0.05, 6
"""How alike phases have to be on an even grid, how far apart two of them are told, and
of how many different values at least.

So alike are phases that stray by 0.7 % of a step, as rounding leaves them; seven times that
is told apart. Of three random values one set in 1,200 is as alike, of six none in a million.
Half or twice of each finds the tests' offsets too.
"""


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="numbers with a constant added",
        order=60,
    )
)
def offset(day: Day, name: str) -> Diagnosis | None:
    """Some or all numbers have the same amount added.

    The amount is free, and many amounts bring an even grid home: neighbouring amounts
    are therefore steps between the reference's own values.
    """
    column = day.numbers(name)
    if not column.usable or column.one_value_days or len(column.support) < 2:
        return None
    fit = best_fit(day, name, [_plus(column, *one) for one in _amounts(column)])
    fit = fit or _by_phase(column)
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


def _amounts(column: Numbers) -> list[tuple[float, int]]:
    """The difference of the medians, and the amount that brings most values home.

    With each, of how many it was chosen.
    """
    amounts = [(float(np.median(column.today) - np.median(column.known)), 1)]
    outside = column.today[~column.within(column.today)]
    if len(outside) > 3:
        amounts.append((float(np.median(outside) - np.median(column.known)), 1))
    strange = np.unique(column.today[column.foreign])
    if len(strange) >= 3 and column.recurrent:
        amounts.append(_most_at_home(column, strange))
    return amounts


def _most_at_home(column: Numbers, strange: Array) -> tuple[float, int]:
    """The amount that brings most of these values home, and how many were tried.

    It is the commonest difference to a known value; of several the one that brings most
    rows home, and then fits the reference's days best.
    """
    some = strange[:: len(strange) // SOME + 1]
    known = column.support[:: len(column.support) // MOST + 1]
    digits = DECIMALS if column.grid is None else round(-np.log10(column.grid))
    apart = np.round(some[:, None] - known, digits)
    amounts, votes = np.unique(apart, return_counts=True)
    first = amounts[votes >= 0.95 * votes.max()][:MOST_TIED]
    undone = [column.today - by for by in first]
    home = [-float(column.is_home(values).mean()) for values in undone]
    left = [column.distance(values) for values in undone]
    return float(first[int(np.lexsort((left, home))[0])]), len(amounts)


def _by_phase(column: Numbers) -> Fit | None:
    """All values off an even grid by the same part of its step, as no world moves them.

    The amount is known but for whole steps: of these the one that fits the days best.
    """
    values = np.unique(column.today)
    step = float(np.quantile(np.diff(column.support), 0.1)) if column.recurrent else 0.0
    if step <= 0 or len(values) < DISTINCT or len(column.support) < DISTINCT:
        return None
    (usual, even), (now, as_even) = (_phase(v, step) for v in (column.support, values))
    apart = (now - usual) % 1.0
    if min(even, as_even) < EVEN or not OFF < apart < 1 - OFF:
        return None
    moved = float(np.median(column.today) - np.median(column.known)) / step
    whole = np.floor(moved) + np.arange(-3, 4)
    amounts = (whole + apart) * step
    left = [column.distance(column.today - by) for by in amounts]
    by = float(amounts[int(np.argmin(left))])
    return Fit(_plus(column, by, 1), 1.0, column.explained(column.today - by), 0.0)


def _phase(values: Array, step: float) -> tuple[float, float]:
    """The mean part of a step that values are beyond a whole one, and how alike all are."""
    mean = np.exp(2j * np.pi * (values / step % 1.0)).mean()
    return float(np.angle(mean) / (2 * np.pi)), float(abs(mean))


def _plus(column: Numbers, by: float, tried: int) -> Transform:
    def add(amount: float) -> Move:
        return lambda values: np.asarray(values + amount)

    near = tuple(add(-by - step) for step in _steps(column))
    far = abs(by) > max(3 * column.width, 6 * column.moved)
    rivals = tuple(add(-other) for other in _rivals(column, by))
    how = {"offset": by}
    return Transform(
        "an offset", add(by), add(-by), near, how, far, True, tried, rivals
    )


def _rivals(column: Numbers, by: float) -> Array:
    """Amounts like this one by which most of the reference's own values are apart.

    On an uneven grid, of 24ths say, these bring home what lies where few days have been.
    """
    some = column.support[:: len(column.support) // SPARE + 1]
    apart = (some[:, None] - some).ravel()
    away = np.abs(apart - by)
    like = apart[(away <= abs(by) * LIKE) & (away > 0.5 * 10.0**-DECIMALS)]
    amounts, votes = np.unique(np.round(like, DECIMALS), return_counts=True)
    return np.asarray(amounts[np.argsort(-votes, kind="stable")[:RIVALS]])


def _steps(column: Numbers) -> Array:
    """Steps between neighbouring values of the reference, both ways, and odd ones.

    On an even grid they bring home as much as any amount does.
    """
    between = np.quantile(np.diff(column.support), (0.1, 0.3, 0.5, 0.7, 0.9))
    odd = 0.37 * (column.grid or column.width / 50)
    some = np.unique(np.array([*between, *(2 * between)]))
    return np.array([*some, *-some, odd, -odd])
