"""Trained models in MLflow's format, logged with nothing global touched."""

import math
import sys
import warnings
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline.adapters.registries._mlflow_connection import (
    Connection,
    slug,
    temporary_folder,
)
from driftline.adapters.registries._mlflow_reading import checksum
from driftline.ports import Trained, Trial

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel, Param
    from mlflow.models import Model, ModelSignature


PARAMETERS_A_BATCH = 100
TEXT_LIMIT = 5000


def log(
    mlflow: Connection, experiment: str, run_id: str, trained: Trained
) -> "tuple[LoggedModel, str]":
    """The run has the model, its parameters and its finite metrics. With its checksum."""
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    client = mlflow.client
    logged = client.create_logged_model(experiment, "model", source_run_id=run_id)
    description = Model(
        artifact_path=logged.artifact_location,
        run_id=run_id,
        model_uuid=logged.model_id,
        model_id=logged.model_id,
    )
    with temporary_folder() as folder, warnings.catch_warnings():
        # About integers without room for nulls, which Driftline checks itself, and a
        # missing example, which would be rows of data.
        warnings.simplefilter("ignore", UserWarning)
        write_folder(trained, folder / "model", description)
        known_by = checksum(folder / "model")
        client.log_model_artifacts(logged.model_id, str(folder / "model"))
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    _log_numbers(mlflow, run_id, logged.model_id, trained)
    for trial in trained.trials:
        _log_trial(mlflow, experiment, run_id, trial)
    return client.finalize_logged_model(logged.model_id, "READY"), known_by


def column_types(file: Path) -> dict[str, str]:
    """The inputs of the signature in a file `MLmodel`; empty when it has none."""
    from mlflow.models import Model

    signature = Model.load(str(file)).signature
    inputs = signature.inputs if signature else None
    if inputs is None or not inputs.has_input_names():
        return {}
    return {name: _type_name(spec) for name, spec in inputs.input_dict().items()}


def _type_name(spec: Any) -> str:
    kind = getattr(spec, "type", None)
    return str(getattr(kind, "name", kind))


def _log_numbers(
    mlflow: Connection, run_id: str, model_id: str, trained: Trained
) -> None:
    from mlflow.entities import Metric

    metrics = [
        Metric(slug(name), value, 0, 0, model_id=model_id, run_id=run_id)
        for name, value in trained.metrics.items()
        if math.isfinite(value)
    ]
    mlflow.log_metrics(run_id, metrics)
    params = _params(trained.parameters)
    for start in range(0, len(params), PARAMETERS_A_BATCH):
        batch = params[start : start + PARAMETERS_A_BATCH]
        mlflow.client.log_batch(run_id, params=batch)


def _log_trial(mlflow: Connection, experiment: str, run_id: str, trial: Trial) -> None:
    """A run of its own under the one that made the model, as MLflow shows a search."""
    from mlflow.entities import Metric

    parent = {"mlflow.parentRunId": run_id}
    made = mlflow.client.create_run(experiment, tags=parent, run_name=trial.name)
    own = made.info.run_id
    metrics = [
        Metric(slug(name), value, 0, 0)
        for name, value in trial.metrics.items()
        if math.isfinite(value)
    ]
    params = _params(trial.parameters)[:PARAMETERS_A_BATCH]
    mlflow.client.log_batch(own, metrics=metrics, params=params)
    mlflow.client.set_terminated(own)


def _params(values: dict[str, Any]) -> "list[Param]":
    from mlflow.entities import Param

    return [
        Param(slug(name), str(value)[:TEXT_LIMIT]) for name, value in values.items()
    ]


def write_folder(trained: Trained, folder: Path, description: "Model") -> None:
    """The folder holds the model, its signature and pinned requirements, and no row.

    A scikit-learn estimator keeps its flavor; anything else is written as a Python
    function around `trained.predict`.
    """
    from sklearn.base import BaseEstimator

    if isinstance(trained.model, BaseEstimator):
        _write_estimator(trained, folder, description)
    else:
        _write_function(trained, folder, description)


def _write_estimator(trained: Trained, folder: Path, description: "Model") -> None:
    import mlflow.sklearn

    trusted = _types_to_trust(trained.model)
    mlflow.sklearn.save_model(
        trained.model,
        folder,
        mlflow_model=description,
        signature=_signature(trained.example, trained.model.predict),
        conda_env=_environment(trained.model, "skops", "cloudpickle"),
        serialization_format="cloudpickle" if trusted is None else "skops",
        skops_trusted_types=trusted,
    )


def _write_function(trained: Trained, folder: Path, description: "Model") -> None:
    import mlflow.pyfunc

    predict = trained.predict

    # Made here, and without type hints, so that it is written by value and unchecked:
    # whoever loads the model needs no Driftline.
    scorer = type(
        "Scorer",
        (mlflow.pyfunc.PythonModel,),
        {
            "predict": lambda self, context, model_input, params=None: predict(
                model_input
            )
        },
    )
    mlflow.pyfunc.save_model(
        folder,
        python_model=scorer(),
        mlflow_model=description,
        signature=_signature(trained.example, predict),
        conda_env=_environment(trained.model, "cloudpickle"),
    )


def _types_to_trust(model: Any) -> list[str] | None:
    """What skops asks to trust: this process made the model. None: skops cannot write it."""
    import skops.io

    try:
        return list(skops.io.get_untrusted_types(data=skops.io.dumps(model)))
    except Exception:  # (any type of a user's model may refuse in any way)
        return None


def _signature(example: Any, predict: Any) -> "ModelSignature | None":
    from mlflow.models import infer_signature

    if example is None:
        return None
    frame = _as_pandas(example)
    return infer_signature(frame, predict(frame))


def _as_pandas(frame: Any) -> Any:
    """A pandas frame of what may be a Polars one."""
    return frame.to_pandas() if hasattr(frame, "to_pandas") else frame


def _environment(model: Any, *writers: str) -> dict[str, Any]:
    """A conda environment with exact pins: letting MLflow infer them takes 20 seconds."""
    owners = packages_distributions()
    names = {"numpy", "pandas", *writers}
    for module in _modules(model):
        names.update(owners.get(module, []))
    python = ".".join(str(part) for part in sys.version_info[:3])
    pins = sorted(pin for pin in map(_pin, names) if pin)
    return {
        "name": "model",
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": pins}],
    }


def _modules(model: Any) -> set[str]:
    """The top-level modules of a model and of a pipeline's steps."""
    parts = [model, *(step for _, step in getattr(model, "steps", []))]
    return {type(part).__module__.partition(".")[0] for part in parts}


def _pin(name: str) -> str:
    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return ""
