"""Values that are out of place, and whether undoing a change brings them home."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from driftline.core.diagnosis._chance import at_least, gap
from driftline.core.diagnosis._numbers import Array, Mask, Numbers, grid_of
from driftline.core.diagnosis._transform import DISTINCT, LUCK, Fit, Transform, tells

HOME, MOST_HOME = 0.85, 0.5
"""Of foreign values, how many have to come home; and of those of which some may be a
season's."""


@dataclass(frozen=True, slots=True)
class Strange:
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


def coming_home(
    column: Numbers, strange: Strange, transform: Transform, tries: int
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


def _luck(strange: Strange, transform: Transform, slack: float) -> float:
    """The probability that so many distinct values come home by chance.

    By chance as many do as after neighbouring changes, or after its best rival.
    """
    some = strange.values[:: len(strange.values) // 50 + 1]
    tried = np.concatenate([near(some) for near in transform.neighbours])
    hits = strange.in_place(tried, slack).sum()
    chance = (
        (hits + 1) / (len(tried) + 2) if hits else min(strange.luck, 1 / len(tried))
    )
    rivals = [strange.in_place(move(some), slack).mean() for move in transform.rivals]
    home = int(strange.in_place(transform.inverse(some), slack).sum())
    return at_least(home, len(some), float(max([chance, *rivals])))


def _fitted(
    column: Numbers, strange: Strange, transform: Transform, at_home: float
) -> Fit | None:
    """The share concerned, of which only the values that are out of place are seen."""
    some = column.known[:: len(column.known) // 2000 + 1]
    there = transform.forward(some)
    seen = ~strange.in_place(there, 0.0)
    if strange.inside:
        seen &= column.within(there)
    landed = some[seen]
    undone = transform.inverse(np.repeat(strange.values, strange.rows))
    misfit = gap(undone, landed)
    share = strange.share * at_home / max(len(landed) / len(some), 0.02)
    if len(strange.values) < DISTINCT:
        exact = grid_of(strange.values, column.single) is None
        if not (exact or tells(misfit)):
            return None
    if share >= 0.85:  # a rounded value may be a known one by chance
        share = 1.0
    left = max(strange.share * (1 - at_home) - strange.usual, 0.0)
    explains = 1 - left / max(strange.share - strange.usual, 1e-9)
    return Fit(transform, share, float(np.clip(explains, 0, 1)), misfit)
