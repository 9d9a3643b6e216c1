"""What is counted of a column of numbers, as Polars expressions, and what it adds up to.

Expressions are kept, because batches and segments of one slice ask for them again and
again. A column goes by its number, so that no name is special.
"""

import math
from functools import lru_cache
from typing import Any

import polars as pl

from driftline.core.grid import TOLERANCE
from driftline.core.plan import ColumnPlan
from driftline.core.profile import ColumnProfile

COUNT = "\0driftline count"
KEPT_EXPRESSIONS = 2_000

FAR = 1e100
"""Values, and their distances in units of the plan's scale, of which the squares are as
good as any other; see `rough`."""


@lru_cache(KEPT_EXPRESSIONS)
def comparisons(i: str, cuts: tuple[float, ...]) -> tuple[pl.Expr, ...]:
    """NaN is above infinity for Polars, so these comparisons tell all kinds apart."""
    x = pl.col(i)
    special = {"nan": x > math.inf, "inf": x == math.inf, "-inf": x == -math.inf}
    above = {f"above{k}": x > edge for k, edge in enumerate(cuts)}
    tests = {**special, **above}
    return tuple(test.sum().alias(f"{i}.{name}") for name, test in tests.items())


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

    A sum of squares of values near the end of floating point depends on how the rows
    were cut, so such columns are asked for `rough_moments`.
    """
    if any(found[f"{i}.{kind}"] for kind in ("nan", "inf", "-inf")):
        return True
    ends = [x for x in (found[f"{i}.min"], found[f"{i}.max"]) if x is not None]
    far = any(max(abs(x), abs(x - column.centre) / column.scale) > FAR for x in ends)
    return far or not 1 / FAR < column.scale < FAR


def rough_moments(i: str, column: ColumnPlan) -> tuple[pl.Expr, ...]:
    """Extremes of finite values, and sums of z that is cut at ±`FAR` and of its square."""
    x = pl.when(pl.col(i).is_finite()).then(pl.col(i))
    z = ((x - column.centre) / column.scale).clip(-FAR, FAR)
    return (
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
    rows, nulls, nans = found[COUNT], found[f"{i}.nulls"], found[f"{i}.nan"]
    infinities = found[f"{i}.inf"] + found[f"{i}.-inf"]
    beyond = nans + found[f"{i}.inf"]
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
