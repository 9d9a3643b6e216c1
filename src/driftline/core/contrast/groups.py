"""Contrasts of the groups of a table: each against the other rows of its day."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from driftline.core.contrast.effects import Array, Codes, Counted
from driftline.core.contrast.residuals import Outcomes, outcomes
from driftline.core.joint.coding import Coding
from driftline.core.profiles.plan import Kind
from driftline.core.reference import WINDOW
from driftline.core.roles import Roles
from driftline.core.wording import all_apart

FEWEST = 5
"""Labelled rows of a group in a window below which it says nothing there."""

MOST_ADJUSTED = 150
"""Cells that groups are adjusted for, of the columns with the fewest."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """By how much a group's mean residual parts from the others', with its error.

    Beyond the usual, and beyond what the day does to the other columns' cells. `weight`
    is what 1 of it moves a row by.
    """

    value: float
    error: float
    rows: int
    weight: float = 1.0

    def to_json(self) -> list[Any]:
        """As short as can be, to a hundredth of the error: a window keeps hundreds.

        >>> Contrast(0.0123456, 0.021, 90).to_json(), Contrast(2.5e-7, 1e-7, 9).to_json()
        ([0.01235, 0.021, 90], [2.5e-07, 1e-07, 9])
        """
        fine = 0 < self.error < 1e-3
        digits = 2 - math.floor(math.log10(self.error)) if fine else 5
        return [round(self.value, digits), round(self.error, digits), self.rows]


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of all watched columns, numbered through; the last one holds every row.

    `adjusted` are the columns whose cells are adjusted for.
    """

    codings: tuple[Coding, ...]
    adjusted: tuple[int, ...]

    @classmethod
    def of(cls, codings: Sequence[Coding]) -> "Cells":
        """Every column's cells; adjusted for are the coarser columns, if not all."""
        order = sorted(range(len(codings)), key=lambda i: codings[i].cells)
        total = np.cumsum([codings[i].cells for i in order])
        kept = [
            i for i, cells in zip(order, total, strict=True) if cells <= MOST_ADJUSTED
        ]
        return cls(tuple(codings), tuple(sorted(kept)))

    @property
    def starts(self) -> list[int]:
        """Where each column's cells begin, and where all end."""
        return [0, *np.cumsum([coding.cells for coding in self.codings]).tolist()]

    @property
    def places(self) -> Codes:
        """The cells that are adjusted for, the one of every row last."""
        starts = self.starts
        ranges = [np.arange(starts[i], starts[i + 1]) for i in self.adjusted]
        return np.concatenate([*ranges, [starts[-1]]]).astype(np.int64)

    @property
    def columns(self) -> Codes:
        """To which of the adjusted columns each of these places belongs."""
        sizes = [*(self.codings[i].cells for i in self.adjusted), 1]
        return np.repeat(np.arange(len(sizes)), sizes)

    def counted(self, table: pl.DataFrame, roles: Roles) -> dict[str, Counted]:
        """Per kind of residual, the labelled rows by cell; empty where none can be read."""
        known = outcomes(table, roles)
        return {} if known is None else self._counted(self._codes(table), known)

    def by_window(self, sample: pl.DataFrame, roles: Roles) -> list[dict[str, Counted]]:
        """The same for each window of a sample that has labels; its rows lie together."""
        codes, known = self._codes(sample), outcomes(sample, roles)
        if known is None:
            return []
        ends = np.cumsum(sample[WINDOW].rle().struct.field("len").to_numpy())
        there = known.known
        slices = [slice(a, b) for a, b in pairwise([0, *ends.tolist()])]
        return [
            self._counted(
                [None if cells is None else cells[rows] for cells in codes],
                known.part(rows),
            )
            for rows in slices
            if there[rows].any()
        ]

    def _codes(self, table: pl.DataFrame) -> list[Codes | None]:
        return [coding.codes(table) for coding in self.codings]

    def _counted(
        self, codes: Sequence[Codes | None], known: Outcomes
    ) -> dict[str, Counted]:
        there = known.known
        held = [None if cell is None else cell[there] for cell in codes]
        together = self._together(held, int(there.sum()))
        return {
            kind: Counted(
                together,
                self._sums(held, found.values[there]),
                float(np.square(found.values[there]).sum()),
                found.weight,
            )
            for kind, found in known.residuals().items()
        }

    def means(self, table: pl.DataFrame, values: Array) -> dict[str, float]:
        """The mean of the finite values of each cell's rows, by the cell's name."""
        there = np.isfinite(values)
        codes = [None if c is None else c[there] for c in self._codes(table)]
        sums = self._sums(codes, values[there])
        rows = self._sums(codes, np.ones(int(there.sum())))
        return {
            name: float(sums[cell] / rows[cell])
            for cell, name, _ in self.named()
            if rows[cell]
        }

    def named(self) -> Iterator[tuple[int, str, str]]:
        """Every cell's number, its name, and the name of its column.

        A number is in a bin or missing: its cell for the rest is no group.
        """
        for start, coding in zip(self.starts, self.codings, strict=False):
            rest = coding.cells - 2 if coding.kind is Kind.NUMERIC else -1
            for cell in range(coding.cells):
                if cell != rest:
                    yield start + cell, named(coding, cell), coding.column

    def _sums(self, codes: Sequence[Codes | None], values: Array) -> Array:
        parts = [
            np.zeros(coding.cells)
            if cells is None
            else np.bincount(cells, values, minlength=coding.cells)
            for coding, cells in zip(self.codings, codes, strict=True)
        ]
        return np.concatenate([*parts, [values.sum()]])

    def _together(self, codes: Sequence[Codes | None], rows: int) -> Array:
        """Rows of each cell in each cell that is adjusted for: no row is touched as a row."""
        everyone = np.zeros(rows, dtype=np.int64)
        sizes = [*(coding.cells for coding in self.codings), 1]
        columns = [*codes, everyone]
        across = [*self.adjusted, len(self.codings)]
        blocks = [
            [_pairs(columns[i], sizes[i], columns[j], sizes[j]) for j in across]
            for i in range(len(columns))
        ]
        return np.block(blocks)


def _pairs(one: Codes | None, ones: int, other: Codes | None, others: int) -> Array:
    if one is None or other is None:
        return np.zeros((ones, others))
    counts = np.bincount(one * others + other, minlength=ones * others)
    return counts.reshape(ones, others).astype(np.float64)


def named(coding: Coding, cell: int) -> str:
    """A cell in words, its bounds with the digits that tell the column's bounds apart.

    >>> named(Coding("hour", Kind.NUMERIC, edges=(6.0, 12.0)), 1)
    'hour 6 to 12'
    >>> named(Coding("x", Kind.NUMERIC, edges=(-1.06767, -0.711637)), 1)
    'x -1.07 to -0.712'
    >>> named(Coding("carrier", Kind.CATEGORICAL, categories=("UA", "DL")), 0)
    'carrier=UA'
    """
    if cell == coding.cells - 1:
        return f"{coding.column} missing"
    if coding.kind is Kind.CATEGORICAL:
        known = cell < len(coding.categories)
        return f"{coding.column}={coding.categories[cell] if known else 'others'}"
    edges = _edges_said(coding.edges)
    if cell == 0:
        return f"{coding.column} up to {edges[0]}"
    if cell >= len(edges):
        return f"{coding.column} above {edges[-1]}"
    return f"{coding.column} {edges[cell - 1]} to {edges[cell]}"


@lru_cache(1024)
def _edges_said(edges: tuple[float, ...]) -> tuple[str, ...]:
    return all_apart(edges)


def column_of(name: str, columns: Mapping[str, Coding]) -> str:
    """The column that a group's name is about."""
    group = name.partition("|")[2]
    return max((c for c in columns if group.startswith(c)), key=len, default=group)
