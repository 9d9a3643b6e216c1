"""What may have been done to numbers, and how well undoing it explains them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from driftline.core.diagnosis._numbers import Array

Move = Callable[[Array], Array]

LUCK = 1e-3
"""How often chance alone may bring all foreign values home, over all changes tried.

Only columns that are out of bounds are asked about: with a digest a week, and one column
in it, one name in twenty years is luck.
"""

DISTINCT, MANY = 3, 6
"""Fewer different foreign values tell nothing of what was done to them: the second where
they may lie anywhere, as in a season that nobody has seen, and not far from their day.

Fewer would come home by `LUCK` where each does by a chance of 1 in 10, and of 3 in 10.
"""

FEW_MISFIT = 1 / 3
"""How far one or two values may be from what most rows would show."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One thing that may have been done to numbers, and how it is undone.

    `neighbours` undo something else of the same kind. `far` is whether it moves a
    column to where no world brings it, so that reach alone is evidence. A `free` one
    has an amount that was chosen to fit, of so many `tried`, so that a restored relation
    is no evidence. `rivals` undo what the column's own values are apart.
    `mirrors` is whether every grid stays the same, so that coming home is no evidence.
    """

    words: str
    forward: Move
    inverse: Move
    neighbours: tuple[Move, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    far: bool = False
    free: bool = False
    tried: int = 1
    rivals: tuple[Move, ...] = ()
    mirrors: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """A transform that explains a column, the share of rows and of the change.

    Undone values are where they belong but for `slack`: what was rounded today.
    """

    transform: Transform
    share: float
    explains: float
    misfit: float
    slack: float = 0.0


def tells(misfit: float) -> bool:
    """Whether one or two values tell of a change: most rows would have shown these.

    Others are values that few days have had.
    """
    return misfit <= FEW_MISFIT
