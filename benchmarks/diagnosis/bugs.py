"""Bugs to plant in one day's rows: what a day's owner would have to undo.

Those of `benchmarks.detection.inject` keep a column's type and take their values from all
days; these are one table's, and take whatever a wrong line of code makes of it.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

from benchmarks.detection.inject import Rng, picked

Plant = Callable[[pl.DataFrame, str, Rng], pl.DataFrame | None]
"""A day's rows and the column's name; None where the bug makes no sense."""


def _some(rows: pl.DataFrame, share: float, rng: Rng) -> pl.Series:
    return pl.Series(picked(rows, share, rng))


def _put(
    rows: pl.DataFrame, name: str, mask: pl.Series | pl.Expr, value: pl.Expr
) -> pl.DataFrame:
    """The rows with this value where the mask says so, in whatever type holds both."""
    changed = pl.when(mask).then(value).otherwise(pl.col(name))
    return rows.with_columns(changed.alias(name))


def times(factor: float, share: float, *, whole: bool = False) -> Plant:
    """Another unit; `whole`: rounded again, in columns of whole numbers only."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        if whole and not _is_whole(rows[name]):
            return None
        value = pl.col(name).cast(pl.Float64) * factor
        mask = _some(rows, share, rng)
        return _put(rows, name, mask, value.round(0) if whole else value)

    return plant


def _is_whole(values: pl.Series) -> bool:
    held = values.drop_nulls()
    return values.dtype.is_integer() or bool((held == held.round(0)).all())


def plus(ranges: float, share: float) -> Plant:
    """A constant of so many times the largest value is added."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame:
        by = round(float(rows[name].drop_nulls().abs().max()) * ranges, 1)
        value = pl.col(name).cast(pl.Float64) + by
        return _put(rows, name, _some(rows, share, rng), value)

    return plant


def becomes(value: Any, share: float) -> Plant:
    """So many rows hold this value, or what it makes of the day's column."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame:
        held = value(rows[name]) if callable(value) else value
        kind = pl.Float64 if rows.schema[name].is_numeric() else pl.String
        return _put(rows, name, _some(rows, share, rng), pl.lit(held, dtype=kind))

    return plant


def renamed(word: Callable[[str], str]) -> Plant:
    """One of the three most common values is written another way."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame:
        counts = rows[name].drop_nulls().value_counts(sort=True)
        old = counts[name][int(rng.integers(0, min(3, counts.height)))]
        return _put(rows, name, pl.col(name) == old, pl.lit(word(old)))

    return plant


def clock(hours: int) -> Plant:
    """The hour of another time zone."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame:
        return rows.with_columns(((pl.col(name) + hours) % 24).alias(name))

    return plant


def duplicated(share: float) -> Plant:
    """So many rows came twice."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame:
        return pl.concat([rows, rows.filter(_some(rows, share, rng))])

    return plant


NUMBERS: dict[str, Plant] = {
    **{
        f"×{f:g} on {s:.0%}": times(f, s)
        for f in (1.609344, 0.01, 1000)
        for s in (0.1, 0.5, 1.0)
    },
    **{
        f"×1.609 on {s:.0%}, rounded": times(1.609344, s, whole=True)
        for s in (0.1, 0.5, 1.0)
    },
    **{f"sign on {s:.0%}": times(-1.0, s) for s in (0.1, 1.0)},
    **{f"offset of 20 maxima on {s:.0%}": plus(20.0, s) for s in (0.1, 1.0)},
    **{f"nulls on {s:.0%}": becomes(None, s) for s in (0.05, 0.2, 1.0)},
    **{f"-999 on {s:.0%}": becomes(-999.0, s) for s in (0.05, 0.2)},
    "-1 on 10%": becomes(-1.0, 0.1),
    **{f"mean on {s:.0%}": becomes(lambda v: float(v.mean()), s) for s in (0.1, 0.3)},
    "median on 30%": becomes(lambda v: float(v.median()), 0.3),
    "stuck": becomes(lambda v: float(v.drop_nulls()[len(v.drop_nulls()) // 3]), 1.0),
}
CATEGORIES: dict[str, Plant] = {
    **{f"nulls on {s:.0%}": becomes(None, s) for s in (0.05, 0.2, 1.0)},
    **{f"new value on {s:.0%}": becomes("ZZZ", s) for s in (0.05, 0.1)},
    "renamed": renamed(lambda _: "Quite Another"),
    "spelled": renamed(lambda word: word.lower() + " "),
    "typo": renamed(lambda word: word[:-1] + "#"),
}
SLICES: dict[str, Plant] = {
    "20% twice": duplicated(0.2),
    "5% twice": duplicated(0.05),
    "first half": lambda rows, name, rng: rows.head(rows.height // 2),
    "random half": lambda rows, name, rng: rows.filter(_some(rows, 0.5, rng)),
}
CLOCKS: dict[str, Plant] = {f"hour +{hours}": clock(hours) for hours in (1, 5)}
