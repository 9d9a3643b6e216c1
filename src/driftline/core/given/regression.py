"""What the other columns of a row say of each of its numbers: ridge regressions at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.joint.coding import Codes, Coding
from driftline.core.one_thread import one_thread_of

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

RIDGE = 1e-3
"""Added to every variance: a thousandth of a number's, so that twins can be told apart."""

MATTERS = 0.1
"""Standard deviations by which unknown values of a row may move what is expected of it."""

SCALE_STEPS = 2_000
"""Parts of the scale of normal scores: a number's ends lie at 3.5 deviations."""


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

    def scores(self, table: pl.DataFrame) -> Array:
        """The normal score of every number, shape (rows, numbers); NaN where there is none."""
        return np.column_stack(
            [
                _scores(finite_or_nan(table, name), known)
                for name, known in zip(self.numbers, self.known, strict=True)
            ]
        )

    def residuals(self, table: pl.DataFrame) -> Array:
        """Scores less what is expected of them, shape (rows, numbers).

        NaN where the number is missing, and where what other columns lack, or have never
        said before, would matter.
        """
        scores, cells = self.scores(table), _cells(self.categories, table)
        beside = np.hstack([np.nan_to_num(scores), cells]) - self.means
        unknown = np.hstack([np.isnan(scores), self._unheard(cells)])
        with one_thread_of("blas"):
            found: Array = scores - self.level - beside @ self.weights.T
            lost = unknown.astype(np.float64) @ self.pulls.T
        return np.where(lost <= MATTERS, found, np.nan)

    def _unheard(self, cells: Array) -> Mask:
        """Whether a category is in a cell that no row was in; shape (rows, categories)."""
        count, start = len(self.numbers), 0
        parts = []
        for coding in self.categories:
            stop = start + coding.cells
            never = self.means[count + start : count + stop] == 0
            parts.append((cells[:, start:stop] * never).any(axis=1))
            start = stop
        rows = len(cells)
        return np.column_stack(parts) if parts else np.zeros((rows, 0), dtype=bool)


def learn(
    table: pl.DataFrame, numbers: Sequence[str], categories: Sequence[Coding]
) -> Regression:
    """The regressions of these numbers on each other and on the categories.

    All follow from one inverse: the coefficients of a column on all others are its row of
    the inverse covariance, over what is on the diagonal (Lauritzen, 1996, section 5.1).
    """
    known = tuple(_sorted(finite_or_nan(table, name)) for name in numbers)
    scores = np.column_stack(
        [
            _scores(finite_or_nan(table, name), values)
            for name, values in zip(numbers, known, strict=True)
        ]
    )
    columns = np.hstack([np.nan_to_num(scores), _cells(categories, table)])
    means = columns.mean(axis=0)
    apart = columns - means
    ridge = RIDGE * np.eye(columns.shape[1])
    with one_thread_of("blas"):
        inverse = np.linalg.inv(apart.T @ apart / len(apart) + ridge)
    count = len(numbers)
    weights = -inverse[:count] / inverse.diagonal()[:count, None]
    weights[np.arange(count), np.arange(count)] = 0.0
    level = np.nanmean(scores - apart @ weights.T, axis=0)
    return Regression(
        tuple(numbers), tuple(categories), known, means, weights, np.asarray(level)
    )


def finite_or_nan(table: pl.DataFrame, name: str) -> Array:
    """The column as numbers, NaN where there is no finite one."""
    values = table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)


def _sorted(values: Array) -> Array:
    return np.sort(values[~np.isnan(values)])


def _scores(values: Array, known: Array) -> Array:
    """The normal scores of the values' mid-ranks among those known (van der Waerden, 1952)."""
    if not len(known):
        return np.full(len(values), np.nan)
    left = np.searchsorted(known, values, side="left")
    right = np.searchsorted(known, values, side="right")
    ranks = (left + right + 1) / (2 * len(known) + 2)
    levels, normal = _normal_scale()
    return np.where(np.isnan(values), np.nan, np.interp(ranks, levels, normal))


@cache
def _normal_scale() -> tuple[Array, Array]:
    levels = (np.arange(SCALE_STEPS) + 0.5) / SCALE_STEPS
    normal = NormalDist()
    return levels, np.array([normal.inv_cdf(level) for level in levels.tolist()])


def _cells(categories: Sequence[Coding], table: pl.DataFrame) -> Array:
    """One column for each cell of each category, 1 where the row is in it."""
    parts = [
        _indicators(coding.codes(table), coding, table.height) for coding in categories
    ]
    return np.hstack(parts) if parts else np.zeros((table.height, 0))


def _indicators(codes: Codes | None, coding: Coding, rows: int) -> Array:
    """All in the cell of what is missing where the column is."""
    if codes is None:
        codes = np.full(rows, coding.cells - 1)
    return np.asarray(codes[:, None] == np.arange(coding.cells), dtype=np.float64)
