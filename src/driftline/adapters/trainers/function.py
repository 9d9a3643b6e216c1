"""The user's own training function."""

import traceback
from typing import Any

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.trainers._table import is_positive
from driftline.core.registry import load_attribute
from driftline.core.roles import Roles, Task
from driftline.errors import DriftlineError, SchemaMismatch, TrainingFailed
from driftline.ports import Context, Trained, Trainer

TRIAL_ROWS = 20

EXPECTED = (
    "A training function is called as function(rows: pandas.DataFrame, roles: Roles) and "
    "returns a driftline.ports.Trained or a fitted estimator with `predict` (and "
    "`predict_proba` for a binary task) that takes the feature columns."
)


class Settings(BaseModel):
    """Where the function is.

    ```python
    def fit(rows: pandas.DataFrame, roles: driftline.core.roles.Roles):
        features = roles.features_among(list(rows.columns))
        return LogisticRegression().fit(rows[features], rows[roles.label])
    ```

    `rows` are the labelled rows with all their columns, oldest window first. What is
    returned is a `driftline.ports.Trained`, or a fitted estimator in the manner of
    scikit-learn: it is given the columns in its `feature_names_in_`, or all features
    of the monitor where it has no such attribute.
    """

    model_config = ConfigDict(extra="forbid")

    function: str = Field(
        pattern=r"^[\w.]+:[\w.]+$",
        description="package.module:function, importable where retraining runs.",
    )


def build(settings: Settings, context: Context) -> Trainer:
    """The trainer; the function is imported when it is first called."""
    return FunctionTrainer(settings.function)


class FunctionTrainer(Trainer):
    """Calls one function and checks that what it returned can score rows."""

    def __init__(self, path: str) -> None:
        self._path = path

    def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
        """What the function trained; `TrainingFailed` when it raised or cannot score.

        NumPy's global generator is seeded first, so that a function which uses it
        gives the same model twice.
        """
        function = load_attribute(self._path)
        np.random.seed(seed % 2**32)
        try:
            made = function(rows.to_pandas(), roles)
        except DriftlineError:
            raise
        except Exception as error:
            raise TrainingFailed(
                f"{self._path} raised {_whence(error)}. {EXPECTED}"
            ) from error
        trained = (
            made if isinstance(made, Trained) else self._wrapped(made, rows, roles)
        )
        self._try(trained, rows.head(TRIAL_ROWS), roles)
        return trained

    def _wrapped(self, made: Any, rows: pl.DataFrame, roles: Roles) -> Trained:
        if not callable(getattr(made, "predict", None)):
            raise TrainingFailed(
                f"{self._path} returned {type(made).__name__}. {EXPECTED}"
            )
        features = list(
            getattr(made, "feature_names_in_", roles.features_among(rows.columns))
        )
        return Trained(
            model=made,
            predict=_scorer(made, features, roles),
            parameters={"function": self._path, "estimator": type(made).__name__},
            example=rows.select(features).head(TRIAL_ROWS).to_pandas(),
        )

    def _try(self, trained: Trained, rows: pl.DataFrame, roles: Roles) -> None:
        """Score a few rows now, rather than after the model has been registered."""
        try:
            scores = np.asarray(trained.predict(rows.to_pandas()))
        except Exception as error:
            raise TrainingFailed(
                f"what {self._path} returned cannot score rows: {_whence(error)}. "
                f"{EXPECTED}"
            ) from error
        if scores.shape != (len(rows),):
            raise TrainingFailed(
                f"what {self._path} returned gives an array of shape {scores.shape} for "
                f"{len(rows)} rows, and one score per row is needed. {EXPECTED}"
            )
        if roles.task is Task.BINARY and not _are_probabilities(scores):
            raise TrainingFailed(
                f"what {self._path} returned gives scores that are no probabilities in "
                f"[0, 1], which a binary task needs. {EXPECTED}"
            )


def _scorer(model: Any, features: list[str], roles: Roles) -> Any:
    """A function from a frame to one score per row."""

    def predict(frame: Any) -> Any:
        table = frame.to_pandas() if isinstance(frame, pl.DataFrame) else frame
        absent = [name for name in features if name not in table.columns]
        if absent:
            raise SchemaMismatch(f"the model needs columns: {', '.join(absent)}")
        if roles.task is not Task.BINARY or not hasattr(model, "predict_proba"):
            return model.predict(table[features])
        return model.predict_proba(table[features])[:, _place(model, roles)]

    return predict


def _place(model: Any, roles: Roles) -> int:
    """Which column of `predict_proba` is the positive class's; the last when unnamed."""
    classes = list(getattr(model, "classes_", []))
    found = [n for n, value in enumerate(classes) if is_positive(value, roles.positive)]
    return found[0] if found else -1


def _are_probabilities(scores: Any) -> bool:
    try:
        numbers = np.asarray(scores, dtype=float)
    except (TypeError, ValueError):
        return False
    return bool(np.all((numbers >= 0) & (numbers <= 1)))


def _whence(error: Exception) -> str:
    """The kind of an error and its line of code; its text may hold rows."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
    )
