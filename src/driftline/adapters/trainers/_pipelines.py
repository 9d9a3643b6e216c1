"""The pipelines that the example trainer chooses from, and where it searches in them."""

from typing import Any

import numpy as np

from driftline.core.roles import Task

MAX_CATEGORIES = 200
"""Rarer words share one category; histogram boosting takes at most 255."""

MISSING = -1e30
"""Stands for a missing number in trees; fits into 32 bits."""

Columns = tuple[list[str], list[str]]
"""Numeric columns, and columns of words."""


def pipeline(algorithm: str, task: Task, columns: Columns, seed: int) -> Any:
    """An unfitted pipeline from a pandas frame with these columns to predictions.

    Infinite numbers, missing words and words never seen in training count as missing.
    """
    from sklearn.pipeline import Pipeline

    prepared = _for_linear(*columns) if algorithm == "linear" else _for_trees(*columns)
    model = _MODELS[algorithm](task is Task.REGRESSION, columns, seed)
    return Pipeline([("prepare", prepared), ("model", model)])


def search_space(algorithm: str, task: Task) -> dict[str, Any]:
    """Distributions of the model's parameters, to draw candidates from."""
    from scipy.stats import loguniform, randint, uniform

    if algorithm == "linear":
        regression = task is Task.REGRESSION
        strength = loguniform(1e-2, 1e3) if regression else loguniform(1e-3, 1e1)
        return {"model__alpha" if regression else "model__C": strength}
    if algorithm == "extra_trees":
        return {
            "model__min_samples_leaf": randint(5, 60),
            "model__max_features": uniform(0.2, 0.7),
        }
    return {
        "model__learning_rate": loguniform(0.03, 0.2),
        "model__max_leaf_nodes": randint(8, 48),
        "model__min_samples_leaf": randint(20, 200),
        "model__l2_regularization": loguniform(1e-2, 1e2),
    }


def _boosting(regression: bool, columns: Columns, seed: int) -> Any:
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    kind = (
        HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    )
    numbers, words = (len(names) for names in columns)
    return kind(
        categorical_features=list(range(numbers, numbers + words)),
        max_iter=80,
        early_stopping=False,
        random_state=seed,
    )


def _extra_trees(regression: bool, columns: Columns, seed: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesRegressor if regression else ExtraTreesClassifier
    return kind(n_estimators=40, random_state=seed, n_jobs=-1)


def _linear(regression: bool, columns: Columns, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression, Ridge

    if regression:
        return Ridge(random_state=seed)
    return LogisticRegression(max_iter=300, random_state=seed)


_MODELS = {"boosting": _boosting, "extra_trees": _extra_trees, "linear": _linear}


def _for_trees(numbers: list[str], words: list[str]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OrdinalEncoder

    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=MAX_CATEGORIES,
    )
    # Below all others rather than missing: boosting fails on a column with no number.
    finite = _finite(MISSING)
    return ColumnTransformer([("numbers", finite, numbers), ("words", codes, words)])


def _for_linear(numbers: list[str], words: list[str]) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    scaled = make_pipeline(
        _finite(np.nan),
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    flags = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=20, max_categories=50
    )
    return ColumnTransformer([("numbers", scaled, numbers), ("words", flags, words)])


def _finite(instead: float) -> Any:
    """A NumPy function, so that the stored model needs no Driftline."""
    from sklearn.preprocessing import FunctionTransformer

    numbers = {"nan": instead, "posinf": instead, "neginf": instead}
    return FunctionTransformer(
        np.nan_to_num, kw_args=numbers, feature_names_out="one-to-one"
    )
