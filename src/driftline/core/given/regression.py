"""What the other columns of a row say of each of its numbers: ridge regressions at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from driftline.core.given.rows import Array, Mask, Rows, sorted_values
from driftline.core.joint.coding import Coding
from driftline.core.one_thread import one_thread_of

RIDGE = 1e-3
"""Added to every variance: a thousandth of a number's, so that twins can be told apart."""

MATTERS = 0.1
"""Standard deviations by which unknown values of a row may move what is expected of it."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Every number by the other columns of its row, as normal scores of the rows learned from.

    `known` are a number's values there, sorted. `means` has one for each number and then
    for each cell of the categories, and `weights` a row for each number: what one of these
    adds to what is expected of it, 0 for itself, beside the `level` of usual rows.
    """

    numbers: tuple[str, ...]
    categories: tuple[Coding, ...]
    known: tuple[Array, ...]
    means: Array
    weights: Array
    level: Array

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that say something, in the order of `pulls`."""
        return (*self.numbers, *(coding.column for coding in self.categories))

    @property
    def pulls(self) -> Array:
        """By how much each source moves each number, in standard deviations of its score.

        Shape (numbers, sources); of categories by how often each cell was met.
        """
        count = len(self.numbers)
        moved = np.square(self.weights)
        moved[:, count:] *= self.means[count:] * (1 - self.means[count:])
        starts = count + np.cumsum([0, *(c.cells for c in self.categories)])[:-1]
        parts = [np.arange(count), *([starts] if self.categories else [])]
        return np.sqrt(np.add.reduceat(moved, np.concatenate(parts), axis=1))

    def partners(self, name: str) -> list[str]:
        """The columns that a number goes with, the one that moves it most first."""
        pulls = self.pulls[self.numbers.index(name)]
        return [self.sources[i] for i in np.argsort(-pulls) if pulls[i] >= MATTERS]

    def residuals(self, rows: Rows) -> Array:
        """Scores less what is expected of them, shape (rows, numbers).

        NaN where the number is missing, and where what other columns lack, or have never
        said before, would matter. Where it would not, they say what they usually do.
        """
        scores = rows.scores(self.known)
        unheard = self._unheard(rows.cells)
        sizes = [coding.cells for coding in self.categories]
        usual = np.repeat(unheard, sizes, axis=1)
        cells = np.where(usual, self.means[len(self.numbers) :], rows.cells)
        beside = np.hstack([np.nan_to_num(scores), cells]) - self.means
        unknown = np.hstack([np.isnan(scores), unheard])
        with one_thread_of("blas"):
            found: Array = scores - self.level - beside @ self.weights.T
            lost = unknown.astype(np.float64) @ self.pulls.T
        return np.where(lost <= MATTERS, found, np.nan)

    def _unheard(self, cells: Array) -> Mask:
        """Whether a category is in no cell that a row was in; shape (rows, categories)."""
        count, start = len(self.numbers), 0
        parts = []
        for coding in self.categories:
            stop = start + coding.cells
            met = self.means[count + start : count + stop] > 0
            parts.append(~(cells[:, start:stop] * met).any(axis=1))
            start = stop
        rows = len(cells)
        return np.column_stack(parts) if parts else np.zeros((rows, 0), dtype=bool)


def learn(
    rows: Rows, numbers: Sequence[str], categories: Sequence[Coding]
) -> Regression:
    """The regressions of these numbers on each other and on the categories.

    All follow from one inverse: the coefficients of a column on all others are its row of
    the inverse covariance, over what is on the diagonal (Lauritzen, 1996, section 5.1).
    """
    known, count = sorted_values(rows), len(numbers)
    scores = rows.scores(known)
    columns = np.hstack([np.nan_to_num(scores), rows.cells])
    means = columns.mean(axis=0)
    apart = columns - means
    ridge = RIDGE * np.eye(columns.shape[1])
    with one_thread_of("blas"):
        inverse = np.linalg.inv(apart.T @ apart / len(apart) + ridge)
        weights = -inverse[:count] / inverse.diagonal()[:count, None]
        np.fill_diagonal(weights, 0.0)
        left = scores - apart @ weights.T
    there = ~np.isnan(left)
    level = np.where(there, left, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return Regression(tuple(numbers), tuple(categories), known, means, weights, level)
