"""Relations between columns: what a changed world keeps and broken data does not."""

import numpy as np
import polars as pl

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Mask, Numbers

STRONG = 0.3
"""The share of a column's variance of ranks that another has to explain."""

NEARLY_ALL = 0.9
"""The share of days on which two columns have to go along for it to say anything."""

HALF = 0.5
"""As closely as on half a usual day they go along."""

CELLS = 10
"""Into how many parts the other column is cut."""

SOME = 4000
"""Reference rows from which the strength of a relation is measured."""


def restores(day: Day, name: str, undone: Array) -> bool:
    """Whether the undone values stand to the strongest related column as they used to.

    False where no other column is related, where one is where it has never been, or
    where nothing is broken to begin with: a warm day is warm by every thermometer, and
    in a season that nobody has seen nothing says how columns stand to each other. A
    column that is not as usual itself is passed over.
    """
    column = day.numbers(name)
    partners = _partners(day, column, {name})
    if any(_is_elsewhere(day, other) for other in partners):
        return False
    for other in partners:
        cells = _cells(day, other)
        if cells is None:
            continue
        before, now = cells
        moved = _strays(column, before, now, column.today)
        settled = _strays(column, before, now, undone)
        return moved > 2.0 and settled <= 1.0
    return False


def goes_along(day: Day, column: Numbers, but: set[str]) -> bool | None:
    """Whether numbers rise today with the column that tells most of them, as they used to.

    Or fall with it, as on nearly all days. None where none of the columns but these does.
    """
    for other in _partners(day, column, but):
        if other not in day.numeric:
            continue
        partner = day.numbers(other)
        days = [column.window == number for number in range(day.days)]
        usual = [_slope(column.before[one], partner.before[one]) for one in days]
        middle = float(np.median(usual))
        alike = np.mean(np.sign(usual) == np.sign(middle))
        if middle and alike >= NEARLY_ALL:
            return _slope(column.now, partner.now) / middle > HALF
    return None


def _slope(values: Array, others: Array) -> float:
    """How evenly values rise with the others, -1 to 1 (Pearson), of rows that have both.

    0 where one of them does not change.

    >>> round(_slope(np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 9.0])), 6)
    1.0
    """
    held = np.isfinite(values) & np.isfinite(others)
    if not held.any():
        return 0.0
    some, rest = (one[held] - one[held].mean() for one in (values, others))
    size = float(np.sqrt(np.square(some).sum() * np.square(rest).sum()))
    return float((some * rest).sum()) / size if size else 0.0


def _partners(day: Day, column: Numbers, but: set[str]) -> list[str]:
    """Columns that tell a good part of this one in the reference, the best first."""
    held = np.isfinite(column.before)
    picked = np.flatnonzero(held)[:: max(int(held.sum()) // SOME, 1)]
    ranks = np.searchsorted(column.known, column.before[picked]).astype(float)
    strength = {}
    for other in [*day.numeric, *day.categorical]:
        if other not in but:
            codes = _codes_before(day, other)
            strength[other] = _told(codes[picked], ranks)
    best = sorted(strength, key=lambda other: -strength[other])
    return [other for other in best if strength[other] >= STRONG][:3]


def _told(codes: np.ndarray, ranks: Array) -> float:
    """The share of the variance between the cells (the correlation ratio)."""
    rows = np.bincount(codes + 1)
    sums = np.bincount(codes + 1, weights=ranks, minlength=len(rows))
    held = rows > 1
    mean, total = ranks.mean(), float(np.square(ranks - ranks.mean()).sum())
    if total <= 0 or held.sum() < 2:
        return 0.0
    between = float((rows[held] * np.square(sums[held] / rows[held] - mean)).sum())
    chance = total * (held.sum() - 1) / max(len(ranks) - 1, 1)
    return float((between - chance) / total)


def _edges(column: Numbers) -> Array:
    return np.unique(np.quantile(column.known, np.linspace(0, 1, CELLS + 1)[1:-1]))


def _codes_before(day: Day, name: str) -> np.ndarray:
    """The cell of each reference row; -1 where the value is missing."""
    if name in day.numeric:
        column = day.numbers(name)
        if not column.usable:
            return np.full(len(column.before), -1)
        codes = np.searchsorted(_edges(column), column.before)
        return np.where(np.isfinite(column.before), codes, -1)
    return _category_codes(day, name)[0]


def _category_codes(day: Day, name: str) -> tuple[np.ndarray, np.ndarray]:
    column = day.categories(name)
    number = {value: i for i, value in enumerate(sorted(column.sampled))}

    def codes(side: pl.Series) -> np.ndarray:
        return np.array([number.get(value, -1) for value in side.to_list()], dtype=int)

    return codes(column.before), codes(column.now)


def _cells(day: Day, other: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The cells of both sides by a column that is itself as usual today."""
    if other in day.numeric:
        column = day.numbers(other)
        if column.strayed > column.most_distance:
            return None
    elif day.categories(other).new:
        return None
    return cells_of(day, other)


def cells_of(day: Day, other: str) -> tuple[np.ndarray, np.ndarray]:
    """The cell of each row of both sides; -1 where it has none, or none that is known."""
    if other not in day.numeric:
        return _category_codes(day, other)
    column = day.numbers(other)
    then = _codes_before(day, other)
    if not column.usable:
        return then, np.full(len(column.now), -1)
    now = np.searchsorted(_edges(column), column.now)
    return then, np.where(column.present, now, -1)


def _is_elsewhere(day: Day, other: str) -> bool:
    """Whether most of a column's numbers are beyond all that the reference holds."""
    if other not in day.numeric or not day.numbers(other).usable:
        return False
    column = day.numbers(other)
    return float(column.within(column.today).mean()) < 1 / 2


def _strays(
    column: Numbers, before: np.ndarray, now: np.ndarray, today: Array
) -> float:
    """How far today's ranks within the cells stray, in those of the worst reference day."""
    held = np.isfinite(column.before) & (before >= 0)
    values, cells, days = column.before[held], before[held], column.window[held]
    ranks = _ranks(values, cells, values, cells)
    worst = max(
        (_from_even(ranks[days == day]) for day in np.unique(days)), default=1.0
    )
    mine = now[column.present]
    return _from_even(_ranks(values, cells, today, mine)) / max(worst, 1e-9)


def _ranks(values: Array, cells: np.ndarray, of: Array, of_cells: np.ndarray) -> Array:
    """Where each value stands among the reference's values of its own cell, 0 to 1."""
    found = np.full(len(of), np.nan)
    for cell in np.unique(cells):
        known = np.sort(values[cells == cell])
        asked: Mask = of_cells == cell
        left = np.searchsorted(known, of[asked], side="left")
        right = np.searchsorted(known, of[asked], side="right")
        found[asked] = (left + right) / (2 * len(known))
    return np.asarray(found[np.isfinite(found)])


def _from_even(ranks: Array) -> float:
    """Mean distance of ordered ranks from evenly spaced ones."""
    n = len(ranks)
    if n < 5:
        return 0.0
    return float(np.abs(np.sort(ranks) - (np.arange(n) + 0.5) / n).mean())
