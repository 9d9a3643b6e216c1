"""Which numbers a column takes: whole ones, two decimals, or a few hundred values."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

TOLERANCE = 0.01
"""How far off a point of the grid a value may lie, in steps of the grid.

Wide enough for the rounding of single precision, and so narrow that of values off the
grid one in fifty at most is taken for one on it."""

MOST_DECIMALS = 6
MOST_VALUES = 300
MOST_CODES = 50
"""Whole numbers up to which a list of them is taken for codes."""

LARGEST = 2.0**40
"""Steps from zero up to which a grid is claimed: far beyond, every float is whole."""

ON_GRID = 0.9999
"""Share of a column's values that make a decimal grid: rare kinds of values count too."""

NEARLY = 0.99
"""The same of a thousand values, which are asked first."""

SEEN_OFTEN = 10
BLOCKS = 20
NEW_SHARE = 0.001
"""Share of a block's rows whose value no other block has, up to which a list is whole."""

Array = NDArray[np.float64]


def decimals(values: Array) -> int | None:
    """The least number of decimals with which nearly all of the finite values are exact.

    Up to rounding noise of a millionth. None without values, or when more than one in ten
    thousand needs more than six decimals or lies beyond 2^40 steps of the grid.

    >>> decimals(np.array([0.1 + 0.2, 12.25])), decimals(np.array([1 / 3]))
    (2, None)
    """
    if not values.size:
        return None
    few = values[:: max(1, values.size // 1000)]
    for digits in range(MOST_DECIMALS + 1):
        if _exact(few, digits) >= NEARLY and _exact(values, digits) >= ON_GRID:
            return digits
    return None


def grid_of(values: Array) -> tuple[int | None, tuple[float, ...]]:
    """The grid that the values lie on: decimals, a list of values, or neither.

    Decimals are no matter of which days one has seen, so they go before a list; only a
    few whole numbers, which may be codes, are listed as well.

    >>> grid_of(np.array([2.0, 1.0, 5.0] * 20))
    (0, (1.0, 2.0, 5.0))
    >>> grid_of(np.array([2.5, 1.25, 5.0] * 20))
    (2, ())
    """
    digits = decimals(values)
    if digits:
        return digits, ()
    found = listed(values)
    return digits, found if digits is None or len(found) <= MOST_CODES else ()


def _exact(values: Array, digits: int) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        steps = values * 10.0**digits
        whole = np.round(steps)
        noise = np.minimum(1e-6 * np.abs(whole), TOLERANCE)
        exact = (np.abs(steps - whole) <= noise) & (np.abs(steps) <= LARGEST)
    return float(exact.mean())


def listed(values: Array) -> tuple[float, ...]:
    """All distinct values, ascending, when a value beside them would be unusual.

    `values` are finite and in the order of their rows. That is so for at most 300
    values, seen 10 times on average, when of 20 blocks of neighbouring rows each would
    have known the others' values: at most one row in a thousand holds a value of one
    block alone (Good, 1953, with blocks for rows, since rows of one day share values).

    >>> listed(np.array([2.0, 1.0, 5.0] * 20))
    (1.0, 2.0, 5.0)
    >>> listed(np.arange(60.0))
    ()
    """
    distinct = _distinct(values)
    if not 0 < SEEN_OFTEN * distinct.size <= values.size:
        return ()
    places = np.searchsorted(distinct, values)
    blocks = np.arange(values.size) * BLOCKS // values.size
    table = np.zeros((distinct.size, BLOCKS), dtype=np.int64)
    np.add.at(table, (places, blocks), 1)
    alone = table[(table > 0).sum(axis=1) == 1].sum()
    if alone > NEW_SHARE * values.size:
        return ()
    return tuple(float(value) for value in distinct)


def _distinct(values: Array) -> Array:
    """The distinct values, or none where they are too many; the first rows tell that."""
    for part in (values[: 4 * MOST_VALUES], values):
        found = np.unique(part) + 0.0
        if found.size > MOST_VALUES:
            return np.empty(0)
    return found


def lonely_shares(values: pl.Series, days: pl.Series) -> dict[str, float]:
    """Per day, the share of finite values that no other day has.

    What leaving the day out of the grid would leave off it: rows of a day share their
    values, so that a new value comes to many of them at once.

    >>> days = pl.Series(["mon", "mon", "tue", "tue"])
    >>> lonely_shares(pl.Series([1.0, 2.0, 1.0, 1.0]), days)
    {'mon': 0.5, 'tue': 0.0}
    """
    held = pl.DataFrame({"day": days, "value": values}).filter(
        pl.col("value").cast(pl.Float64).is_finite()
    )
    alone = pl.col("day").n_unique().over("value") == 1
    told = held.with_columns(alone.alias("alone"))
    found = told.group_by("day", maintain_order=True).agg(pl.col("alone").mean())
    return dict(found.iter_rows())
