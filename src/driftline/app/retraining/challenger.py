"""What a challenger says of rows that the champion has scored, and which of them is better."""

from typing import Any

import numpy as np
import polars as pl

from driftline.app.job import Job
from driftline.core.labels.labelled import holds_probabilities
from driftline.core.model import ModelVersion
from driftline.core.reference import WINDOW
from driftline.core.retraining.contest import SURE
from driftline.core.retraining.promotion import (
    Promotion,
    PromotionRule,
    decide_promotion,
)
from driftline.core.roles import Task
from driftline.errors import TrainingFailed
from driftline.ports import Predict


def predicted(job: Job, predict: Predict, rows: pl.DataFrame) -> pl.Series:
    """The challenger's score of each row. Raises `TrainingFailed`."""
    features = job.roles.features_among([c for c in rows.columns if c != WINDOW])
    try:
        found: Any = predict(rows.select(features).to_pandas())
    except Exception as error:
        raise TrainingFailed(
            f"the challenger cannot score {rows.height} rows: {type(error).__name__}; "
            "its predict takes a pandas frame of the feature columns"
        ) from error
    return pl.Series("challenger", np.asarray(found))


def with_predictions(
    job: Job, rows: pl.DataFrame, predictions: pl.Series
) -> pl.DataFrame:
    """Score and prediction columns as the challenger would have written them."""
    roles = job.roles
    served = rows[roles.prediction]
    if roles.task is not Task.BINARY or holds_probabilities(served, roles):
        return rows.with_columns(predictions.alias(roles.prediction))
    called = _called(predictions >= roles.decision_threshold, served, roles.positive)
    scored = [] if roles.score is None else [predictions.alias(roles.score)]
    return rows.with_columns(called.alias(roles.prediction), *scored)


def compared(
    job: Job,
    champion: ModelVersion,
    rows: pl.DataFrame,
    scores: pl.Series,
    sure: float = SURE,
) -> Promotion:
    """The challenger against the predictions that the champion made on the same rows.

    `rows` are labelled, and name their window.
    """
    policy = job.retraining
    assert policy is not None
    rule = PromotionRule(
        metric=job.primary_metric(job.registry.load_reference(champion)),
        margin=policy.margin,
        tolerance=policy.guard_tolerance,
        sure=sure,
    )
    rng = np.random.default_rng(policy.seed)
    return decide_promotion(rows, job.roles, scores, rule, rng, rows[WINDOW])


def _called(positive: pl.Series, served: pl.Series, yes: str) -> pl.Series:
    """Classes in the words, or of the type, in which the champion writes them."""
    if served.dtype.is_numeric() or served.dtype == pl.Boolean:
        return positive.cast(served.dtype)
    words = served.cast(pl.String).drop_nulls().alias("word")
    ranked = words.value_counts(sort=True, name="rows")["word"]
    others = [word for word in ranked if word != yes]
    words_of = {True: yes, False: others[0] if others else f"not {yes}"}
    return positive.replace_strict(words_of, return_dtype=pl.String)
