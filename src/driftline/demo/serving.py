"""The production system of the demo: what it writes each day, and the faults in it.

Two faults are planted, and nothing else is touched:

- for three days the route table sends distances in kilometres; the model is fed what
  the table sends, as it would be;
- one day's partition is delivered two days late.

A partition that was written is never written again, as production rewrites no history:
serving the same day twice changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from driftline.demo.files import replace_with
from driftline.demo.flights import FEATURES, KEY, LABEL, TIMESTAMP, days_between

Predict = Callable[[pl.DataFrame], Any]
"""Probabilities of being late for a table of features."""

SCORE = "score"
PREDICTION = "late_predicted"
DECISION_THRESHOLD = 0.3
"""A flight is announced as late from this probability on."""

LABELS_AFTER_DAYS = 2

KM_PER_MILE = 1.609344


@dataclass(frozen=True, slots=True)
class UnitBug:
    """From `first` to `last` the column arrives in another unit."""

    column: str
    first: date
    last: date

    def spoil(self, rows: pl.DataFrame, day: date) -> pl.DataFrame:
        """The rows as they are sent on that day, in whole kilometres for miles."""
        if not self.first <= day <= self.last:
            return rows
        dtype = rows.schema[self.column]
        kilometres = (pl.col(self.column) * KM_PER_MILE).round(0).cast(dtype)
        return rows.with_columns(kilometres.alias(self.column))


@dataclass(frozen=True, slots=True)
class LatePartition:
    """The partition of `day` is there only when `arrives` has ended."""

    day: date
    arrives: date


UNIT_BUG = UnitBug("distance_mi", date(2013, 3, 26), date(2013, 3, 28))
LATE_PARTITION = LatePartition(date(2013, 4, 3), date(2013, 4, 5))


def serve_day(
    folder: Path, flights: pl.DataFrame, day: date, predict: Predict
) -> list[Path]:
    """Everything that production has written when `day` has ended; the new files.

    `folder` gets `flights/day=YYYY-MM-DD/part.parquet` with features, score and
    predicted class, and the same under `labels/` for the day whose outcomes are now
    known.
    """
    delivered = [day] if day != LATE_PARTITION.day else []
    if day == LATE_PARTITION.arrives:
        delivered.append(LATE_PARTITION.day)
    written = [_serve(folder, flights, each, predict) for each in delivered]
    written.append(_label(folder, flights, day - timedelta(days=LABELS_AFTER_DAYS)))
    return [path for path in written if path]


def serve_history(folder: Path, flights: pl.DataFrame, scores: Any) -> list[Path]:
    """The days before the first watched one, with one given score per flight.

    A retraining reads its rows where production wrote them; these are what it finds
    there of the days on which the first model was trained. The new files.
    """
    rows = flights.with_columns(pl.Series(SCORE, scores, dtype=pl.Float64))
    written: list[Path | None] = []
    for day in rows["day"].unique().sort():
        part = days_between(rows, day, day)
        path = partition(folder, "flights", day)
        written.append(_once(path, served_frame(part, part[SCORE])))
        written.append(_label(folder, flights, day))
    return [path for path in written if path]


def served(flights: pl.DataFrame, day: date, predict: Predict) -> pl.DataFrame:
    """A day's flights as production saw and scored them, faults included."""
    rows = UNIT_BUG.spoil(days_between(flights, day, day), day)
    return served_frame(rows, predict(rows))


def served_frame(rows: pl.DataFrame, scores: Any) -> pl.DataFrame:
    """What production keeps of flights: key, time, features, `score`, `late_predicted`."""
    score = pl.Series(SCORE, scores, dtype=pl.Float64)
    late = (score >= DECISION_THRESHOLD).cast(pl.Int32).alias(PREDICTION)
    return rows.select(KEY, TIMESTAMP, *FEATURES).with_columns(score, late)


def labels_of(flights: pl.DataFrame, day: date) -> pl.DataFrame:
    """The outcomes of a day's flights; one that never arrived is absent."""
    known = days_between(flights, day, day).filter(pl.col(LABEL).is_not_null())
    return known.select(KEY, TIMESTAMP, LABEL)


def partition(folder: Path, table: str, day: date) -> Path:
    """Where a day's rows of a table are."""
    return folder / table / f"day={day.isoformat()}" / "part.parquet"


def _serve(
    folder: Path, flights: pl.DataFrame, day: date, predict: Predict
) -> Path | None:
    path = partition(folder, "flights", day)
    return None if path.exists() else replace_with(path, served(flights, day, predict))


def _label(folder: Path, flights: pl.DataFrame, day: date) -> Path | None:
    rows = labels_of(flights, day)
    return None if rows.is_empty() else _once(partition(folder, "labels", day), rows)


def _once(path: Path, rows: pl.DataFrame) -> Path | None:
    return None if path.exists() else replace_with(path, rows)
