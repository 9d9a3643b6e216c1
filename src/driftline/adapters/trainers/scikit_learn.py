"""The example trainer: a few scikit-learn algorithms and a small search over each."""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.trainers._pipelines import pipeline, search_space
from driftline.adapters.trainers._table import Table, features_of, one_thread, table_of
from driftline.core.roles import Roles, Task
from driftline.errors import TrainingFailed
from driftline.ports import Context, Trained, Trainer, Trial

Rows = NDArray[np.intp]
"""Positions in the table that was given."""

Algorithm = Literal["boosting", "linear", "extra_trees"]

SCORING = {
    Task.BINARY: "neg_log_loss",
    Task.MULTICLASS: "f1_macro",
    Task.REGRESSION: "neg_mean_absolute_error",
}

EXAMPLE_ROWS = 20


class Settings(BaseModel):
    """What the search may cost."""

    model_config = ConfigDict(extra="forbid")

    algorithms: list[Algorithm] = Field(
        ["boosting", "linear", "extra_trees"],
        min_length=1,
        description="What to choose from.",
    )
    candidates: int = Field(
        3, ge=1, description="Parameter sets to try for each algorithm."
    )
    folds: int = Field(
        3, ge=2, description="Splits in time for the search and for honest predictions."
    )
    search_rows: int = Field(
        12_000, ge=100, description="Rows, evenly over time, that the search looks at."
    )
    max_rows: int = Field(
        200_000,
        ge=100,
        description="Rows, evenly over time, that the model is fitted on.",
    )


def build(settings: Settings, context: Context) -> Trainer:
    """The trainer; days are cut in the monitor's time zone."""
    return ScikitLearnTrainer(settings, context.zone)


@dataclass(frozen=True, slots=True)
class Choice:
    """One algorithm with its parameters and its mean score over the splits."""

    algorithm: str
    parameters: dict[str, Any]
    score: float

    def unfitted(self, table: Table, seed: int) -> Any:
        """A new pipeline."""
        empty = pipeline(self.algorithm, table.task, table.columns, seed)
        return empty.set_params(**self.parameters)


class ScikitLearnTrainer(Trainer):
    """Chooses by the score on rows later than those fitted on, then fits on all rows.

    Numeric, boolean and text columns are features; columns of other types are left
    out and named in the parameters.
    """

    def __init__(self, settings: Settings, zone: str = "UTC") -> None:
        self._settings = settings
        self._zone = zone

    def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
        """A fitted pipeline, with an out-of-fold prediction for every row given.

        Rows without a label are not learned from. They too get their prediction from a
        model that saw none of the days around them.
        """
        table = table_of(rows, roles, self._zone)
        learned = evenly(table.usable, self._settings.max_rows)
        try:
            with one_thread(), warnings.catch_warnings():
                # A split without one of the classes, a search that stops early: shown
                # by the scores, and no reader can act on scikit-learn's wording.
                warnings.simplefilter("ignore")
                choices = self._search(table, learned, seed)
                best = max(choices, key=lambda choice: choice.score)
                honest = self._out_of_fold(best, table, learned, seed)
                model = best.unfitted(table, seed).fit(*table.part(learned))
        except (ValueError, FloatingPointError, np.linalg.LinAlgError) as error:
            raise TrainingFailed(
                f"scikit-learn could not fit {len(learned)} labelled rows "
                f"({type(error).__name__}): each of {self._settings.folds} stretches of "
                "time must hold rows of every class. Give more windows, or fewer `folds`."
            ) from error
        return Trained(
            model=model,
            predict=lambda frame: table.scores(
                model, features_of(frame, table.columns)
            ),
            parameters=self._parameters(best, table, learned, seed),
            metrics=_search_metrics(choices, table.task) | _metrics(table, honest),
            reference_predictions=honest,
            trials=tuple(_trial(choice, table.task) for choice in choices),
            example=table.frame.iloc[learned[:EXAMPLE_ROWS]],
        )

    def _search(self, table: Table, learned: Rows, seed: int) -> list[Choice]:
        """Every candidate of every algorithm; rows are in the order of time."""
        from sklearn.model_selection import RandomizedSearchCV, TimeSeriesSplit

        frame, labels = table.part(evenly(learned, self._settings.search_rows))
        choices = []
        for algorithm in self._settings.algorithms:
            search = RandomizedSearchCV(
                pipeline(algorithm, table.task, table.columns, seed),
                search_space(algorithm, table.task),
                n_iter=self._settings.candidates,
                scoring=SCORING[table.task],
                cv=TimeSeriesSplit(self._settings.folds),
                refit=False,
                random_state=seed,
            ).fit(frame, labels)
            choices += _scored(algorithm, search.cv_results_, self._settings.folds)
        if not choices:
            raise ValueError("no split could be scored")
        return choices

    def _out_of_fold(
        self, choice: Choice, table: Table, learned: Rows, seed: int
    ) -> NDArray[Any]:
        """Predictions for every row by a model that saw no row of its stretch of days."""
        blocks = table.blocks(self._settings.folds)
        parts = []
        for block in blocks:
            others = np.setdiff1d(learned, block, assume_unique=True)
            model = choice.unfitted(table, seed).fit(*table.part(others))
            parts.append(table.scores(model, table.frame.iloc[block]))
        predictions = np.empty(len(table.frame), dtype=parts[0].dtype)
        for block, part in zip(blocks, parts, strict=True):
            predictions[block] = part
        return predictions

    def _parameters(
        self, best: Choice, table: Table, learned: Rows, seed: int
    ) -> dict[str, Any]:
        chosen = {
            name.removeprefix("model__"): f"{value:.6g}"
            for name, value in best.parameters.items()
        }
        return {
            "algorithm": best.algorithm,
            **chosen,
            "features": sum(map(len, table.columns)),
            "left_out": ", ".join(table.left_out),
            "rows": len(learned),
            "first_day": str(table.days[learned[0]]),
            "last_day": str(table.days[learned[-1]]),
            "candidates": self._settings.candidates,
            "seed": seed,
        }


def evenly(rows: Rows, most: int) -> Rows:
    """At most so many of the rows, spread over them in their order.

    >>> evenly(np.arange(10), 3).tolist()
    [0, 4, 9]
    """
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def _scored(algorithm: str, results: dict[str, Any], folds: int) -> list[Choice]:
    """The candidates with their means over the splits that could be scored."""
    splits = np.array([results[f"split{fold}_test_score"] for fold in range(folds)])
    means = np.nanmean(splits, axis=0)
    return [
        Choice(algorithm, parameters, float(mean))
        for parameters, mean in zip(results["params"], means, strict=True)
        if not np.isnan(mean)
    ]


def _search_metrics(choices: list[Choice], task: Task) -> dict[str, float]:
    """What the best candidate of each algorithm scored."""
    best: dict[str, Choice] = {}
    for choice in choices:
        known = best.setdefault(choice.algorithm, choice)
        best[choice.algorithm] = max(known, choice, key=lambda each: each.score)
    return {
        f"search/{algorithm}/{name}": value
        for algorithm, choice in best.items()
        for name, value in _score_of(choice, task).items()
    }


def _score_of(choice: Choice, task: Task) -> dict[str, float]:
    """By the name that the score has where it is not turned to be greatest at best."""
    scoring = SCORING[task]
    sign = -1.0 if scoring.startswith("neg_") else 1.0
    return {scoring.removeprefix("neg_"): sign * choice.score}


def _trial(choice: Choice, task: Task) -> Trial:
    chosen = {n.removeprefix("model__"): v for n, v in choice.parameters.items()}
    parameters = {"algorithm": choice.algorithm, **chosen}
    return Trial(choice.algorithm, parameters, _score_of(choice, task))


def _metrics(table: Table, predictions: NDArray[Any]) -> dict[str, float]:
    """What the out-of-fold predictions are worth on the labelled rows."""
    from sklearn import metrics

    truth, predicted = table.labels[table.usable], predictions[table.usable]
    match table.task:
        case Task.BINARY:
            happened = truth == table.positive
            found = {
                "roc_auc": metrics.roc_auc_score(happened, predicted),
                "log_loss": metrics.log_loss(happened, predicted),
                "brier": metrics.brier_score_loss(happened, predicted),
            }
        case Task.MULTICLASS:
            found = {
                "accuracy": metrics.accuracy_score(truth, predicted),
                "f1_macro": metrics.f1_score(truth, predicted, average="macro"),
            }
        case Task.REGRESSION:
            found = {
                "mae": metrics.mean_absolute_error(truth, predicted),
                "r2": metrics.r2_score(truth, predicted),
            }
    return {f"out_of_fold/{name}": float(value) for name, value in found.items()}
