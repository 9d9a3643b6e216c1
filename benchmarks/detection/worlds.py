"""Real rows of a served model, cut into days: what every track is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

AT, KEY = "at", "id"

Predict = Callable[[pl.DataFrame], Any]


@dataclass(frozen=True, slots=True)
class World:
    """One data set with its model, fitted on days before the first one here.

    `days` has one table per day, oldest first: `at` (naive, wall clock), `id`, the
    features, the outputs of the model and the label. `outputs` are the columns that the
    model writes; `predict` gives them anew for changed features.
    """

    name: str
    days: tuple[pl.DataFrame, ...]
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    outputs: tuple[str, ...]
    label: str
    predict: Predict
    monitor: Mapping[str, Any]
    units: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    hour: str | None = None
    pooled: dict[str, np.ndarray] = field(default_factory=dict)
    donors: list[pl.DataFrame] = field(default_factory=list)

    @property
    def features(self) -> tuple[str, ...]:
        """Everything that the model is fed."""
        return self.categories + self.numbers

    def quantiles(self, column: str) -> np.ndarray:
        """Every value that a numeric column takes in all days, sorted."""
        if column not in self.pooled:
            values = pl.concat([day[column] for day in self.days]).drop_nulls()
            self.pooled[column] = np.sort(values.cast(pl.Float64).to_numpy())
        return self.pooled[column]

    def scored(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with what the model says of them as they are."""
        return rows.with_columns(self.predict(rows))

    def sampled(self, rows: int, seed: int = 0) -> "World":
        """The same world with so many rows of every day."""
        days = tuple(
            day.sample(min(rows, day.height), seed=seed + number).sort(AT)
            for number, day in enumerate(self.days)
        )
        name = f"{self.name}, {rows} rows a day"
        return replace(self, name=name, days=days, pooled={}, donors=[])


def by_day(rows: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """The rows cut at midnight, oldest day first."""
    dated = rows.sort(AT).with_columns(pl.col(AT).dt.date().alias("day"))
    return tuple(dated.partition_by("day", maintain_order=True, include_key=False))


def monitor(world: str, task: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """A monitor file with the settings as shipped; its parts are in memory."""

    def part(name: str) -> dict[str, Any]:
        return {"benchmarks.detection.parts": {"part": name}}

    return {
        "name": world,
        "model": {"name": world},
        "task": task,
        "columns": {"timestamp": AT, "key": KEY, **columns},
        "source": part("rows"),
        "labels": {"source": part("rows"), "within_days": 14},
        "registry": part("registry"),
        "ledger": part("ledger"),
        "report": part("report"),
        "notify": [part("notifier")],
        "health": [],
    }
