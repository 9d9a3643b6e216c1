"""A registered model as its trainer would score with it. Loading one runs its code."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from driftline.adapters.registries._mlflow_model import column_types
from driftline.core.labels.labelled import class_names, positive_name
from driftline.core.roles import Roles, Task
from driftline.ports import Predict

PYTHON_MODEL = "mlflow.pyfunc.model"
"""Where MLflow has a function loaded from."""

NUMBERS = ("double", "float")


def scorer(folder: Path, roles: Roles) -> Predict:
    """What scores a frame of features with the model in an MLflow folder.

    A function that a trainer gave is called as it is, and any other model by MLflow's
    common interface, but for an `estimator` of scikit-learn.
    """
    import mlflow.pyfunc
    import mlflow.sklearn
    from mlflow.models import Model

    if "sklearn" not in Model.load(str(folder)).flavors:
        return _common(mlflow.pyfunc.load_model(str(folder)))
    model = mlflow.sklearn.load_model(str(folder))
    return estimator(model, column_types(folder / "MLmodel"), roles)


def estimator(model: Any, inputs: dict[str, str], roles: Roles) -> Predict:
    """What scores a frame with a fitted estimator of scikit-learn.

    It is given its own columns, and says the probability of the positive class where it
    has one. `inputs` are the names and types of its columns, by its signature.
    """
    columns = list(inputs) or list(getattr(model, "feature_names_in_", []))

    def predict(frame: Any) -> Any:
        own = frame[columns] if columns else frame
        numbers = [name for name, kind in inputs.items() if kind in NUMBERS]
        own = own.astype(dict.fromkeys(numbers, float))
        if roles.task is not Task.BINARY or not hasattr(model, "predict_proba"):
            return model.predict(own)
        return model.predict_proba(own)[:, _place(model, roles)]

    return predict


def _common(model: Any) -> Predict:
    """A trainer's own function, or whatever MLflow calls of the model."""
    if model.loader_module != PYTHON_MODEL:
        return lambda frame: model.predict(frame)
    function = model.unwrap_python_model()
    return lambda frame: function.predict(None, frame)


def _place(model: Any, roles: Roles) -> int:
    """Which column of `predict_proba` is the positive class's; the last when unnamed."""
    known = getattr(model, "classes_", np.array([], dtype=str))
    names = class_names(pl.Series(known.tolist())).to_list()
    wanted = positive_name(roles)
    return names.index(wanted) if wanted in names else -1
