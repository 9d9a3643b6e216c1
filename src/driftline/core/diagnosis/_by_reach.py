"""Values lie where the reference has never been, and undone are spread like its."""

from collections.abc import Iterable, Sequence

import numpy as np

from driftline.core.diagnosis._beside import looks_made_up
from driftline.core.diagnosis._chance import by_chance, gap
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import (
    BEYOND,
    Array,
    Mask,
    Numbers,
    apart,
    on_grid,
)
from driftline.core.diagnosis._transform import (
    DISTINCT,
    Fit,
    Transform,
    tells,
)

MOST_SHARE = 1.2
"""A share of the rows that no estimate of one exceeds by chance."""


def by_reach(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
    """Values far outside the range that, undone, are spread as the reference's are."""
    column = day.numbers(name)
    today = column.today
    reaches = column.reach(today)
    gone, rest = today[reaches >= 1], today[reaches < 1]
    if len(gone) < max(DISTINCT, 0.02 * len(today)):
        return
    few = len(np.unique(gone)) < DISTINCT
    reach = float(np.median(reaches[reaches >= 1]))
    if reach < BEYOND and (
        len(np.unique(gone)) == DISTINCT or not _as_usual(column, rest)
    ):
        return
    some = column.known[:: len(column.known) // 2000 + 1]
    for transform in (t for t in transforms if t.far):
        landed = some[column.reach(transform.forward(some)) >= 1]
        undone = transform.inverse(gone)
        margin = column.width * (0.25 if reach < BEYOND else 1.0)
        inside = float((column.within(undone, margin) & at_hand(column, undone)).mean())
        share = len(gone) / len(today) * len(some) / max(len(landed), 1)
        misfit = gap(undone, landed) + _off(column, undone)
        shaped = share <= MOST_SHARE and _alike(misfit, undone, column)
        shaped |= reach >= BEYOND and _as_wide(column, undone)
        if few:  # of so few values each has to be a known one, and a common one
            shaped = reach >= BEYOND and bool(column.is_home(undone).all())
            shaped &= tells(misfit)
            shaped |= reach >= BEYOND and _among(column, undone, rest)
            shaped |= column.one_value_days and _is_one_day(column, gone, undone)
        if len(landed) and inside >= 0.95 and shaped:
            yield Fit(transform, min(share, 1.0), inside, misfit)


def _among(column: Numbers, undone: Array, rest: Array) -> bool:
    """Whether all undone values are values of the rest of their day."""
    if not len(rest):
        return False
    return bool((apart(np.unique(rest), undone) <= column.close(undone)).all())


def _is_one_day(column: Numbers, gone: Array, undone: Array) -> bool:
    """Whether a day's only value, which nobody writes for none, could be a day's undone.

    Those of whole days count, and as far beyond them as they lie apart: the column's other
    values are no day's.
    """
    one = len(np.unique(gone)) == 1 and not looks_made_up(float(gone[0]))
    if not one or len(gone) != len(column.today):
        return False
    alone = np.array([day[0] for day in column.by_day if np.ptp(day) == 0])
    reach = 1.5 * np.ptp(alone) + column.close(undone)
    as_days = np.abs(undone - (alone.min() + alone.max()) / 2) <= reach
    return bool((column.is_near(undone) & as_days).all())


def at_hand(column: Numbers, undone: Array) -> Mask:
    """Which undone values are not themselves out of the reference's reach."""
    return np.asarray(column.reach(undone) < 1)


def _off(column: Numbers, undone: Array) -> float:
    """The share of undone values that are not on the reference's grid."""
    if column.grid is None:
        return 0.0
    return float((~on_grid(undone, column.grid, column.single)).mean())


def _as_wide(column: Numbers, undone: Array) -> bool:
    """Whether undone values are spread by a fifth of what a reference day is, or more."""
    return float(np.ptp(undone)) >= 0.2 * float(
        np.median([np.ptp(d) for d in column.by_day])
    )


def _as_usual(column: Numbers, rest: Array) -> bool:
    """Whether the rows that did not move are spread as on a reference day.

    Values that would have moved may be missing from them, so they may be none.
    """
    if len(rest) < 0.3 * len(column.today):
        return True
    return column.distance(rest) <= 1.5 * column.most_distance


def _alike(misfit: float, undone: Array, column: Numbers) -> bool:
    """Whether a gap is one that days show, or chance in so few values."""
    values = len(np.unique(undone))
    return by_chance(np.sqrt(values) * misfit) > 0.01 or misfit <= 2 * min(
        column.most_distance, 0.15
    )
