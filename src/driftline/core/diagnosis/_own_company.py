"""Whether the rows of one value are, beside it, as rows of that value are."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Mask
from driftline.core.diagnosis._relations import cells_of
from driftline.core.diagnosis._strays import off_clock
from driftline.core.diagnosis._transform import LUCK

KNOWN = 20
"""Reference rows of a value from which on it is known what goes with it. A judgement."""


HALF = 0.5
"""Of the rows of a value, how many have another hour than their stamps where it is wrong."""


def is_rightly_there(day: Day, name: str, known: float | None, mine: Mask) -> bool:
    """Whether rows hold what their time stamps or other columns say, if it is a `known` value.

    A day that was short, or began early, has the hours of its rows.
    """
    told = off_clock(day, name)
    if told is not None and float(told[mine].mean()) < HALF:
        return True
    return known is not None and is_chosen(day, name, known, mine)


def is_chosen(day: Day, name: str, value: float, mine: Mask) -> bool:
    """Whether the value came with its own company: more rows of it, and nothing filled in.

    The column that tells most rows of the value from others decides, where it can: rows
    into which the value was filled are there as any other rows. What the model says follows
    the value and tells nothing, and neither does a value that the reference hardly has.
    """
    before = day.numbers(name).before
    own = before == value
    if own.sum() < KNOWN or own.all():
        return False
    usual, share = float(own.mean()), float(mine.mean())
    kept = min(usual * (1 - share) / ((1 - usual) * share), 1.0)
    best, chosen = -np.log(LUCK), False
    for other in [*day.numeric, *day.categorical]:
        if other == name or other in day.outputs:
            continue
        then, now = (codes + 1 for codes in cells_of(day, other))
        cells = int(max(then.max(), now.max())) + 1
        with_it, without = _shares(then[own], cells), _shares(then[~own], cells)
        tells = np.log(with_it / without)
        filled = kept * with_it + (1 - kept) * without
        apart = float((with_it - filled) @ tells)
        if apart * mine.sum() > best:
            best = apart * float(mine.sum())
            halfway = float((with_it + filled) @ tells) / 2
            chosen = float(tells[now[mine]].mean()) > halfway
    return chosen


def _shares(codes: np.ndarray, cells: int) -> Array:
    """The share of each cell; one that no row has counts as a row (Laplace)."""
    return np.asarray((np.bincount(codes, minlength=cells) + 1) / (len(codes) + cells))
