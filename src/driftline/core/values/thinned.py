"""A long day's rows, thinned to what decides."""

import polars as pl

MOST_ROWS = 5_000
"""Of a longer day so many rows are looked at.

A share of one in a hundred is then known to 0.14 points, one standard error: a seventh
of the least change that is told (`values/facts.py`), so that more rows decide nothing.
"""


def every(rows: int) -> int:
    """Of so many rows each how-manieth is looked at.

    >>> every(0), every(5_000), every(12_000)
    (1, 1, 3)
    """
    return -(-rows // MOST_ROWS) or 1


def looked_at(rows: int) -> int:
    """How many of so many rows are looked at.

    >>> looked_at(0), looked_at(5_000), looked_at(12_000)
    (0, 5000, 4000)
    """
    return -(-rows // every(rows))


def thinned(rows: pl.DataFrame) -> pl.DataFrame:
    """Every n-th row, in order: `MOST_ROWS` at most, and all of fewer.

    >>> thinned(pl.DataFrame({"x": range(12_000)})).height
    4000
    """
    return rows.gather_every(every(rows.height))
