"""Rows that hardly ever lack a value, by what another column says of them."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.values.few_valued import Values, as_values
from driftline.core.values.missing import absent
from driftline.core.wording import number

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Masks = npt.NDArray[np.bool_]

NAMED = 3
"""Values that a sentence names where there are several more."""


@dataclass(frozen=True, slots=True)
class Sure:
    """A column, and values of another with which it hardly ever lacks its own.

    `values` are those of most rows first. `days` are the reference's that have such rows,
    but for the few that may have been faults, numbered among all; `rows` how many each
    has, and `lacking` how many of these lack the column, both by the values that the
    other days choose.
    """

    column: str
    other: str
    values: Values
    days: Counts = field(compare=False)
    rows: Counts = field(compare=False)
    lacking: Counts = field(compare=False)

    @property
    def own(self) -> Array:
        """The share of each of the days, without what counting few rows does to it.

        What the days' variance has beyond chance is theirs, and is shared out by how sure
        each one is.
        """
        shares = self.lacking / self.rows
        usual = float(np.average(shares, weights=self.rows))
        chance = usual * (1 - usual) / self.rows
        seen = np.average((shares - usual) ** 2 - chance, weights=self.rows)
        theirs = max(float(seen), 0.0)
        sure = theirs / np.maximum(theirs + chance, np.finfo(float).tiny)
        return np.asarray(np.clip(usual + (shares - usual) * np.sqrt(sure), 0.0, 1.0))

    def fits(self, table: pl.DataFrame) -> bool:
        """Whether both columns are there, and the other one's values are of their kind."""
        held = {self.column, self.other} <= set(table.columns)
        return held and self._values(table) is not None

    def share(self, table: pl.DataFrame) -> tuple[float, int] | None:
        """Of the rows with such a value the share that lacks the column, and how many.

        None where there are none.
        """
        values = self._values(table)
        assert values is not None
        asked = values.is_in(self.values).fill_null(value=False).to_numpy()
        rows = int(asked.sum())
        lacking = int((asked & absent(table[self.column])).sum())
        return (lacking / rows, rows) if rows else None

    def __str__(self) -> str:
        """The rows in words.

        >>> none = np.array([], dtype=np.int64)
        >>> str(Sure("seats", "carrier", tuple("ABCDE"), *[none] * 3))
        "carrier is 'A', 'B', 'C' or one of 2 others"
        >>> str(Sure("seats", "hour", (8.0, 9.0), *[none] * 3))
        'hour is 8 or 9'
        """
        words = [number(v) if isinstance(v, float) else repr(v) for v in self.values]
        others = len(words) - NAMED
        if others > 1:
            words = [*words[:NAMED], f"one of {others} others"]
        *listed, last = words
        return f"{self.other} is {', '.join(listed)}{' or ' if listed else ''}{last}"

    def _values(self, table: pl.DataFrame) -> pl.Series | None:
        return as_values(table[self.other], words=isinstance(self.values[0], str))
