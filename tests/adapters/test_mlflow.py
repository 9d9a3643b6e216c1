"""The MLflow registry, on SQLite and a server, sound and failing: one set of promises.

Over 300 lines because a local store and a server are held to the same promises.
"""

import time
import warnings
from pathlib import Path
from socket import socket

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from driftline.adapters.registries.mlflow import MlflowRegistry, Settings, build
from driftline.core.model import ModelVersion
from driftline.errors import (
    DriftlineWarning,
    ModelMissing,
    ReferenceCorrupt,
    ReferenceMissing,
    RegistryUnavailable,
)
from driftline.ports import DayRecord, Trained
from tests.contract.test_registries import context, day_record, reference, trained
from tests.servers.http import Answer, free_port, http_server


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The monitor's root folder."""
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def server(mlflow_api: str) -> str:
    """A real server."""
    return mlflow_api


@pytest.fixture(scope="module", params=["sqlite", "server"])
def registry(request: pytest.FixtureRequest, root: Path) -> MlflowRegistry:
    """The adapter over both kinds of MLflow."""
    if request.param == "sqlite":
        return build(Settings(), context(root))
    return build(
        Settings(tracking_uri=request.getfixturevalue("server")), context(root)
    )


@pytest.fixture
def local(root: Path) -> MlflowRegistry:
    """The adapter over SQLite."""
    return build(Settings(), context(root))


def client_of(registry: MlflowRegistry) -> MlflowClient:
    """A client of the same MLflow, as a user has one."""
    return MlflowClient(registry._mlflow.uri)


def runs(registry: MlflowRegistry, experiment: str = "driftline/flights") -> list:
    """All runs of an experiment."""
    client = client_of(registry)
    return client.search_runs([client.get_experiment_by_name(experiment).experiment_id])


def test_the_signature_is_read_and_no_model_is_loaded(registry: MlflowRegistry) -> None:
    """Columns and types come from MLflow's description, numbers resolve as versions."""
    made = registry.register("signed", trained(), {})
    registry.move_alias("signed", "champion", made.version)
    champion = registry.resolve("signed", "champion")

    assert champion.signature == {"a": "double", "b b": "double"}
    assert registry.resolve("signed", "1").signature == champion.signature
    assert registry.resolve("signed", "1").alias == ""


def test_a_registered_model_predicts_as_it_did(registry: MlflowRegistry) -> None:
    """The version can be loaded by MLflow itself, with its parameters and metrics."""
    made = registry.register("loads", trained(), {"driftline.cause": "drift"})
    client = client_of(registry)
    version = client.get_model_version("loads", made.version)
    run = client.get_run(version.run_id)
    rows = pd.DataFrame({"a": [1.0, 39.0], "b b": [0.0, 0.0]})
    with mlflow_uri(registry):
        model = mlflow.pyfunc.load_model(f"models:/loads/{made.version}")

    assert model.predict(rows).tolist() == [False, True]
    assert run.data.params["C"] == "1.0"
    assert run.data.metrics["auc"] == 0.75
    assert len(run.data.metrics) == 2
    assert version.tags["driftline.cause"] == "drift"


def test_any_callable_can_be_registered(local: MlflowRegistry) -> None:
    """A model that is no estimator becomes a Python function with its `predict`."""

    def predict(frame):
        return np.asarray(frame["x"]) * 2.0

    example = pd.DataFrame({"x": [1.0]})
    made = local.register("plain", Trained(object(), predict, example=example), {})
    with mlflow_uri(local):
        model = mlflow.pyfunc.load_model("models:/plain/1")

    assert local.resolve("plain", made.version).signature == {"x": "double"}
    assert model.predict(pd.DataFrame({"x": [4.0]})).tolist() == [8.0]


def test_a_day_is_one_run_with_verdict_and_numbers(registry: MlflowRegistry) -> None:
    """Twice the same day is one finished run; odd names are kept beside their slugs."""
    model = ModelVersion("signed", "1")
    names = {
        'drift/dep "delay" 😀/psi': 0.5,
        "drift/dep <delay> 😀/psi": 0.25,
        "auc": 0.6,
    }
    metrics = names | {"bad": float("nan"), "worse": float("inf"), "../x//": 1.0}
    record = day_record("one day", model)
    day = DayRecord(
        "flights", record.key, record.window, model, record.verdict, metrics
    )
    link = registry.log_day(day)
    again = registry.log_day(day)
    (run,) = [r for r in runs(registry) if r.data.tags["driftline.key"] == "one day"]

    assert link == again
    assert run.info.run_id in link
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "2013-03-10"
    assert run.info.start_time == record.window.start.timestamp() * 1000
    assert run.data.tags["driftline.verdict"] == "act"
    assert run.data.tags["driftline.not_finite"] == "bad, worse"
    assert sorted(run.data.metrics.values()) == [0.25, 0.5, 0.6, 1.0]
    assert run.data.metrics["auc"] == 0.6


def test_the_original_names_are_kept(local: MlflowRegistry) -> None:
    """`metric_names.json` maps every name to the one that MLflow shows."""
    record = day_record("named", ModelVersion("signed", "1"))
    odd = 'drift/say "hi"/psi'
    local.log_day(
        DayRecord(
            "flights", "named", record.window, record.model, record.verdict, {odd: 1.0}
        )
    )
    (run,) = [r for r in runs(local) if r.data.tags["driftline.key"] == "named"]
    kept = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/metric_names.json")

    assert list(kept) == [odd]
    assert list(run.data.metrics) == list(kept.values())


def test_a_day_cut_short_is_completed(local: MlflowRegistry) -> None:
    """A run that a killed process left behind gets its numbers, and no second run."""
    record = day_record("killed", ModelVersion("signed", "1"))
    local.log_day(record)
    (run,) = [r for r in runs(local) if r.data.tags["driftline.key"] == "killed"]
    client_of(local).update_run(run.info.run_id, status="RUNNING")
    local.log_day(record)
    (after,) = [r for r in runs(local) if r.data.tags["driftline.key"] == "killed"]

    assert after.info.status == "FINISHED"
    assert after.data.metrics == {"auc": 0.6, "psi/a": 0.6}


def test_more_than_a_thousand_numbers_are_logged(local: MlflowRegistry) -> None:
    """A wide monitor does not run into MLflow's limit of a batch."""
    record = day_record("wide", ModelVersion("signed", "1"))
    metrics = {f"psi/column {n}": float(n) for n in range(1100)}
    local.log_day(
        DayRecord(
            "flights", "wide", record.window, record.model, record.verdict, metrics
        )
    )
    (run,) = [r for r in runs(local) if r.data.tags["driftline.key"] == "wide"]

    assert run.data.metrics == metrics


def test_a_version_registered_elsewhere_can_have_a_reference(
    registry: MlflowRegistry,
) -> None:
    """A version without a run, and without files, gets a run for its reference."""
    client = client_of(registry)
    client.create_registered_model("bought")
    client.create_model_version("bought", "s3://nowhere.example.com/model")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = registry.resolve("bought", "1")
    registry.save_reference(model, reference())

    assert model.signature == {}
    assert any("signature of bought v1" in str(w.message) for w in caught)
    assert any(w.category is DriftlineWarning for w in caught)
    assert registry.load_reference(model) == reference()


def test_a_changed_byte_in_a_reference_is_found(local: MlflowRegistry) -> None:
    """A reference that fails its checksum is corrupt and never half used."""
    model = local.register("flipped", trained(), {})
    local.save_reference(model, reference())
    file = reference_file(local, model)
    packed = bytearray(file.read_bytes())
    packed[40] ^= 1
    file.write_bytes(packed)

    with pytest.raises(ReferenceCorrupt, match=r"checksum.*reference build flights`"):
        local.load_reference(model)


def test_a_deleted_reference_is_missing(registry: MlflowRegistry, root: Path) -> None:
    """A tag that points to nothing gives the command that builds the reference."""
    model = registry.register("deleted", trained(), {})
    registry.save_reference(model, reference())
    client = client_of(registry)
    tag = client.get_model_version("deleted", model.version).tags["driftline.reference"]
    client.set_model_version_tag(
        "deleted", model.version, "driftline.reference", tag.replace(".json", "0.json")
    )

    with pytest.raises(ReferenceMissing, match=r"gone.*`driftline reference build fli"):
        registry.load_reference(model)


def test_a_missing_model_names_the_nearest(registry: MlflowRegistry) -> None:
    """The message has what was asked, the near miss and where it looked."""
    registry.register("delays", trained(), {})
    with pytest.raises(ModelMissing) as caught:
        registry.resolve("delay", "champion")

    assert "no registered model named 'delay' at " in str(caught.value)
    assert "Did you mean 'delays'?" in str(caught.value)


def test_a_missing_alias_says_how_to_set_it(registry: MlflowRegistry) -> None:
    """The message has the aliases, the versions and a line to paste."""
    registry.register("unaliased", trained(), {})
    with pytest.raises(ModelMissing) as caught:
        registry.resolve("unaliased", "champion")

    assert "no alias 'champion'. Its aliases: none; its versions: 1." in str(
        caught.value
    )
    assert 'set_registered_model_alias("unaliased", "champion", "1")' in str(
        caught.value
    )


def test_names_with_quotes_are_looked_up_as_they_are(registry: MlflowRegistry) -> None:
    """A model may be called anything that MLflow allows."""
    made = registry.register("it's 😀", trained(), {})

    assert [made.version] == [v.version for v in registry.versions("it's 😀")]
    assert registry.versions("nobody") == []


def test_links_lead_to_mlflows_pages(root: Path, server: str) -> None:
    """Without pages MLflow's own URIs are given, and never a password."""
    plain = build(Settings(), context(root)).register("linked", trained(), {})
    shown = build(Settings(ui_url="https://u:secret@ml.example.com/"), context(root))

    assert plain.link == "models:/linked/1"
    assert (
        shown.resolve("linked", "1").link
        == "https://ml.example.com/#/models/linked/versions/1"
    )
    assert (
        build(Settings(tracking_uri=server), context(root))
        .log_day(day_record("linked", plain))
        .startswith(f"{server}/#/experiments/")
    )


def test_nothing_global_is_touched(
    tmp_path: Path, local: MlflowRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file appears in the working directory and MLflow's own URI stays unset."""
    monkeypatch.chdir(tmp_path)
    before = mlflow.get_tracking_uri()
    model = local.register("quiet", trained(), {})
    local.save_reference(model, reference())
    local.load_reference(model)
    local.log_day(day_record("quiet", model))

    assert list(tmp_path.iterdir()) == []
    assert mlflow.get_tracking_uri() == before


def test_an_unreachable_server_is_said_so_soon(root: Path) -> None:
    """A closed port is answered within seconds, retryable, and without a password."""
    uri = f"http://me:hunter2@127.0.0.1:{free_port()}"
    registry = build(Settings(tracking_uri=uri), context(root))
    started = time.monotonic()
    with pytest.raises(RegistryUnavailable, match="is it running") as caught:
        registry.resolve("delays", "champion")

    assert time.monotonic() - started < 30
    assert caught.value.retryable
    assert "hunter2" not in str(caught.value)


def test_a_silent_server_is_given_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that accepts and never answers costs twice the time-out, not minutes."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        uri = f"http://127.0.0.1:{mute.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(RegistryUnavailable, match=uri):
            build(Settings(tracking_uri=uri), context(root)).resolve("a", "champion")

    assert time.monotonic() - started < 30


def test_an_answer_that_denies_is_not_retried(root: Path) -> None:
    """Wrong credentials are the person's to mend; MLflow's text is not repeated."""
    body = b'{"error_code": "PERMISSION_DENIED", "message": "row 17: Jo Doe"}'
    with http_server(lambda _: Answer(403, body)) as uri:
        registry = build(Settings(tracking_uri=uri), context(root))
        with pytest.raises(RegistryUnavailable, match="TRACKING_TOKEN") as caught:
            registry.resolve("a", "champion")

    assert not caught.value.retryable
    assert "Jo Doe" not in str(caught.value)


def test_a_database_that_is_none_is_said_so(tmp_path: Path) -> None:
    """A SQLite file that cannot be opened as one gives `RegistryUnavailable`."""
    (tmp_path / "mlflow.db").write_bytes(b"not a database" * 100)
    settings = Settings(tracking_uri="sqlite:///mlflow.db")
    with pytest.raises(RegistryUnavailable, match=r"mlflow\.db"):
        build(settings, context(tmp_path)).resolve("a", "champion")


def reference_file(registry: MlflowRegistry, model: ModelVersion) -> Path:
    """The file of a version's reference on this disk."""
    client = client_of(registry)
    version = client.get_model_version(model.name, model.version)
    pointer = version.tags["driftline.reference"].removeprefix("runs:/")
    run_id, _, path = pointer.partition("/")
    place = client.get_run(run_id).info.artifact_uri
    return Path(place.removeprefix("file://")) / path


def mlflow_uri(registry: MlflowRegistry):
    """MLflow's own functions look at the same MLflow while this is entered."""
    from mlflow.tracking._tracking_service.utils import _use_tracking_uri

    return _use_tracking_uri(registry._mlflow.uri)
