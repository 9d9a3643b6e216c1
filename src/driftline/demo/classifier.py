"""The late-arrival classifier, as a function that any trainer can call.

A monitor file names it so: `trainer: {function: {function: driftline.demo.classifier:fit}}`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from driftline.core.one_thread import one_thread
from driftline.core.roles import Roles
from driftline.demo.flights import CATEGORIES, NUMBERS, ZONE
from driftline.errors import TrainingFailed
from driftline.ports import Trained

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.pipeline import Pipeline

Vector = np.ndarray[Any, np.dtype[np.float64]]

FOLDS = 5
BOOSTING = {
    "max_iter": 100,
    "learning_rate": 0.06,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 100,
    "l2_regularization": 1.0,
}
"""Shallow and slow: days differ more than flights do, and deep trees learn the days."""


def fit(rows: Any, roles: Roles, seed: int = 0) -> Trained:
    """A classifier, with honest predictions for the rows that it was trained on.

    `rows` is a Polars or a pandas frame. `reference_predictions` come from models that
    saw no flight of the same local day: flights of one day share its weather and its
    queues, and a split by rows would let the answer through. Rows without a label are
    predicted and not learnt from.
    """
    assert roles.label is not None, "a trainer is called with labelled rows"
    table = _table(rows)
    truth = table[roles.label].cast(pl.Float64).to_numpy()
    known = ~np.isnan(truth)
    if len(np.unique(truth[known])) < 2:
        raise TrainingFailed(
            f"the {known.sum()} labelled rows have one class; train on more days"
        )
    inputs = as_inputs(table)
    model = _fitted(inputs[known], truth[known], seed)
    day = table[roles.timestamp].dt.convert_time_zone(ZONE).dt.date()
    honest = _out_of_fold(inputs, truth, day.to_physical().to_numpy(), seed)
    return Trained(
        model=model,
        predict=scorer(model),
        parameters={**BOOSTING, "seed": seed, "days": day.n_unique()},
        metrics=_scores(truth[known], honest[known]),
        reference_predictions=honest,
        example=inputs.head(5),
    )


class scorer:
    """The probability of being late, per row, by a fitted pipeline."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def __call__(self, rows: Any) -> Vector:
        """Rows may be a Polars or a pandas frame; columns beside the features are ignored."""
        with one_thread():
            scores: Vector = self.model.predict_proba(as_inputs(rows))[:, 1]
        return scores


def as_inputs(rows: Any) -> "pd.DataFrame":
    """The feature columns as the pipeline takes them: text, and numbers as floats."""
    return (
        _table(rows)
        .select(
            *(pl.col(name).cast(pl.String) for name in CATEGORIES),
            *(pl.col(name).cast(pl.Float64) for name in NUMBERS),
        )
        .to_pandas()
    )


def _table(rows: Any) -> pl.DataFrame:
    return rows if isinstance(rows, pl.DataFrame) else pl.from_pandas(rows)


def _fitted(inputs: "pd.DataFrame", truth: Vector, seed: int) -> "Pipeline":
    model = _model(seed)
    with one_thread():
        return model.fit(inputs, truth)


def _model(seed: int) -> "Pipeline":
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )
    columns = ColumnTransformer(
        [("categories", encoder, list(CATEGORIES))], remainder="passthrough"
    )
    boosting = HistGradientBoostingClassifier(
        categorical_features=list(range(len(CATEGORIES))),
        early_stopping=False,
        random_state=seed,
        **BOOSTING,
    )
    return Pipeline([("columns", columns), ("boosting", boosting)])


def _out_of_fold(
    inputs: "pd.DataFrame", truth: Vector, day: Vector, seed: int
) -> Vector:
    """Each fifth of the days predicted by a model of the other days."""
    fold = np.unique(day, return_inverse=True)[1] % FOLDS
    scores = np.full(len(truth), np.nan)
    for number in np.unique(fold):
        held = fold == number
        learn = ~held & ~np.isnan(truth)
        if len(np.unique(truth[learn])) < 2:
            raise TrainingFailed(
                f"{len(np.unique(day))} days are too few to predict each from others; "
                f"train on {FOLDS * 2} days or more"
            )
        scores[held] = scorer(_fitted(inputs[learn], truth[learn], seed))(inputs[held])
    return scores


def _scores(truth: Vector, score: Vector) -> dict[str, float]:
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

    return {
        "roc_auc": float(roc_auc_score(truth, score)),
        "log_loss": float(log_loss(truth, score)),
        "brier": float(brier_score_loss(truth, score)),
    }
