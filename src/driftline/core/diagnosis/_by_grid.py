"""Values that the column could not hold become values that it holds."""

from collections.abc import Iterable, Sequence

import numpy as np

from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._numbers import Array, Numbers, grid_of, on_grid
from driftline.core.diagnosis._strange import Strange, coming_home
from driftline.core.diagnosis._transform import DISTINCT, Fit, Transform

SOME = 0.1
"""Where more of the values than this are off a grid, it is not theirs. A judgement."""

NO_LUCK = 4e-6
"""How often any number at all is on a grid, by the reach of `on_grid`, doubled."""


def by_grid(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
    """Values out of place that come home, and would not after neighbouring changes.

    Of the first kind of place that tells anything: it is the surer one.
    """
    column = day.numbers(name)
    for strange in _strange(column):
        fits = [
            coming_home(column, strange, t, 2 * len(transforms)) for t in transforms
        ]
        if len(strange.values) >= strange.least and any(fits):
            return [fit for fit in fits if fit is not None]
    return []


def _strange(column: Numbers) -> Iterable[Strange]:
    """Values that are off the grid; then those between the known values.

    Values beyond the range tell little: a season takes a column there.
    """
    today, n = column.today, len(column.today)
    if column.off_grid.mean() > limit_of([0.0, 0.005], n):
        found = np.unique(today[column.off_grid], return_counts=True)
        if not _is_fine(column, found[0]):
            yield Strange(*found, n, 0.0, column.is_near, 0.0, False, 1, NO_LUCK)
    holes = column.foreign & column.within(today)
    if column.recurrent and holes.mean() > limit_of(column.usual_news, n):
        values, rows = np.unique(today[holes], return_counts=True)
        step = grid_of(values, column.single) or 0.0
        usual = float(np.median(column.usual_news))
        yield Strange(values, rows, n, usual, column.is_home, step, True, DISTINCT, 1.0)


def _is_fine(column: Numbers, values: Array) -> bool:
    """Whether as small values of the reference are off the grid too, as of so many digits."""
    most = float(np.abs(values).max())
    small = column.support[np.abs(column.support) <= most]
    if column.grid is None or not len(small) or len(small) == len(column.support):
        return False
    return float((~on_grid(small, column.grid, column.single)).mean()) > SOME
