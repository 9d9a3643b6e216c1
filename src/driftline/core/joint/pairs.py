"""Which pairs of columns are worth watching, and their counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from driftline.core.joint.coding import Codes, Coding

Table = npt.NDArray[np.float64]

MOST_COLUMNS, PARTNERS = 40, 3
"""Columns that are paired, and the strongest partners that each is watched with."""

LEAST_INFORMATION = 0.05
"""The share of a column's entropy that its partner must explain to be worth watching."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns whose cells are counted together."""

    first: Coding
    second: Coding

    @property
    def names(self) -> tuple[str, str]:
        """Both columns."""
        return (self.first.column, self.second.column)

    @property
    def codings(self) -> tuple[Coding, Coding]:
        """How both are coded."""
        return (self.first, self.second)

    @property
    def shape(self) -> tuple[int, int]:
        """Cells of both."""
        return (self.first.cells, self.second.cells)

    def counted(self, first: Codes, second: Codes) -> Table:
        """Rows per pair of cells."""
        flat = first * self.second.cells + second
        size = self.first.cells * self.second.cells
        counts: Table = np.bincount(flat, minlength=size).astype(np.float64)
        return counts.reshape(self.shape)


def chosen(columns: Sequence[Coding], codes: Sequence[Codes]) -> list[Pair]:
    """Each column with the partners that tell most about it.

    By mutual information over the smaller entropy, less its bias on so many rows
    (Miller and Madow, 1955).
    """
    held = list(zip(columns, codes, strict=True))[:MOST_COLUMNS]
    told: dict[tuple[str, str], tuple[float, Pair]] = {}
    for (a, left), (b, right) in combinations(held, 2):
        pair = Pair(a, b)
        share = information(pair.counted(left, right))
        if share >= LEAST_INFORMATION:
            told[pair.names] = (share, pair)
    wanted = {names for coding, _ in held for names in _strongest(coding.column, told)}
    return [told[names][1] for names in told if names in wanted]


def _strongest(
    column: str, told: dict[tuple[str, str], tuple[float, Pair]]
) -> Iterator[tuple[str, str]]:
    own = [names for names in told if column in names]
    ranked = sorted(own, key=lambda names: told[names][0], reverse=True)
    yield from ranked[:PARTNERS]


def told_by(codes: Codes, days: Codes, coding: Coding) -> float:
    """The share of a column's entropy that the day alone explains, 0 to 1.

    1 for a column that is the same all day: its pairs are the day's, not the rows'. Less
    its bias (Miller and Madow, 1955): a few rows of a day differ from another's by chance.
    """
    flat = days * coding.cells + codes
    counts = np.bincount(flat, minlength=(int(days.max()) + 1) * coding.cells)
    table = counts.reshape(-1, coding.cells).astype(np.float64)
    shares = table / table.sum()
    own = _entropy(shares.sum(axis=0))
    if own <= 0:
        return 1.0
    both = own + _entropy(shares.sum(axis=1)) - _entropy(shares.ravel())
    return min(max((both - _bias(table)) / own, 0.0), 1.0)


def information(counts: Table) -> float:
    """How much of the smaller entropy both columns share, from 0 to 1.

    >>> information(np.array([[50.0, 0.0], [0.0, 50.0]]))
    1.0
    """
    rows = counts.sum()
    both, left, right = (
        _entropy(part / rows)
        for part in (counts.ravel(), counts.sum(axis=1), counts.sum(axis=0))
    )
    smaller = min(left, right)
    if smaller <= 0:
        return 0.0
    share = (left + right - both - _bias(counts)) / smaller
    return float(min(max(share, 0.0), 1.0))


def _bias(counts: Table) -> float:
    """How much two columns seem to share by chance alone, on so many rows."""
    held = [(counts.sum(axis) > 0).sum() for axis in (0, 1)]
    free = (counts > 0).sum() - sum(held) + 1
    return float(free / (2 * counts.sum()))


def _entropy(shares: Table) -> float:
    held = shares[shares > 0]
    return float(-(held * np.log(held)).sum())
