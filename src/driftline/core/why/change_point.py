"""Since when a statistic has been off, from its values window by window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LOUDEST = 5.0
"""Deviations that a window counts at most where today has fewer.

No window counts more than today does: one mad day is not the start of a change.
"""

WITHIN = 4.0
"""How much less likely an end of the interval may be, as twice the log-likelihood.

The 95 % point of chi-square with one degree of freedom is 3.84.
"""


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The first window after the change, and the first and last that it may be."""

    index: int
    earliest: int
    latest: int


def change_point(deviations: Sequence[float]) -> ChangePoint | None:
    """Where the mean of deviations from the usual left 0, if it did before the end.

    Deviations are in units of an ordinary day's; the last is today's. The likelihood
    ratio of a shift of unknown size from window k on, (sum from k)² / (windows from k),
    is greatest at the estimate (Hinkley, Biometrika 57, 1970, with a known mean before).
    None when even there nothing is likely.

    >>> change_point([0.1, -0.3, 0.2, 3.1, 2.8, 3.3])
    ChangePoint(index=3, earliest=3, latest=3)
    """
    if not deviations:
        return None
    loudest = min(max(LOUDEST, abs(deviations[-1])), 1e6)
    known = np.clip(np.asarray(deviations, dtype=float), -loudest, loudest)
    after = np.cumsum(known[::-1])[::-1]
    likelihood = after**2 / np.arange(len(known), 0, -1)
    best = int(np.argmax(likelihood))
    if likelihood[best] < WITHIN:
        return None
    possible = np.flatnonzero(likelihood > likelihood[best] - WITHIN)
    return ChangePoint(best, int(possible[0]), int(possible[-1]))
