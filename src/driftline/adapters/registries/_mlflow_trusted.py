"""A registered model loaded and asked. Models are code: loading one runs it.

Nothing of Driftline loads a model but this file, and this file only for a monitor whose
file says `model: {trusted: true}`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from driftline.adapters.registries._mlflow_connection import Connection
from driftline.adapters.registries._mlflow_model import column_types
from driftline.core.labelled import class_names, positive_name
from driftline.core.roles import Roles, Task
from driftline.ports import Predict

Scorer = Callable[[pl.DataFrame], Any]

NUMBERS = ("double", "float")


def ways(
    mlflow: Connection, place: str, columns: tuple[str, ...]
) -> tuple[Scorer, ...]:
    """Every way of asking the model in that place: probabilities first, then its answer.

    It is given the columns of its signature, or all where it has none.
    """
    from mlflow import pyfunc
    from mlflow.artifacts import download_artifacts

    with mlflow.answering("load the trusted model"):
        folder = download_artifacts(artifact_uri=place, tracking_uri=mlflow.uri)
    model = pyfunc.load_model(folder)
    raw = model.get_raw_model()

    def inputs(table: pl.DataFrame) -> Any:
        named = [name for name in columns if name in table.columns]
        return table.select(named or table.columns).to_pandas()

    def chance(table: pl.DataFrame) -> Any:
        return raw.predict_proba(inputs(table))[:, 1]

    def plain(table: pl.DataFrame) -> Any:
        return raw.predict(inputs(table))

    def answer(table: pl.DataFrame) -> Any:
        return model.predict(inputs(table))

    found = [(chance, "predict_proba"), (plain, "predict")]
    return (*(ask for ask, name in found if hasattr(raw, name)), answer)


def scorer(folder: Path, roles: Roles) -> Predict:
    """What scores a frame of features with the model in an MLflow folder.

    A function that a trainer gave is called as it is. An estimator is given its own
    columns, and says the probability of the positive class where it has one.
    """
    import mlflow.pyfunc
    import mlflow.sklearn
    from mlflow.models import Model

    if "sklearn" not in Model.load(str(folder)).flavors:
        loaded = mlflow.pyfunc.load_model(str(folder)).unwrap_python_model()
        return lambda frame: loaded.predict(None, frame)
    model = mlflow.sklearn.load_model(str(folder))
    inputs = column_types(folder / "MLmodel")
    columns = list(inputs) or list(getattr(model, "feature_names_in_", []))

    def predict(frame: Any) -> Any:
        own = frame[columns] if columns else frame
        numbers = [name for name, kind in inputs.items() if kind in NUMBERS]
        own = own.astype(dict.fromkeys(numbers, float))
        if roles.task is not Task.BINARY or not hasattr(model, "predict_proba"):
            return model.predict(own)
        return model.predict_proba(own)[:, _place(model, roles)]

    return predict


def _place(model: Any, roles: Roles) -> int:
    """Which column of `predict_proba` is the positive class's; the last when unnamed."""
    known = getattr(model, "classes_", np.array([], dtype=str))
    names = class_names(pl.Series(known.tolist())).to_list()
    wanted = positive_name(roles)
    return names.index(wanted) if wanted in names else -1
