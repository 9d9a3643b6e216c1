"""What a day does to rows' residuals besides chance: a mixed model over cells of columns.

A row's residual is `what all rows of the day share + usual effects of its cells + what
the day adds to each cell + noise`. Storms at one airport hit the carriers that fly from
there: what the day adds to the airport's cell is no carrier's fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from driftline.core.one_thread import one_thread_of

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

STEPS = 3
"""Steps of Fisher's scoring: variances hardly move after these."""

DOUBT = 20.0
"""Rows of no effect that every cell's usual effect is drawn towards.

As ridge regression has it (Hoerl and Kennard, 1970), for usual effects of about a fifth of a
row's deviation, 1 / sqrt(20). A judgement: with half or twice as many, flights' groups were
told of on the same days, and flipped labels as soon.
"""

SHARED = 1e4
"""Variance of what all rows of a day share, in units of a row's: it cancels out."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A window's rows by cell: how many, how many with each other cell, and their residuals.

    `together` has a row per cell and a column per cell that is adjusted for; the last
    cell is one that holds every row. `square` is the sum of squared residuals. An effect
    of 1 moves a row by `weight`, and the variance of a row's noise grows with it.
    """

    together: Array
    sums: Array
    square: float
    weight: float = 1.0

    @property
    def rows(self) -> Array:
        """Rows of each cell."""
        rows: Array = self.together[:, -1]
        return rows

    @property
    def moved(self) -> Array:
        """By how much an effect of 1 in a cell that is adjusted for moves each cell's sum."""
        return self.together * self.weight


@dataclass(frozen=True, slots=True)
class Effects:
    """What is known of the cells that are adjusted for, `places` among all cells.

    `usual` is the lasting effect of each, `between` the variance of what a day adds to
    it, `noise` that of a row.
    """

    places: Codes
    usual: Array
    between: Array
    noise: float

    def contrasts(self, day: Counted) -> tuple[Array, Array]:
        """Per cell: by how much its rows part from the others beyond the usual; its error.

        Generalised least squares (Aitken): other cells' share of the day is taken off
        as far as it is known, and what is not known of it widens the error.
        """
        with one_thread_of("blas"):
            score, power = self._projected(day, day.moved)
        safe = np.maximum(power, 1e-12)
        return score / safe, 1 / np.sqrt(safe)

    def _projected(self, day: Counted, cells: Array) -> tuple[Array, Array]:
        """Score of each cell and its variance, by Woodbury's identity."""
        inner = cells[self.places]
        left = day.sums - cells @ self.usual
        pull = cells * np.sqrt(self.between) / self.noise**0.5
        kernel = _kernel(inner, self.between, self.noise)
        solved = np.linalg.solve(kernel, pull.T).T
        seen = np.sqrt(self.between) * left[self.places] / self.noise**0.5
        power = cells[:, -1] - (solved * pull).sum(axis=1)
        return (left - solved @ seen) / self.noise, power / self.noise


def learn_effects(days: Sequence[Counted], places: Codes, columns: Codes) -> Effects:
    """The effects on the reference's days; `columns` numbers the columns of the places.

    Variances are those that explain how far the cells' scores stray (iterated MINQUE,
    that is restricted maximum likelihood where none is negative).
    """
    with one_thread_of("blas"):
        return _learned(days, places, columns)


def _learned(days: Sequence[Counted], places: Codes, columns: Codes) -> Effects:
    inner = sum(day.moved[places] for day in days)
    sums = sum(day.sums[places] for day in days)
    doubt = DOUBT * float(np.mean([day.weight for day in days]))
    drawn = inner + doubt * np.eye(len(places))
    usual: Array = np.linalg.solve(drawn, sums).astype(np.float64)
    whole = _within(days)
    owned = np.eye(columns[-1] + 1)[columns][:, :-1]
    variances = np.zeros(owned.shape[1])
    found = Effects(places, usual, np.zeros(len(places)), whole)
    for _ in range(STEPS):
        noise = max(whole - float(variances.sum()), whole / 2)
        between = np.append((owned @ variances)[:-1], SHARED * noise)
        found = Effects(places, usual, between, noise)
        variances = _scored(days, found, owned, variances)
    return found


def _kernel(inner: Array, between: Array, noise: float) -> Array:
    root = np.sqrt(between / noise)
    kernel: Array = root[:, None] * inner * root + np.eye(len(root))
    return kernel


def _within(days: Sequence[Counted]) -> float:
    """The variance of a row of weight 1 around its day's mean."""
    rows = sum(day.rows[-1] for day in days)
    apart = sum(
        (day.square - day.sums[-1] ** 2 / max(day.rows[-1], 1)) / day.weight
        for day in days
    )
    return max(float(apart / max(rows - len(days), 1)), 1e-12)


def _scored(
    days: Sequence[Counted], now: Effects, owned: Array, variances: Array
) -> Array:
    """The variances after one step."""
    information = np.zeros((len(variances), len(variances)))
    excess = np.zeros(len(variances))
    for day in days:
        inner = day.moved[now.places]
        left = day.sums[now.places] - inner @ now.usual
        root = np.sqrt(now.between / now.noise)
        solved = np.linalg.solve(
            _kernel(inner, now.between, now.noise), root[:, None] * inner
        )
        weight = (inner - (inner * root) @ solved) / now.noise
        score = (left - solved.T @ (root * left)) / now.noise
        information += owned.T @ np.square(weight) @ owned
        excess += owned.T @ (np.square(score) - weight.diagonal())
    step = np.linalg.lstsq(information, excess, rcond=None)[0]
    return np.maximum(variances + step, 0.0)
