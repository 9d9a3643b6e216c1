"""A year of flights, and what every model that could have been trained does on its days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from driftline.core.labels.realised import Performance, measure
from driftline.core.reference import Measured
from driftline.core.roles import Roles, Task
from driftline.demo import classifier
from driftline.demo import flights as data

FIRST, LAST = date(2013, 4, 1), date(2013, 12, 31)
DAYS = (LAST - FIRST).days + 1
STEP, TRAIN, HELD, LATE = 3, 112, 10, 2
"""A run can be started every third day; days trained on, held out, and until labels come."""

COOL_DOWN = 7
"""Days between two runs, where something other than the calendar asks for them."""

MOST_ROWS = 30_000
METRIC = "log_loss"
ROLES = Roles(Task.BINARY, data.TIMESTAMP, "called", score="score", label=data.LABEL)
SEED = 0


@dataclass(frozen=True)
class Known:
    """The performance of a model's own reference days, as `judge_performance` asks for it."""

    days: tuple[Measured, ...]

    def metric(self, name: str) -> list[Measured]:
        """The deciding metric; nothing else is judged here."""
        return list(self.days) if name == METRIC else []


@dataclass(frozen=True)
class Year:
    """Labelled flights by day, and the losses of every candidate model on every day.

    `losses[k, t]` is the sum of log losses on day `t` of the model of candidate `k`; the
    model that is in service at first is candidate 0.
    """

    rows: pl.DataFrame
    losses: np.ndarray
    scores: tuple[np.ndarray, ...]
    flights: np.ndarray
    places: tuple[np.ndarray, ...]
    labelled: pl.DataFrame
    kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def floor(self) -> np.ndarray:
        """Per day the loss of the best model that was trained by then."""
        ready = np.arange(len(self.losses))[:, None] * STEP <= np.arange(DAYS)[None, :]
        return np.where(ready, self.losses, np.inf).min(axis=0)

    def cost(self, runs: Sequence[int], serves: Sequence[int], price: float) -> float:
        """Excess over the floor, and the runs. `serves` names each day's candidate."""
        return float(self.excess(serves).sum()) + price * len(runs)

    def excess(self, serves: Sequence[int]) -> np.ndarray:
        """Each day's excess; `serves` may begin later in the year than its first day."""
        days = np.arange(DAYS - len(serves), DAYS)
        found: np.ndarray = self.losses[list(serves), days] - self.floor[days]
        return found


def year_of(folder: Path) -> Year:
    """Every candidate trained and scored on all days after it; kept for the next run."""
    folder.mkdir(parents=True, exist_ok=True)
    labelled = data.prepared(folder).filter(pl.col(data.LABEL).is_not_null())
    rows = labelled.filter(pl.col("day").is_between(FIRST, LAST))
    number = (rows["day"] - FIRST).dt.total_days().to_numpy()
    truth = rows[data.LABEL].to_numpy().astype(float)
    path = folder / "retraining-scores.npz"
    scores = dict(np.load(path)) if path.exists() else {}
    for k in range(DAYS // STEP + 1):
        if str(k) not in scores:
            model = _trained(labelled, k)
            after = number >= k * STEP - HELD - LATE
            full = np.full(len(rows), np.nan, dtype=np.float32)
            full[after] = classifier.scorer(model)(rows.filter(pl.Series(after)))
            scores[str(k)] = full
            np.savez(path, **scores)
            print(f"candidate {k} trained", flush=True)
    every_score = tuple(scores[str(k)] for k in range(DAYS // STEP + 1))
    losses = np.array([_by_day(truth, score, number) for score in every_score])
    flights = np.bincount(number, minlength=DAYS)
    return Year(rows, losses, every_score, flights, _places(rows), labelled)


def _trained(labelled: pl.DataFrame, k: int) -> Any:
    rows = _training(labelled, k)
    return classifier._fitted(
        classifier.as_inputs(rows), rows[data.LABEL].cast(pl.Float64).to_numpy(), SEED
    )


def _training(labelled: pl.DataFrame, k: int) -> pl.DataFrame:
    last = FIRST + timedelta(days=k * STEP - LATE - HELD - 1)
    rows = data.days_between(labelled, last - timedelta(days=TRAIN - 1), last)
    return rows.gather_every(-(-rows.height // MOST_ROWS))


def _by_day(truth: np.ndarray, score: np.ndarray, number: np.ndarray) -> np.ndarray:
    clipped = np.clip(score.astype(float), 1e-6, 1 - 1e-6)
    loss = -(truth * np.log(clipped) + (1 - truth) * np.log(1 - clipped))
    return np.bincount(number, np.nan_to_num(loss, nan=1e9), minlength=DAYS)


def _places(rows: pl.DataFrame) -> tuple[np.ndarray, ...]:
    number = (rows["day"] - FIRST).dt.total_days().to_numpy()
    return tuple(np.flatnonzero(number == day) for day in range(DAYS))


def rows_of(year: Year, days: Sequence[int]) -> pl.DataFrame:
    return year.rows[np.concatenate([year.places[day] for day in days])]


def scores_of(year: Year, k: int, day: int) -> np.ndarray:
    return year.scores[k][year.places[day]].astype(float)


def on_day(year: Year, k: int, day: int) -> Measured:
    """The candidate's metric on a day."""
    if (k, day) not in year.kept:
        rows = rows_of(year, [day])
        year.kept[k, day] = _measured(rows, scores_of(year, k, day))
    found: Measured = year.kept[k, day]
    return found


def _measured(rows: pl.DataFrame, scores: np.ndarray) -> Measured:
    called = pl.Series(scores >= 0.3).cast(pl.Int32)
    table = rows.with_columns(score=pl.Series(scores), called=called)
    return measure(table, ROLES, [METRIC]).measured[METRIC]


def performance_of(year: Year, day: int, today: Measured) -> Performance:
    count = int(year.flights[day])
    return Performance(count, count, measured={METRIC: today})


def reference(year: Year, k: int) -> Known:
    """The model's days out of fold, as the trainer leaves them in the registry."""
    if k not in year.kept:
        parts = reference_rows(year, k).partition_by("day")
        year.kept[k] = Known(
            tuple(_measured(p.drop("score"), p["score"].to_numpy()) for p in parts)
        )
    known: Known = year.kept[k]
    return known


def reference_rows(year: Year, k: int) -> pl.DataFrame:
    """The rows that a candidate was trained on, each with its score out of fold."""
    rows = _training(year.labelled, k)
    if ("honest", k) not in year.kept:
        truth = rows[data.LABEL].cast(pl.Float64).to_numpy()
        day = rows["day"].to_physical().to_numpy()
        inputs = classifier.as_inputs(rows)
        honest = classifier._out_of_fold(inputs, truth, day, SEED)
        year.kept["honest", k] = honest
    return rows.with_columns(score=pl.Series(year.kept["honest", k]))
