"""A real MLflow that fails for days while data breaks, over both kinds of ledger."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from mlflow import MlflowClient

from driftline.adapters.registries._mlflow_connection import Patience
from driftline.core.verdict import Word
from tests.app.test_monitor_day import grams
from tests.app.world import World, days_of
from tests.faults.parts import mlflow_at, next_worker, sql_ledger
from tests.faults.test_process import database
from tests.servers.mlflow import stopped


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def world(request: pytest.FixtureRequest, mlflow_api: str, tmp_path: Path) -> World:
    """A monitor whose model and reference are in MLflow; its first day is judged."""
    made = World(days_of(range(6)))
    reference = made.registry.load_reference(
        made.registry.resolve(made.job.model, "champion")
    )
    registry, model = mlflow_at(mlflow_api, tmp_path), f"m{uuid4().hex}"
    registry.save_reference(registry.enlist(model, "champion"), reference)
    made.ledger = sql_ledger(tmp_path)
    if request.param == "postgres":
        made.ledger = sql_ledger(tmp_path, database(request).strip())
    made.job = replace(
        made.job, registry=registry, ledger=made.ledger, model=model, monitor=model
    )
    made.judge(0)
    return made


@contextmanager
def away(world: World, folder: Path) -> Iterator[None]:
    """The server's processes stand still, and little is waited for."""
    connection = world.job.registry._mlflow
    patience = connection._patience
    with ExitStack() as stack, pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
        environment.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
        connection._patience = Patience(2, 3)
        stack.enter_context(stopped(folder))
        yield
    connection._patience, connection._mute_until = patience, 0.0


def second_version(world: World, uri: str) -> None:
    """Somebody promotes another version, with the same reference."""
    client, model = MlflowClient(uri), world.job.model
    own = client.get_model_version(model, "1")
    client.create_model_version(model, own.source, own.run_id, own.tags)
    client.set_registered_model_alias(model, "champion", "2")


def test_data_that_breaks_while_mlflow_fails_pages_by_what_was_known(
    world: World, mlflow_api: str, mlflow_folder: Path
) -> None:
    """Another process has it from the ledger; back again, the version in service judges."""
    name = world.job.monitor
    with away(world, mlflow_folder):
        assert world.judge(1).verdict.word is Word.CANNOT_TELL
        next_worker(world)
        world.clock.tick(timedelta(days=1))
        world.deliver(2, grams(2))
        report = world.judge(2)
        assert (report.verdict.word, report.exit_code) == (Word.ACT, 1)
        assert f"judged by {name} v1 as of 2 days ago" in report.verdict.headline
        outage, page = world.notifier.messages
        assert "judged provisionally" in outage.title
        assert "data trouble" in page.title
        assert "MLflow at http://127" in page.doing
    second_version(world, mlflow_api)
    for number in (1, 2):
        assert not world.judge(number).verdict.judged_by
    known = world.ledger.history(name)
    assert [entry.key.model_version for entry in known] == ["1", "2", "2"]
    assert [entry.verdict for entry in known][1:] == ["healthy", "act"]
    assert sum("data trouble" in title for title in world.titles()) == 1
    assert world.ledger.in_service(name).model.version == "2"
    world.ledger.close()


def test_a_day_that_was_logged_nowhere_is_in_mlflow_when_it_is_back(
    world: World, mlflow_api: str, mlflow_folder: Path
) -> None:
    """What was provisional and what was not, each once: the outbox has both."""
    with away(world, mlflow_folder):
        world.judge(1)
    world.clock.tick(timedelta(hours=2))
    world.judge(1)
    client = MlflowClient(mlflow_api)
    logged = client.get_experiment_by_name("driftline/deliveries")
    runs = client.search_runs([logged.experiment_id], max_results=1000)
    keys = [a["key"] for a in world.ledger.actions(world.job.monitor)]
    mine = [run for run in runs if run.data.tags["driftline.key"] in keys]
    assert len(mine) == 3
    world.ledger.close()
