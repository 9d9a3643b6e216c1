"""A model that is loaded out of MLflow says what its trainer said."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from mlflow import MlflowClient

from driftline.adapters.registries import mlflow
from driftline.adapters.trainers import scikit_learn
from driftline.core.roles import Roles, Task
from driftline.errors import ModelUnusable
from driftline.ports import Context, ModelRegistry, Trained
from tests.contract.test_registries import trained

ROLES = Roles(Task.BINARY, "at", "called", label="late", positive="late")


def registry(root: Path, roles: Roles = ROLES) -> ModelRegistry:
    """MLflow on SQLite."""
    context = Context("flights", str(root), "UTC", roles)
    return mlflow.build(mlflow.Settings(), context)


def test_a_function_is_called_as_it_is(tmp_path: Path) -> None:
    """Whatever the trainer's `predict` does with the frame."""
    home = registry(tmp_path)
    made = home.register("function", Trained(None, lambda frame: frame["a"] * 2), {})
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert list(home.load(made)(frame)) == [2, 4]


def test_an_estimator_says_the_positive_classs_probability(tmp_path: Path) -> None:
    """Of classes in words, whichever comes first in the alphabet."""
    home = registry(tmp_path)
    given = trained()
    rows = pd.DataFrame({"a": np.arange(40.0), "b b": np.arange(40.0) % 7})
    words = np.where(rows["a"] > 20, "late", "on time")
    model = given.model.fit(rows, words)
    made = home.register("words", replace(given, model=model), {})
    found = home.load(made)(rows.assign(other="x"))
    assert found.tolist() == model.predict_proba(rows)[:, 0].tolist()


def test_what_the_example_trainer_made_scores_as_it_did(tmp_path: Path) -> None:
    """Numbers with gaps and words alike."""
    rng = np.random.default_rng(3)
    rows = pl.DataFrame(
        {
            "at": pl.datetime_range(
                pl.datetime(2026, 1, 1), pl.datetime(2026, 1, 25), "1h", eager=True
            )
        }
    ).with_columns(
        a=pl.Series(rng.normal(size=577)),
        n=pl.Series(rng.integers(0, 5, 577)),
        w=pl.Series(rng.choice(["x", "y"], 577)),
    )
    rows = rows.with_columns(
        late=(pl.col("a") + rng.normal(size=577) > 0).cast(pl.Int64),
        a=pl.when(pl.col("n") == 0).then(None).otherwise(pl.col("a")),
        called=pl.lit(0.5),
    )
    roles = Roles(Task.BINARY, "at", "called", label="late")
    trainer = scikit_learn.build(
        scikit_learn.Settings(algorithms=["linear"], candidates=1),
        Context("flights", str(tmp_path), "UTC", roles),
    )
    made = trainer.fit(rows, roles, 0)
    home = registry(tmp_path, roles)
    loaded = home.load(home.register("example", made, {}))
    frame = rows.select("a", "n", "w").to_pandas()
    assert loaded(frame) == pytest.approx(made.predict(frame), abs=1e-12)


def test_a_model_of_another_place_is_not_loaded(tmp_path: Path) -> None:
    """There are no files to load it from."""
    home = registry(tmp_path)
    home.enlist("elsewhere", "champion")
    with pytest.raises(ModelUnusable, match="another place"):
        home.load(home.resolve("elsewhere", "champion"))


def test_damaged_files_are_said_so(tmp_path: Path) -> None:
    """By the error's type: its text may hold anything."""
    home = registry(tmp_path)
    made = home.register("damaged", trained(), {})
    for path in tmp_path.rglob("model.*"):
        path.write_bytes(pickle.dumps("no model"))
    with pytest.raises(ModelUnusable, match="damaged"):
        home.load(made)


def test_every_candidate_of_a_search_is_a_run_under_the_models(tmp_path: Path) -> None:
    """Several algorithms, several parameter sets of each, with their scores."""
    rng = np.random.default_rng(5)
    first = pl.datetime(2026, 1, 1)
    rows = pl.DataFrame(
        {"at": pl.datetime_range(first, pl.datetime(2026, 1, 25), "1h", eager=True)}
    ).with_columns(a=pl.Series(rng.normal(size=577)), called=pl.lit(0.5))
    noise = pl.Series(rng.normal(size=577))
    rows = rows.with_columns(late=(pl.col("a") + noise > 0).cast(pl.Int64))
    roles = Roles(Task.BINARY, "at", "called", label="late")
    settings = scikit_learn.Settings(
        algorithms=["linear", "extra_trees"], candidates=2, folds=2
    )
    context = Context("flights", str(tmp_path), "UTC", roles)
    made = scikit_learn.build(settings, context).fit(rows, roles, 0)
    home = registry(tmp_path, roles)
    home.register("searched", made, {})

    client = MlflowClient(home._mlflow.uri)
    place = client.get_experiment_by_name("driftline/flights/training").experiment_id
    runs = client.search_runs([place])
    [parent] = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    trials = [run for run in runs if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in trials} == {
        parent.info.run_id
    }
    tried = sorted(run.data.params["algorithm"] for run in trials)
    assert tried == ["extra_trees"] * 2 + ["linear"] * 2
    losses = [run.data.metrics["log_loss"] for run in trials]
    best = min(trials, key=lambda run: run.data.metrics["log_loss"])
    assert best.data.params["algorithm"] == parent.data.params["algorithm"]
    shown = [v for n, v in parent.data.metrics.items() if n.startswith("search/")]
    assert min(shown) == min(losses)
