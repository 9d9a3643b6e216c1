"""Bugs after which a day is like one of the reference's: no rows can show them."""

from collections.abc import Callable, Sequence

import polars as pl

Shown = Callable[[pl.DataFrame, str], float]

SHOWN: dict[str, Shown] = {
    "partial day": lambda rows, column: -float(rows.height),
    "nulls": lambda rows, column: rows[column].null_count() / rows.height,
    "null fill": lambda rows, column: (rows[column] == 0).sum() / rows.height,
}
"""What tells such a bug, the more of it the more so: fewer rows, nulls, zeros."""


def is_hidden(
    bug: str, column: str, changed: pl.DataFrame, reference: Sequence[pl.DataFrame]
) -> bool:
    """Whether a day of the reference, which nobody changed, has as much of what tells it.

    >>> days = [pl.DataFrame({"x": range(n)}) for n in (40, 90, 120)]
    >>> is_hidden("partial day", "rows", days[0], days)
    True
    """
    told = SHOWN.get(bug)
    if told is None or changed.is_empty():
        return False
    return told(changed, column) <= max(
        told(day, column) for day in reference if day.height
    )
