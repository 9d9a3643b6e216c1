"""What is counted of a column of numbers, as Polars expressions, and what it adds up to.

Expressions are kept, because batches and segments of one slice ask for them again and
again. A column goes by its number, so that no name is special.
"""

import math
from functools import lru_cache
from typing import Any

import polars as pl

from driftline.core.profiles.grid import TOLERANCE
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile

COUNT = "\0driftline count"
KEPT_EXPRESSIONS = 2_000

FAR = 1e100
"""Values, and their distances in units of the plan's scale, of which the squares are as
good as any other; see `rough`."""


@lru_cache(KEPT_EXPRESSIONS)
def comparisons(i: str, cuts: tuple[float, ...]) -> tuple[pl.Expr, ...]:
    """Values above each edge; NaN is above infinity for Polars, and so above all."""
    above = enumerate(pl.col(i) > edge for edge in cuts)
    return tuple(test.sum().alias(f"{i}.above{k}") for k, test in above)


@lru_cache(KEPT_EXPRESSIONS)
def moments(i: str) -> tuple[pl.Expr, ...]:
    """Extremes, mean and variance; right where nothing is `rough`."""
    x = pl.col(i)
    return (
        x.min().alias(f"{i}.min"),
        x.max().alias(f"{i}.max"),
        x.mean().alias(f"{i}.mean"),
        x.var(ddof=0).alias(f"{i}.var"),
    )


def rough(i: str, column: ColumnPlan, found: dict[str, Any]) -> bool:
    """Whether `moments` were spoilt by NaN, infinities or numbers that overflow.

    The mean is finite exactly where all values are and their sum is. A sum of squares
    of values near the end of floating point depends on how the rows were cut. Such
    columns are asked for `rough_moments`.
    """
    mean = found[f"{i}.mean"]
    if mean is not None and not math.isfinite(mean):
        return True
    ends = [x for x in (found[f"{i}.min"], found[f"{i}.max"]) if x is not None]
    far = any(max(abs(x), abs(x - column.centre) / column.scale) > FAR for x in ends)
    return far or not 1 / FAR < column.scale < FAR


def rough_moments(i: str, column: ColumnPlan) -> tuple[pl.Expr, ...]:
    """What is not finite, by kind, and of the rest the extremes and two sums.

    They are of z, cut at ±`FAR`, and of its square.
    """
    every = pl.col(i)
    x = pl.when(every.is_finite()).then(every)
    z = ((x - column.centre) / column.scale).clip(-FAR, FAR)
    return (
        (every > math.inf).sum().alias(f"{i}.nan"),
        (every == math.inf).sum().alias(f"{i}.inf"),
        (every == -math.inf).sum().alias(f"{i}.-inf"),
        x.min().alias(f"{i}.min"),
        x.max().alias(f"{i}.max"),
        z.sum().alias(f"{i}.total"),
        (z * z).sum().alias(f"{i}.squares"),
    )


@lru_cache(KEPT_EXPRESSIONS)
def off_grid(
    i: str, decimals: int | None, grid: tuple[float, ...], whole: bool
) -> tuple[pl.Expr, ...]:
    """Values off the grid; NaN and infinities are counted with them.

    Nothing for whole numbers where there are no gaps between the grid's values.
    """
    x = pl.col(i)
    if decimals is None:
        tests = [~x.is_in(_set_of(grid))] if grid else []
    else:
        steps = x * 10.0**decimals
        known = sorted({float(round(value * 10.0**decimals)) for value in grid})
        tests = [] if whole else [(steps + TOLERANCE) % 1 > 2 * TOLERANCE]
        if known and len(known) <= known[-1] - known[0]:
            step = steps if whole else steps.round()
            inside = step.is_between(known[0], known[-1])
            tests.append(inside & ~step.is_in(_set_of(known)))
    return (pl.any_horizontal(tests).sum().alias(f"{i}.off"),) if tests else ()


def _set_of(values: tuple[float, ...] | list[float]) -> pl.Expr:
    return pl.lit(pl.Series([values], dtype=pl.List(pl.Float64)))


def numeric_profile(
    i: str, column: ColumnPlan, found: dict[str, Any], dtype: str
) -> ColumnProfile:
    """The column's profile from what the expressions found."""
    rows, nulls, nans = found[COUNT], found[f"{i}.nulls"], found.get(f"{i}.nan", 0)
    infinite = found.get(f"{i}.inf", 0)
    infinities = infinite + found.get(f"{i}.-inf", 0)
    beyond = nans + infinite
    finite = rows - nulls - nans - infinities
    above = [found[f"{i}.above{k}"] - beyond for k in range(len(column.edges))]
    off = found.get(f"{i}.off")
    total, squares = _sums(i, finite, found, column)
    return ColumnProfile(
        rows,
        nulls=nulls,
        nans=nans,
        infinities=infinities,
        minimum=found[f"{i}.min"],
        maximum=found[f"{i}.max"],
        total=total,
        squares=squares,
        bins=tuple(a - b for a, b in zip([finite, *above], [*above, 0], strict=True)),
        off_grid=0 if off is None else off - nans - infinities,
        dtype=dtype,
    )


def _sums(
    i: str, count: int, found: dict[str, Any], column: ColumnPlan
) -> tuple[float, float]:
    """Sums of `z = (x - centre) / scale` and of its square."""
    if f"{i}.total" in found:
        return found[f"{i}.total"], found[f"{i}.squares"]
    if not count:
        return 0.0, 0.0
    shift = (found[f"{i}.mean"] - column.centre) / column.scale
    variance = found[f"{i}.var"] / column.scale / column.scale
    return count * shift, count * (variance + shift * shift)
