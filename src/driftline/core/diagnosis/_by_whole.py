"""Every row moved, farther than any day strays, and undoing it leaves a usual day."""

from collections.abc import Iterable, Sequence

import numpy as np

from driftline.core.diagnosis._by_reach import at_hand
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Numbers, grid_of
from driftline.core.diagnosis._relations import restores
from driftline.core.diagnosis._transform import MANY, Fit, Transform

SURELY = 0.75
"""Of the values of a day that was moved, how many have to be at hand once undone."""

SLIGHT = 1.25
"""Smaller factors are told by their grid alone. A judgement: miles and nautical miles are
one, and no other pair of units is."""

NEARLY_ALL, FEW_BY_CHANCE = 0.95, 0.8
"""Of a day's values, how many are no season's any more; and of the reference's, how many a
change has to take to where none is, that those of a day may tell. Judgements."""


def by_whole(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
    """Every row moved, farther than a day strays; undone, the day is a usual one."""
    column = day.numbers(name)
    far = column.strayed
    if column.one_value_days or far <= 2 * column.most_distance:
        return
    for transform in transforms:
        undone = transform.inverse(column.today)
        left = column.distance(undone)
        if left > column.most_distance or left > far / 4:
            continue
        if at_hand(column, undone).mean() < SURELY or _stands(column, undone):
            continue
        if _shows_nothing(column, transform):
            continue
        moved = transform.far or _all_come_home(column, transform, undone)
        settled = moved and far >= 4 * column.most_distance
        told = not transform.free and not _is_slight(transform)
        if settled or (told and restores(day, name, undone)):
            yield Fit(transform, 1.0, column.explained(undone), left)


def _stands(column: Numbers, undone: Array) -> bool:
    """Whether most rows are the same once undone: no row of theirs moved."""
    return bool(np.mean(undone == column.today) > 0.5)


def _shows_nothing(column: Numbers, transform: Transform) -> bool:
    """Whether today holds known values where the change would have left unknown ones.

    As many as half of what it leaves is a trace. The source may have rounded to today's
    grid. What lies beyond the reference's range may be a season's, and does not count.
    """
    some = transform.forward(column.known[:: len(column.known) // 2000 + 1])
    step = grid_of(np.unique(column.today), column.single)
    left = np.round(some / step) * step if step else some
    left, today = (v[column.within(v)] for v in (left, column.today))
    if min(len(left), len(today)) < MANY:
        return False
    return _unknown_share(column, today) < _unknown_share(column, left) / 2


def _unknown_share(column: Numbers, values: Array) -> float:
    """Of the values, the share that the reference's column could not hold."""
    return float((~column.is_home(values)).mean())


def _is_slight(transform: Transform) -> bool:
    """Whether a factor is one by which a world, too, scales a column: prices, a summer."""
    factor = float(transform.parameters.get("factor") or SLIGHT)
    return 1 / SLIGHT < factor < SLIGHT


def _all_come_home(column: Numbers, transform: Transform, undone: Array) -> bool:
    """Whether nearly no row holds a value that the column takes, and undone nearly all do.

    No more rows than the change leaves on known values by chance, which are few.
    """
    if not column.recurrent or len(np.unique(undone)) < MANY:
        return False
    some = column.known[:: len(column.known) // 2000 + 1]
    left = _unknown_share(column, transform.forward(some))
    if left < FEW_BY_CHANCE or float(column.foreign.mean()) < NEARLY_ALL * left:
        return False
    return float(column.is_home(undone).mean()) >= NEARLY_ALL
