"""A registered model loaded and asked. Models are code: loading one runs it.

Nothing of Driftline loads a model but this file, and this file only for a monitor whose
file says `model: {trusted: true}`.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

from driftline.adapters.registries._mlflow_connection import Connection

Scorer = Callable[[pl.DataFrame], Any]


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
