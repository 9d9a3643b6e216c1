"""Planted changes with their truth, made of values that the column takes anyway.

Adding a constant to a column makes values that it never takes, which gives the change
away to any check of ranges. A shift here moves a value along the column's own quantiles:
normal score, plus the shift, mapped back. Bugs make the values that such bugs make.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from benchmarks.detection.worlds import AT, KEY, World

Rng = np.random.Generator
Change = Callable[[World, pl.DataFrame, str, Rng], pl.DataFrame]


def picked(rows: pl.DataFrame, share: float, rng: Rng) -> np.ndarray:
    """A mask of so large a share of the rows, at random."""
    mask = np.zeros(rows.height, dtype=bool)
    count = max(round(share * rows.height), 1)
    mask[rng.choice(rows.height, min(count, rows.height), replace=False)] = True
    return mask


def put(rows: pl.DataFrame, column: str, mask: np.ndarray, values: Any) -> pl.DataFrame:
    """The rows with other values where the mask says so; null stays null in numbers."""
    changed = pl.when(pl.Series(mask)).then(values).otherwise(pl.col(column))
    return rows.with_columns(changed.cast(rows.schema[column]).alias(column))


def number(column: str) -> pl.Expr:
    """A column as a float."""
    return pl.col(column).cast(pl.Float64)


def nulls(share: float) -> Change:
    """So many values are missing."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return put(rows, column, picked(rows, share, rng), None)

    return change


def unit(share: float) -> Change:
    """So many rows come in the unit that another system uses."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        factor, offset = world.units[column]
        changed = number(column) * factor + offset
        return put(rows, column, picked(rows, share, rng), changed)

    return change


def calculated(make: Callable[[pl.Expr, Rng], pl.Expr], share: float = 1.0) -> Change:
    """A number that a wrong line of code makes of the right one."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return put(rows, column, picked(rows, share, rng), make(number(column), rng))

    return change


def shift(size: float) -> Change:
    """The mean moves by so many deviations, on the grid of the column's own values."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return rows.with_columns(_moved(world, rows, column, rng, lambda z: z + size))

    return change


def stretch(factor: float) -> Change:
    """The deviation is multiplied, on the grid."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return rows.with_columns(_moved(world, rows, column, rng, lambda z: z * factor))

    return change


def _moved(
    world: World,
    rows: pl.DataFrame,
    column: str,
    rng: Rng,
    move: Callable[[np.ndarray], np.ndarray],
) -> pl.Series:
    """Normal scores (ties at random) of the pooled values, moved and mapped back."""
    grid = world.quantiles(column)
    values = rows[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    known = ~np.isnan(values)
    low = np.searchsorted(grid, values[known], "left")
    high = np.searchsorted(grid, values[known], "right")
    rank = (low + rng.random(known.sum()) * np.maximum(high - low, 1)) / len(grid)
    moved = ndtr(move(ndtri(np.clip(rank, 1e-6, 1 - 1e-6))))
    found = values.copy()
    found[known] = grid[np.minimum((moved * len(grid)).astype(int), len(grid) - 1)]
    series = pl.Series(column, found).fill_nan(None)
    return series.cast(rows.schema[column])


def new_category(share: float) -> Change:
    """So many rows carry a value that was never seen."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return put(rows, column, picked(rows, share, rng), pl.lit("ZZ"))

    return change


def dropped_category(
    world: World, rows: pl.DataFrame, column: str, rng: Rng
) -> pl.DataFrame:
    """The rows of a common value are gone; the value is the same on every day."""
    values = pl.concat([day[column] for day in world.days[:30]])
    common = values.value_counts(sort=True)[column].drop_nulls()
    gone = common[int(rng.integers(0, min(3, len(common))))]
    return rows.filter(pl.col(column).ne_missing(gone))


def renamed(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
    """A common value is spelled another way."""
    values = pl.concat([day[column] for day in world.days[:30]])
    common = values.value_counts(sort=True)[column].drop_nulls()
    old = common[int(rng.integers(0, min(3, len(common))))]
    spelled = pl.col(column).str.to_lowercase() + "_v2"
    mask = (rows[column] == old).fill_null(False).to_numpy()
    return put(rows, column, mask, spelled)


def cyclic(share: float) -> Change:
    """So many rows hand their value on in a circle: the column's counts stay the same."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        at = np.flatnonzero(picked(rows, share, rng))
        values = rows[column].to_numpy().copy()
        by_value = at[np.argsort(values[at].astype(str), kind="stable")]
        values[by_value] = values[np.roll(by_value, len(by_value) // 2)]
        kept = pl.Series(column, values.tolist(), dtype=rows.schema[column])
        return rows.with_columns(kept)

    return change


def redrawn(share: float) -> Change:
    """So many rows get another value of the column, each value as likely."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        mask = picked(rows, share, rng)
        known = pl.concat([d[column] for d in world.days[:30]]).drop_nulls().unique()
        drawn = known.sort()[rng.integers(0, len(known), rows.height)]
        return put(rows, column, mask, drawn)

    return change


def repeated(share: float) -> Change:
    """So many rows came twice."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        twice = rows.filter(pl.Series(picked(rows, share, rng)))
        return pl.concat([rows, twice]).sort(AT)

    return change


def partial(share: float) -> Change:
    """Only the first part of the day has arrived, or any part of its rows."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return rows.filter(pl.Series(picked(rows, share, rng)))

    return change


def covariate(strength: float) -> Change:
    """Rows with a large value are more common: drawn with weights exp(k z)."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        grid = world.quantiles(column)
        among = _with_donors(world, rows, rng)
        z = (among[column].cast(pl.Float64) - grid.mean()) / max(grid.std(), 1e-9)
        return _drawn(among, strength * z, rows.height, rng)

    return change


def prior(strength: float) -> Change:
    """Rows with a positive, or a large, label are more common."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        among = _with_donors(world, rows, rng)
        label = among[world.label].cast(pl.Float64)
        z = (label - label.mean()) / (label.std() or 1.0)
        return _drawn(among, strength * z, rows.height, rng)

    return change


def _with_donors(world: World, rows: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """The rows and twice as many of all days, to draw from without repeating one."""
    if not world.donors:
        world.donors.append(pl.concat(world.days))
    drawn = world.donors[0].sample(2 * rows.height, seed=int(rng.integers(2**31)))
    others = drawn.join(rows, on=KEY, how="anti")
    midnight = rows[AT].dt.truncate("1d")[0]
    since = pl.col(AT) - pl.col(AT).dt.truncate("1d")
    dated = others.with_columns((pl.lit(midnight) + since).alias(AT))
    return pl.concat([rows, dated])


def _drawn(rows: pl.DataFrame, weight: pl.Series, count: int, rng: Rng) -> pl.DataFrame:
    """So many different rows by weight (Gumbel's trick)."""
    known = weight.fill_null(0.0).clip(-4, 4).to_numpy()
    rank = known + rng.gumbel(size=rows.height)
    return rows[np.sort(np.argsort(rank)[-count:])].sort(AT)


def stuck(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
    """A sensor that says the same all day: its first value of the day."""
    value = rows[column].drop_nulls()[0]
    return put(rows, column, np.ones(rows.height, dtype=bool), pl.lit(value))


def swapped(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
    """Two columns have changed places; the other one is the next in the table."""
    other = partner(world, column)
    return rows.with_columns(
        pl.col(other).cast(rows.schema[column]).alias(column),
        pl.col(column).cast(rows.schema[other]).alias(other),
    )


def partner(world: World, column: str) -> str:
    """The column that changes places with this one."""
    among = world.categories if column in world.categories else world.numbers
    return among[(among.index(column) + 1) % len(among)]


def filled(share: float) -> Change:
    """Where so many values would be missing, somebody has filled in zero."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return put(rows, column, picked(rows, share, rng), pl.lit(0))

    return change


def hours_later(hours: int) -> Change:
    """The hour of another time zone."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        return rows.with_columns(
            ((pl.col(column) + hours) % 24).cast(rows.schema[column])
        )

    return change


def ramped(by_size: Callable[[float], Change], size: float) -> "Ramp":
    """The change grows evenly over its days to its full size."""
    return Ramp(by_size, size)


@dataclass(frozen=True, slots=True)
class Ramp:
    """A change that is `size` in the end."""

    by_size: Callable[[float], Change]
    size: float

    def on(self, day: int, days: int) -> Change:
        """The change on one of its days, counted from 0."""
        return self.by_size(self.size * (day + 1) / days)


def flipped(share: float) -> Change:
    """The labels of one value of a category are turned over with this probability."""

    def change(world: World, rows: pl.DataFrame, column: str, rng: Rng) -> pl.DataFrame:
        name, _, value = column.partition("=")
        inside = (rows[name] == value).fill_null(False).to_numpy()
        mask = inside & (rng.random(rows.height) < share)
        return put(rows, world.label, mask, 1 - pl.col(world.label))

    return change
