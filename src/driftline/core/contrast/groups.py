"""Contrasts of the groups of a table: each against the rows outside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from driftline.core.contrast.residuals import Array, residuals
from driftline.core.joint.coding import Codes, Coding
from driftline.core.plan import Kind
from driftline.core.roles import Roles

FEWEST = 10
"""Labelled rows of a group in a window below which it says nothing there."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Mean residual of a group less that of the others, with its sampling error."""

    value: float
    error: float
    rows: int

    def to_json(self) -> list[Any]:
        """As short as can be: a window keeps hundreds."""
        return [round(self.value, 5), round(self.error, 5), self.rows]


def contrasts(
    table: pl.DataFrame, codings: list[Coding], roles: Roles
) -> dict[str, Contrast]:
    """Every group's contrast by name, `bias|carrier=UA`; groups of few rows are left out."""
    found: dict[str, Contrast] = {}
    known = residuals(table, roles)
    coded = [(coding, coding.codes(table)) for coding in codings]
    for kind, values in known.items():
        for coding, codes in coded:
            if codes is not None:
                found |= {
                    f"{kind}|{name}": contrast
                    for name, contrast in _of_column(coding, codes, values)
                }
    return found


def _of_column(
    coding: Coding, codes: Codes, values: Array
) -> Iterator[tuple[str, Contrast]]:
    """By moments of each cell and of all: no row is touched twice."""
    there = np.isfinite(values)
    held, cells = values[there], codes[there]
    rows = np.bincount(cells, minlength=coding.cells)
    sums = np.bincount(cells, held, minlength=coding.cells)
    squares = np.bincount(cells, np.square(held), minlength=coding.cells)
    for cell in np.flatnonzero((rows >= FEWEST) & (held.size - rows >= FEWEST)):
        n, m = int(rows[cell]), int(held.size - rows[cell])
        inside, outside = sums[cell] / n, (sums.sum() - sums[cell]) / m
        spread = squares[cell] / n - inside**2
        others = (squares.sum() - squares[cell]) / m - outside**2
        error = np.sqrt(max(spread, 0) / n + max(others, 0) / m)
        yield (
            named(coding, int(cell)),
            Contrast(float(inside - outside), float(error), n),
        )


def named(coding: Coding, cell: int) -> str:
    """A cell in words.

    >>> named(Coding("hour", Kind.NUMERIC, edges=(6.0, 12.0)), 1)
    'hour 6 to 12'
    >>> named(Coding("carrier", Kind.CATEGORICAL, categories=("UA", "DL")), 0)
    'carrier=UA'
    """
    if cell == coding.cells - 1:
        return f"{coding.column} missing"
    if coding.kind is Kind.CATEGORICAL:
        known = cell < len(coding.categories)
        return f"{coding.column}={coding.categories[cell] if known else 'others'}"
    if cell == 0:
        return f"{coding.column} up to {coding.edges[0]:g}"
    if cell >= len(coding.edges):
        return f"{coding.column} above {coding.edges[-1]:g}"
    return f"{coding.column} {coding.edges[cell - 1]:g} to {coding.edges[cell]:g}"


def column_of(name: str, columns: Mapping[str, Coding]) -> str:
    """The column that a group's name is about."""
    group = name.partition("|")[2]
    return max((c for c in columns if group.startswith(c)), key=len, default=group)
