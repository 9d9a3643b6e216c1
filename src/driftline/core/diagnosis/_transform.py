"""Whether undoing a change explains numbers; long, for four tests share one notion of it.

*Grid*: values that the column could not hold become values that it holds, which
neighbouring changes of the same kind do not achieve. *Reach*: values lie where the
reference has never been, the undone ones are spread like the reference's, and the rest of
the day is as usual. *Whole*: every row moved, farther than any day strays, undoing it
leaves a usual day, and a relation to another column is broken until then. *Company*:
values that the column never took become values that it takes, and those of their day.

Constants without another source are judgements: half or twice of each leaves every bug and
every usual day of the tests told as it is, but that half of `APART` loses one of them.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._mixture import FAR
from driftline.core.diagnosis._numbers import (
    BEYOND,
    Array,
    Mask,
    Numbers,
    apart,
    grid_of,
    on_grid,
)
from driftline.core.diagnosis._relations import restores
from driftline.core.diagnosis._spike import looks_made_up
from driftline.core.diagnosis._strays import strays

Move = Callable[[Array], Array]

LUCK = 1e-3
"""How often chance alone may bring all foreign values home, over all changes tried.

Only columns that are out of bounds are asked about: with a digest a week, and one column
in it, one name in twenty years is luck.
"""

NO_LUCK = 4e-6
"""How often any number at all is on a grid, by the reach of `on_grid`, doubled."""

DISTINCT, MANY = 3, 6
"""Fewer different foreign values tell nothing of what was done to them: the second where
they may lie anywhere, as in a season that nobody has seen, and not far from their day.

Fewer would come home by `LUCK` where each does by a chance of 1 in 10, and of 3 in 10.
"""

SOME, LEAST_REST = 0.02, 0.1
"""Shares of a day: of foreign values from which on they tell, and of others from which on
they are a rest to compare with."""

AMID = (0.02, 0.98)
"""Between these quantiles a column is at home on every day."""

APART = 3.0
"""So many widths of the day's inner half beyond it a value is far from its day: Tukey's
outer fence (1977), beyond which a bell curve has 2 in a million."""

HOME, MOST_HOME, SURELY = 0.85, 0.5, 0.75
"""Of foreign values, how many have to come home; of those of which some may be a season's;
and how many where there is no rest to compare with."""


SLIGHT = 1.25
"""Smaller factors are told by their grid alone. A judgement: miles and nautical miles are
one, and no other pair of units is."""

NEARLY_ALL = 0.95
"""Of a day's values, how many are no season's any more."""

MOST_SHARE, FEW_MISFIT = 1.2, 1 / 3
"""A share of the rows that no estimate of one exceeds by chance, and how far one or two
values may be from what most rows would show."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One thing that may have been done to numbers, and how it is undone.

    `neighbours` undo something else of the same kind. `far` is whether it moves a
    column to where no world brings it, so that reach alone is evidence. A `free` one
    has an amount that was chosen to fit, of so many `tried`, so that a restored relation
    is no evidence.
    """

    words: str
    forward: Move
    inverse: Move
    neighbours: tuple[Move, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    far: bool = False
    free: bool = False
    tried: int = 1


@dataclass(frozen=True, slots=True)
class Fit:
    """A transform that explains a column, the share of rows and of the change.

    Undone values are where they belong but for `slack`: what was rounded today.
    """

    transform: Transform
    share: float
    explains: float
    misfit: float
    certain: bool = True
    slack: float = 0.0


def best_fit(day: Day, name: str, transforms: Sequence[Transform]) -> Fit | None:
    """The transform that explains a column of numbers, if one does."""
    column = day.numbers(name)
    if not column.usable or not transforms:
        return None
    for test in (_by_grid, _by_reach, _by_whole, _by_company):
        found = [fit for fit in test(day, name, transforms) if fit is not None]
        if found:
            return min(found, key=lambda fit: (round(-fit.explains, 1), fit.misfit))
    return None


@dataclass(frozen=True, slots=True)
class _Strange:
    """Some of today's values that are out of place, and which values are in place."""

    values: Array
    rows: npt.NDArray[np.int64]
    total: int
    usual: float
    in_place: Callable[[Array, float], Mask]
    step: float
    inside: bool
    least: int
    luck: float
    at_home: float = HOME

    @property
    def share(self) -> float:
        return float(self.rows.sum()) / self.total


def _by_grid(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
    """Values out of place that come home, and would not after neighbouring changes.

    Of the first kind of place that tells anything: it is the surer one.
    """
    column = day.numbers(name)
    for strange in _strange(column):
        fits = [_grid_fit(column, strange, t, 2 * len(transforms)) for t in transforms]
        if len(strange.values) >= strange.least and any(fits):
            return [fit for fit in fits if fit is not None]
    return []


def _by_company(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
    """Unknown values, wherever they lie, that come home and then belong to their day.

    A season takes a column to where it has not been, and no change of units brings that
    home. An amount does, by whole steps of an even grid: so that for a free one only
    values among the familiar ones count.
    """
    column = day.numbers(name)
    if not column.recurrent or column.foreign.mean() < SOME:
        return
    kinds = {
        free: _amid(column) if free else _unknown(day, name)
        for free in {t.free for t in transforms}
    }
    for transform in transforms:
        strange = kinds[transform.free]
        if len(strange.values) < strange.least or strange.share < SOME:
            continue
        fit = _grid_fit(column, strange, transform, 2 * len(transforms))
        if fit and _belongs(column, strange, fit):
            yield fit


def _amid(column: Numbers) -> _Strange:
    """The day's unknown values that lie amid the values of the reference."""
    low, high = np.quantile(column.known, AMID)
    amid = (column.today >= low) & (column.today <= high)
    found = np.unique(column.today[column.foreign & amid], return_counts=True)
    return _alone(column, found, column.is_home, MANY, MOST_HOME)


def _unknown(day: Day, name: str) -> _Strange:
    """The day's unknown values, which are at home too where the rest of their day is.

    Where some lie far from that rest it is they: the others are a season's.
    """
    column = day.numbers(name)
    far = column.foreign & (_apart(column.today) | strays(day, name))
    few = far.mean() < SOME
    strange = column.foreign if few else far
    rest = np.unique(column.today[~strange])

    def in_place(values: Array, slack: float) -> Mask:
        reach = np.maximum(column.close(values), slack)
        return column.is_home(values, slack) | (apart(rest, values) <= reach)

    found = np.unique(column.today[strange], return_counts=True)
    most = MOST_HOME if few and len(found[0]) >= MANY else HOME
    return _alone(column, found, in_place, DISTINCT, most)


def _alone(
    column: Numbers,
    found: tuple[Array, npt.NDArray[np.int64]],
    in_place: Callable[[Array, float], Mask],
    least: int,
    at_home: float,
) -> _Strange:
    values, rows = found
    step = (grid_of(values, column.single) if len(values) else None) or 0.0
    return _Strange(
        values, rows, len(column.today), 0.0, in_place, step, False, least, 1.0, at_home
    )


def _apart(today: Array) -> Mask:
    """Which values are far from most of their day."""
    low, high = np.quantile(today, (0.25, 0.75))
    return np.asarray(np.maximum(low - today, today - high) > APART * (high - low))


def _belongs(column: Numbers, strange: _Strange, fit: Fit) -> bool:
    """Whether undone values are spread as the rest of their day is.

    Nothing is left to compare with where all rows were changed: then most come home.
    """
    undone = fit.transform.inverse(np.repeat(strange.values, strange.rows))
    undone = undone[strange.in_place(undone, fit.slack)]
    rest = np.sort(column.today[~np.isin(column.today, strange.values)])
    if len(rest) < LEAST_REST * len(column.today):
        return fit.explains >= SURELY
    scale = math.sqrt(len(undone) * len(rest) / len(column.today))
    return _gap(undone, rest) * scale <= FAR


def _strange(column: Numbers) -> Iterable[_Strange]:
    """Values that are off the grid; then those between the known values.

    Values beyond the range tell little: a season takes a column there.
    """
    today, n = column.today, len(column.today)
    if column.off_grid.mean() > limit_of([0.0, 0.005], n):
        found = np.unique(today[column.off_grid], return_counts=True)
        yield _Strange(*found, n, 0.0, column.is_near, 0.0, False, 1, NO_LUCK)
    holes = column.foreign & column.within(today)
    if column.recurrent and holes.mean() > limit_of(column.usual_news, n):
        values, rows = np.unique(today[holes], return_counts=True)
        step = grid_of(values, column.single) or 0.0
        usual = float(np.median(column.usual_news))
        yield _Strange(
            values, rows, n, usual, column.is_home, step, True, DISTINCT, 1.0
        )


def _grid_fit(
    column: Numbers, strange: _Strange, transform: Transform, tries: int
) -> Fit | None:
    """The fit, if the values come home exactly or but for today's rounding."""
    for rounding in {0.0, strange.step / 2}:
        slack = _slack(transform, strange.values, rounding)
        home = strange.in_place(transform.inverse(strange.values), slack)
        at_home = float(strange.rows[home].sum() / strange.rows.sum())
        if (
            at_home >= strange.at_home
            and _luck(strange, transform, slack) * tries * transform.tried <= LUCK
        ):
            fit = _fitted(column, strange, transform, at_home)
            return None if fit is None else replace(fit, slack=slack)
    return None


def _slack(transform: Transform, values: Array, rounding: float) -> float:
    """How far a rounding of today's values moves the undone ones."""
    if not rounding:
        return 0.0
    at = float(np.median(values))
    moved = transform.inverse(np.array([at + rounding, at - rounding]))
    return float(abs(moved[0] - moved[1])) / 2 * 1.001


def _luck(strange: _Strange, transform: Transform, slack: float) -> float:
    """The probability that so many distinct values come home by chance."""
    some = strange.values[:: len(strange.values) // 50 + 1]
    tried = np.concatenate([near(some) for near in transform.neighbours])
    hits = strange.in_place(tried, slack).sum()
    chance = (
        (hits + 1) / (len(tried) + 2) if hits else min(strange.luck, 1 / len(tried))
    )
    home = int(strange.in_place(transform.inverse(some), slack).sum())
    return _at_least(home, len(some), float(chance))


def _fitted(
    column: Numbers, strange: _Strange, transform: Transform, at_home: float
) -> Fit | None:
    """The share concerned, of which only the values that are out of place are seen."""
    some = column.known[:: len(column.known) // 2000 + 1]
    there = transform.forward(some)
    seen = ~strange.in_place(there, 0.0)
    if strange.inside:
        seen &= column.within(there)
    landed = some[seen]
    undone = transform.inverse(np.repeat(strange.values, strange.rows))
    misfit = _gap(undone, landed)
    share = strange.share * at_home / max(len(landed) / len(some), 0.02)
    if len(strange.values) < DISTINCT:
        exact = grid_of(strange.values, column.single) is None
        if not (exact or _tells(share, misfit)):
            return None
    whole = column.distance(transform.inverse(column.today)) <= column.most_distance
    if share >= 0.85 and whole:  # a rounded value may be a known one by chance
        share = 1.0
    left = max(strange.share * (1 - at_home) - strange.usual, 0.0)
    explains = 1 - left / max(strange.share - strange.usual, 1e-9)
    return Fit(transform, min(share, 1.0), float(np.clip(explains, 0, 1)), misfit)


def _by_reach(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
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
        inside = float(
            (column.within(undone, margin) & _at_hand(column, undone)).mean()
        )
        share = len(gone) / len(today) * len(some) / max(len(landed), 1)
        misfit = _gap(undone, landed) + _off(column, undone)
        shaped = share <= MOST_SHARE and _alike(misfit, undone, column)
        shaped |= reach >= BEYOND and _as_wide(column, undone)
        if few:  # of so few values each has to be a known one, and a common one
            shaped = reach >= BEYOND and bool(column.is_home(undone).all())
            shaped &= _tells(share, misfit)
            shaped |= reach >= BEYOND and _among(column, undone, rest)
            shaped |= column.one_value_days and _is_one_day(column, gone, undone)
        if len(landed) and inside >= 0.95 and shaped:
            yield Fit(transform, min(share, 1.0), inside, misfit)


def _tells(share: float, misfit: float) -> bool:
    """Whether one or two values tell of a change: most rows would have shown these.

    Others are values that few days have had.
    """
    return misfit <= FEW_MISFIT and share <= MOST_SHARE


def _among(column: Numbers, undone: Array, rest: Array) -> bool:
    """Whether all undone values are values of the rest of their day."""
    if not len(rest):
        return False
    return bool((apart(np.unique(rest), undone) <= column.close(undone)).all())


def _is_one_day(column: Numbers, gone: Array, undone: Array) -> bool:
    """Whether a day's only value, which nobody writes for none, could be a day's undone."""
    one = len(np.unique(gone)) == 1 and not looks_made_up(float(gone[0]))
    return one and len(gone) == len(column.today) and bool(column.is_near(undone).all())


def _at_hand(column: Numbers, undone: Array) -> Mask:
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
    by_chance = _by_chance(np.sqrt(values) * misfit) > 0.01
    return by_chance or misfit <= 2 * min(column.most_distance, 0.15)


def _at_least(hits: int, tries: int, chance: float) -> float:
    """The probability of so many hits or more (binomial).

    >>> round(_at_least(2, 3, 0.5), 3)
    0.5
    """
    return sum(
        math.comb(tries, k) * chance**k * (1 - chance) ** (tries - k)
        for k in range(hits, tries + 1)
    )


def _by_chance(gap: float) -> float:
    """The probability of a scaled gap as large (Kolmogorov, 1933).

    >>> round(_by_chance(1.358), 3)
    0.05
    """
    if gap < 0.3:
        return 1.0
    terms = (float((-1) ** (k - 1) * np.exp(-2 * (k * gap) ** 2)) for k in range(1, 20))
    return 2 * sum(terms)


def _gap(some: Array, others: Array) -> float:
    """The largest gap between two distribution functions (Kolmogorov and Smirnov)."""
    if not len(some) or not len(others):
        return 1.0
    a, b = np.sort(some), np.sort(others)
    at = np.concatenate([a, b])
    left = np.searchsorted(a, at, side="right") / len(a)
    right = np.searchsorted(b, at, side="right") / len(b)
    return float(np.abs(left - right).max())


def _by_whole(day: Day, name: str, transforms: Sequence[Transform]) -> Iterable[Fit]:
    """Every row moved, farther than a day strays; undone, the day is a usual one."""
    column = day.numbers(name)
    far = column.strayed
    if column.one_value_days or far <= 2 * column.most_distance:
        return
    if len(column.support) < 2:  # all that is below one value is equally far from it
        return
    for transform in transforms:
        undone = transform.inverse(column.today)
        left = column.distance(undone)
        if left > column.most_distance or left > far / 4:
            continue
        if _at_hand(column, undone).mean() < SURELY:
            continue
        moved = transform.far or _all_come_home(column, undone)
        settled = moved and _unique(column, transform, left)
        told = not transform.free and not _is_slight(transform)
        if settled or (told and restores(day, name, undone)):
            yield Fit(transform, 1.0, column.explained(undone), left)


def _is_slight(transform: Transform) -> bool:
    """Whether a factor is one by which a world, too, scales a column: prices, a summer."""
    factor = float(transform.parameters.get("factor") or SLIGHT)
    return 1 / SLIGHT < factor < SLIGHT


def _all_come_home(column: Numbers, undone: Array) -> bool:
    """Whether no row holds a value that the column takes, and undone nearly all do."""
    if not column.recurrent or len(np.unique(undone)) < MANY:
        return False
    home = float(column.is_home(undone).mean())
    return min(float(column.foreign.mean()), home) >= NEARLY_ALL


def _unique(column: Numbers, transform: Transform, left: float) -> bool:
    """Whether no other day strayed a quarter as far, and no neighbour undoes it better."""
    near = min(column.distance(other(column.today)) for other in transform.neighbours)
    stray = column.strayed >= 4 * column.most_distance
    return stray and left <= near
