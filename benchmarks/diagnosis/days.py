"""Data sets as days of rows: real ones, real ones in another order, and any table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import polars as pl

from driftline.core.roles import Roles, Task
from driftline.demo import flights

KNOWN = 90
"""Days of a year that are the reference."""

FEW = 46
"""Rows a day of a small model."""

WEATHER = (
    "origin",
    "hour",
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "precip",
    "pressure",
    "visib",
)


@dataclass(frozen=True)
class Data:
    """Days of rows, oldest first: the first `known` are the reference."""

    name: str
    days: list[pl.DataFrame]
    known: int
    roles: Roles
    zone: str = "UTC"


def data_sets(table: Path | None) -> Iterator[Data]:
    """All of them, and the table if there is one."""
    yield from _flights()
    yield _weather()
    if table is not None:
        yield _table(table)


def _flights() -> Iterator[Data]:
    """The year as it was, with few rows a day, and without what a day has to itself."""
    year = flights.prepared(Path(gettempdir()) / "driftline-flights")
    days = [day.drop("day") for day in year.partition_by("day", maintain_order=True)]
    roles = Roles(
        Task.BINARY,
        flights.TIMESTAMP,
        "",
        label=flights.LABEL,
        key=(flights.KEY,),
        features=flights.FEATURES,
    )
    rng = np.random.default_rng(1)
    ways = {
        "flights": days,
        f"flights, {FEW} a day": _thinned(days, rng),
        "flights, rows shuffled": _dealt(days),
        "flights, days shuffled": [days[i] for i in rng.permutation(len(days))],
    }
    for name, dealt in ways.items():
        yield Data(name, dealt, KNOWN, roles, flights.ZONE)


def _thinned(days: list[pl.DataFrame], rng: np.random.Generator) -> list[pl.DataFrame]:
    """Few rows of every day that has more."""
    return [
        day.sample(FEW, seed=int(rng.integers(1 << 31))).sort(flights.TIMESTAMP)
        for day in days
        if day.height > FEW
    ]


def _dealt(days: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """All rows dealt into days of the same sizes, with the time of day that they had."""
    rows = pl.concat(days).sample(fraction=1.0, shuffle=True, seed=3)
    found, at = [], 0
    for day in days:
        found.append(
            rows.slice(at, day.height).sort(pl.col(flights.TIMESTAMP).dt.time())
        )
        at += day.height
    return found


def _weather() -> Data:
    """Every hour at three airports, days with most of their hours."""
    source = flights.data_folder() / "weather.csv"
    rows = pl.read_csv(source, null_values="NA", infer_schema_length=None)
    at = pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
    day = pl.date("year", "month", "day")
    parts = rows.select(at, *WEATHER, day=day).partition_by("day", maintain_order=True)
    days = [part.drop("day") for part in parts if part.height > 40]
    roles = Roles(Task.REGRESSION, "time_hour", "", features=WEATHER)
    return Data("hourly weather", days, KNOWN, roles, flights.ZONE)


def _table(path: Path) -> Data:
    """A table's rows dealt into days of 220 to 340; half of the days are the reference."""
    rows = pl.read_csv(path, infer_schema_length=None)
    rows = rows.drop(
        [c for c in rows.columns if c == "" or rows[c].n_unique() == rows.height]
    )
    rows = rows.sample(fraction=1.0, shuffle=True, seed=2)
    rng = np.random.default_rng(2)
    days: list[pl.DataFrame] = []
    at = 0
    while at + 400 < rows.height and len(days) < 200:
        n = int(rng.integers(220, 340))
        days.append(rows.slice(at, n).with_columns(_stamps(len(days), n, rng)))
        at += n
    roles = Roles(Task.REGRESSION, "at", "", features=tuple(rows.columns))
    return Data(path.stem, days, len(days) // 2, roles)


def _stamps(day: int, count: int, rng: np.random.Generator) -> pl.Series:
    """So many moments of a day, in order."""
    midnight = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day)
    seconds = np.sort(rng.integers(0, 86400, count))
    return pl.Series("at", [midnight + timedelta(seconds=int(s)) for s in seconds])
