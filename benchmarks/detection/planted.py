"""The catalogue of planted changes: what is changed, where, and what it truly is."""

import zlib
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
import polars as pl

from benchmarks.detection import inject
from benchmarks.detection.inject import Change, Ramp
from benchmarks.detection.worlds import World

LASTS = 14
"""Days that a planted change lasts, and over which a ramp grows."""

DRAWS = 3
"""Columns drawn per seed for the kinds that have a bar."""


class Where(StrEnum):
    """From which columns one is drawn."""

    ANY = "any feature"
    NUMBER = "a number"
    MEASURED = "a number that is seldom zero"
    UNIT = "a number with a unit"
    CATEGORY = "a category"
    HOUR = "the hour"
    ROWS = "the rows"
    GROUP = "one value of a category"


@dataclass(frozen=True, slots=True)
class Planted:
    """One kind of change. `bug` names what the data's owner has to undo, if it is one.

    `days` are the days within which it has to be found. `tracks` are those on which it
    means something.
    """

    name: str
    family: str
    where: Where
    change: Change | Ramp
    bug: str = ""
    days: int = 1
    tracks: tuple[str, ...] = ("rows", "days", "natural")

    @property
    def draws(self) -> int:
        """How often it is planted per seed, each time into a column drawn anew."""
        return DRAWS if self.family in ("hard", "shift", "joint") else 1

    def drawn(self, world: World, seed: int, draw: int) -> "Drawn | None":
        """The change in the column of this draw; None where the world has none that fits."""
        fit = columns_for(world, self.where)
        rng = np.random.default_rng([seed, draw, zlib.crc32(self.name.encode())])
        return Drawn(self, str(rng.choice(fit)), rng) if fit else None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A planted change in one column."""

    planted: Planted
    column: str
    rng: np.random.Generator

    def changes(self, world: World, rows: pl.DataFrame) -> bool:
        """Whether it makes a difference to its first day: values may all be the same."""
        return not deepcopy(self).on(world, rows, 0).equals(rows)

    def on(self, world: World, rows: pl.DataFrame, day: int) -> pl.DataFrame:
        """The rows of its day, from 0, with the change; scored anew where features changed.

        A day without rows stays as it is.
        """
        change = self.planted.change
        if rows.is_empty():
            return rows
        if isinstance(change, Ramp):
            change = change.on(day, LASTS)
        changed = change(world, rows, self.column, self.rng)
        return changed if self.planted.where is Where.GROUP else world.scored(changed)


def columns_for(world: World, where: Where) -> list[str]:
    """The columns of a world that fit."""
    fitting: dict[Where, Callable[[], Iterable[str]]] = {
        Where.ANY: lambda: world.features,
        Where.NUMBER: lambda: world.numbers,
        Where.MEASURED: lambda: filter(partial(_seldom_zero, world), world.numbers),
        Where.UNIT: lambda: world.units,
        Where.CATEGORY: lambda: world.categories,
        Where.HOUR: lambda: [world.hour] if world.hour else [],
        Where.ROWS: lambda: ["rows"],
        Where.GROUP: lambda: _groups(world),
    }
    return list(fitting[where]())


def _seldom_zero(world: World, column: str) -> bool:
    return bool((world.quantiles(column) != 0).mean() > 0.5)


def _groups(world: World) -> list[str]:
    """Values of the first category, each as often as it has rows."""
    if not world.categories:
        return []
    values = world.days[0][world.categories[0]].drop_nulls()
    return [f"{world.categories[0]}={value}" for value in values]


def _power(x: pl.Expr, rng: np.random.Generator) -> pl.Expr:
    return x * float(rng.choice([0.01, 0.1, 10, 100, 1000]))


def _constant(value: float) -> Callable[[pl.Expr, np.random.Generator], pl.Expr]:
    return lambda x, rng: pl.lit(value)


HARD = (
    Planted("5 % nulls", "hard", Where.ANY, inject.nulls(0.05), "nulls"),
    Planted("10 % in another unit", "hard", Where.UNIT, inject.unit(0.1), "unit"),
    Planted("20 % twice", "hard", Where.ROWS, inject.repeated(0.2), "duplicated load"),
    Planted("half a partition", "hard", Where.ROWS, inject.partial(0.5), "partial day"),
    Planted("5 % new category", "hard", Where.CATEGORY, inject.new_category(0.05)),
)
SHIFTS = (
    Planted("shift 0.1 sd", "shift", Where.NUMBER, inject.shift(0.1), days=3),
    Planted("shift 0.25 sd", "shift", Where.NUMBER, inject.shift(0.25)),
    Planted("shift 0.5 sd", "shift", Where.NUMBER, inject.shift(0.5)),
    Planted("shift 1 sd", "shift", Where.NUMBER, inject.shift(1.0)),
)
JOINT = (
    Planted("swap of 10 %", "joint", Where.CATEGORY, inject.cyclic(0.1), days=1),
    Planted("swap of 30 %", "joint", Where.CATEGORY, inject.cyclic(0.3), days=1),
)
CONCEPT = (
    Planted(
        "labels flipped, p = 0.3", "concept", Where.GROUP, inject.flipped(0.3), days=14
    ),
    Planted(
        "labels flipped, p = 0.5", "concept", Where.GROUP, inject.flipped(0.5), days=14
    ),
)
SOFTER = (
    Planted("1 % nulls", "softer", Where.ANY, inject.nulls(0.01), "nulls", 3),
    Planted("20 % nulls", "softer", Where.ANY, inject.nulls(0.2), "nulls"),
    Planted("all nulls", "softer", Where.ANY, inject.nulls(1.0), "nulls"),
    Planted("1 % new category", "softer", Where.CATEGORY, inject.new_category(0.01)),
    Planted(
        "5 % twice", "softer", Where.ROWS, inject.repeated(0.05), "duplicated load"
    ),
    Planted("20 % redrawn", "softer", Where.CATEGORY, inject.redrawn(0.2)),
    Planted("a category gone", "softer", Where.CATEGORY, inject.dropped_category),
    Planted(
        "ramp to 1 sd",
        "softer",
        Where.NUMBER,
        inject.ramped(inject.shift, 1.0),
        days=LASTS,
    ),
    Planted(
        "ramp to 20 % nulls",
        "softer",
        Where.ANY,
        inject.ramped(inject.nulls, 0.2),
        "nulls",
        days=LASTS,
    ),
)
BUGS = (
    Planted("all in another unit", "bug", Where.UNIT, inject.unit(1.0), "unit"),
    Planted(
        "times a power of ten",
        "bug",
        Where.MEASURED,
        inject.calculated(_power),
        "power of ten",
    ),
    Planted(
        "sign turned",
        "bug",
        Where.MEASURED,
        inject.calculated(lambda x, rng: -x),
        "sign",
    ),
    Planted(
        "sentinel in 10 %",
        "bug",
        Where.NUMBER,
        inject.calculated(_constant(-999.0), 0.1),
        "sentinel",
    ),
    Planted(
        "zero for 20 % nulls", "bug", Where.MEASURED, inject.filled(0.2), "null fill"
    ),
    Planted(
        "offset", "bug", Where.UNIT, inject.calculated(lambda x, rng: x + 32), "offset"
    ),
    Planted("5 hours later", "bug", Where.HOUR, inject.hours_later(5), "time zone"),
    Planted("1 hour later", "bug", Where.HOUR, inject.hours_later(1), "time zone"),
    Planted("a category renamed", "bug", Where.CATEGORY, inject.renamed, "rename"),
    Planted("two columns swapped", "bug", Where.NUMBER, inject.swapped, "column swap"),
    Planted("stuck at one value", "bug", Where.UNIT, inject.stuck, "stuck"),
    Planted("all twice", "bug", Where.ROWS, inject.repeated(1.0), "duplicated load"),
    Planted("30 % of a day", "bug", Where.ROWS, inject.partial(0.3), "partial day"),
)
WORLD = (
    Planted(
        "covariate shift, k = 0.5",
        "world",
        Where.NUMBER,
        inject.covariate(0.5),
        tracks=("rows",),
    ),
    Planted(
        "covariate shift, k = 1",
        "world",
        Where.NUMBER,
        inject.covariate(1.0),
        tracks=("rows",),
    ),
    Planted(
        "more of one label",
        "world",
        Where.ROWS,
        inject.prior(0.5),
        tracks=("rows",),
    ),
    Planted("spread halved", "world", Where.NUMBER, inject.stretch(0.5)),
    Planted("spread doubled", "world", Where.NUMBER, inject.stretch(2.0)),
)
ALL = (*HARD, *SHIFTS, *JOINT, *CONCEPT, *SOFTER, *BUGS, *WORLD)
