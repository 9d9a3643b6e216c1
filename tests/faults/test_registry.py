"""MLflow is down, slow, lying or changed while a day is judged: one row of faults each.

Over 300 lines because each way in which it may fail is a test.
"""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from mlflow import MlflowClient

from driftline.adapters.registries._mlflow_connection import Patience
from driftline.app.job import Job
from driftline.app.monitor_day import DayReport, deliver_due, monitor_day
from driftline.core.action import Tone
from driftline.core.model import ModelVersion
from driftline.core.verdict import Word
from driftline.errors import (
    DriftlineWarning,
    ModelMissing,
    RegistryUnavailable,
)
from driftline.testing import RecordingNotifier
from tests.adapters.test_mlflow import reference_file
from tests.app.test_monitor_day import grams
from tests.app.world import MONITOR, World, days_of, window
from tests.contract.test_registries import trained
from tests.faults.parts import judge, mlflow_at, sql_ledger
from tests.servers.http import free_port
from tests.servers.mlflow import stopped
from tests.servers.proxy import Mode, Proxy, proxy

BROKEN = [mode for mode in Mode if mode is not Mode.OPEN]


@pytest.fixture(scope="module")
def way(mlflow_api: str) -> Iterator[Proxy]:
    """A way to MLflow that can be broken."""
    with proxy(int(mlflow_api.rpartition(":")[2])) as made:
        yield made


@pytest.fixture
def world(way: Proxy, tmp_path: Path) -> World:
    """A monitor whose model and reference are in MLflow."""
    way.becomes(Mode.OPEN)
    made = World(days_of(range(6)))
    reference = made.registry.load_reference(
        made.registry.resolve(made.job.model, "champion")
    )
    registry = mlflow_at(f"http://127.0.0.1:{way.port}", tmp_path)
    model = f"m{uuid4().hex}"
    registry.save_reference(registry.enlist(model, "champion"), reference)
    made.ledger = sql_ledger(tmp_path)
    made.job = replace(
        made.job, registry=registry, ledger=made.ledger, model=model, monitor=model
    )
    return made


def name(mode: Mode) -> str:
    return mode.name.lower()


@contextmanager
def impatient(world: World, mode: Mode, way: Proxy) -> Iterator[Callable[[], None]]:
    """What breaks MLflow, of which little is waited for; mended at the end."""
    connection = world.job.registry._mlflow
    patience = connection._patience

    def broken() -> None:
        way.becomes(mode)
        connection._patience = Patience(2, 3)

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
        environment.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
        yield broken
    way.becomes(Mode.OPEN)
    connection._patience = patience
    connection._mute_until = 0.0


@pytest.mark.parametrize("mode", BROKEN, ids=name)
def test_an_mlflow_that_fails_when_a_day_begins_is_told_of_and_the_day_made_up_for(
    world: World, way: Proxy, mode: Mode
) -> None:
    """In time the day cannot tell, with the place, once; back again, it is judged."""
    world.judge(0)
    begun = time.monotonic()
    with impatient(world, mode, way) as broken:
        broken()
        reports = [world.judge(1), world.judge(1)]
    assert time.monotonic() - begun < 60
    made_up_for(world, reports)


def test_an_mlflow_that_stands_still_is_one_word_and_then_a_verdict(
    world: World, way: Proxy, mlflow_folder: Path
) -> None:
    """The server's processes are stopped: it is reached, and never answers."""
    world.judge(0)
    with impatient(world, Mode.OPEN, way) as broken:
        broken()
        with stopped(mlflow_folder):
            reports = [world.judge(1), world.judge(1)]
    made_up_for(world, reports)


def made_up_for(world: World, reports: list[DayReport]) -> None:
    """Twice in an outage the day could not be judged; people hear of it, and of its end."""
    assert [r.verdict.word for r in reports] == [Word.CANNOT_TELL] * 2
    assert [r.repeated for r in reports] == [False, True]
    assert [r.exit_code for r in reports] == [2, 2]
    [told] = world.notifier.messages
    assert "MLflow at http://127" in told.summary
    world.clock.tick(timedelta(hours=1))
    assert world.judge(1).exit_code == 0
    assert [m.tone for m in world.notifier.messages] == [Tone.NOTE, Tone.RESOLVED]


def fleet_of(world: World, uri: str, root: Path) -> list[Job]:
    """Monitors with an adapter and a ledger connection each, as processes have them."""
    channel = RecordingNotifier(threads=True, place="channel")
    return [
        replace(
            world.job,
            monitor=f"{world.job.monitor}-{number}",
            owner=f"worker-{number}",
            registry=mlflow_at(uri, root),
            ledger=sql_ledger(root),
            notifiers={"channel": channel},
        )
        for number in range(3)
    ]


@pytest.mark.parametrize("workers", [1, 3], ids=["in turn", "at once"])
def test_all_monitors_of_an_mlflow_that_fails_are_one_thread(
    world: World, way: Proxy, tmp_path: Path, workers: int
) -> None:
    """One message lists them; another MLflow that fails that morning is another thread."""
    fleet = fleet_of(world, f"http://127.0.0.1:{way.port}", tmp_path)
    for job in fleet:
        monitor_day(job, window(0))
    elsewhere = mlflow_at(f"http://127.0.0.1:{free_port()}", tmp_path)
    apart = replace(fleet[0], monitor=f"{fleet[0].monitor}-apart")
    monitor_day(apart, window(0))
    apart = replace(apart, registry=elsewhere)
    world.clock.tick(timedelta(days=1))
    with impatient(world, Mode.DOWN, way) as broken:
        broken()
        with ThreadPoolExecutor(workers) as pool:
            reports = pool.map(lambda job: monitor_day(job, window(1)), [*fleet, apart])
            assert {r.verdict.word for r in reports} == {Word.CANNOT_TELL}
    for job in fleet:  # a reply may have come before the message that it is a reply to
        deliver_due(job)
    channel = fleet[0].notifiers["channel"]
    posts = {message.monitor: thread for message, thread in channel.sent}
    assert set(posts) == {job.monitor for job in [*fleet, apart]}
    assert posts.pop(apart.monitor) == ""
    assert sorted(posts.values())[0] == ""
    assert len(set(posts.values())) == 2
    [card] = channel.cards.values()
    assert {name for name, _ in card.members} == {job.monitor for job in fleet}


@pytest.mark.parametrize("mode", BROKEN, ids=name)
def test_an_mlflow_that_fails_on_the_first_day_is_told_of_and_the_day_made_up_for(
    world: World, way: Proxy, mode: Mode
) -> None:
    """No version is known yet; else it is a day like any other."""
    with impatient(world, mode, way) as broken:
        broken()
        reports = [world.judge(1), world.judge(1)]
    made_up_for(world, reports)


def test_a_reference_may_take_longer_than_a_question(
    world: World, way: Proxy, mlflow_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a line that is too slow for it by the one deadline, it arrives by the other."""
    registry, model = world.job.registry, world.job.model
    version = registry.resolve(model, "champion")
    reference = registry.load_reference(version)
    packed = kept(mlflow_folder, str(reference_file(registry, version)))
    monkeypatch.setattr(way, "piece", packed.stat().st_size // 100)
    with impatient(world, Mode.SLOW, way) as broken:
        broken()
        registry._mlflow._patience = Patience(3, 3)
        with pytest.raises(RegistryUnavailable, match="fetch the reference"):
            registry.load_reference(version)
        registry._mlflow._patience = Patience(3, 120)
        assert registry.load_reference(version) == reference


@pytest.mark.parametrize(
    "mode", [Mode.DOWN, Mode.SLOW, Mode.CUT, Mode.HTML, Mode.THROTTLED], ids=name
)
def test_an_mlflow_that_fails_after_the_verdict_costs_neither_it_nor_a_message(
    world: World, way: Proxy, mode: Mode
) -> None:
    """People are told at once; the day is in MLflow later, once."""
    world.deliver(0, grams(0))
    with impatient(world, mode, way) as broken:
        report = judge(world, 0, "deliver_due", broken)
    assert report.exit_code == 1
    assert len(world.notifier.messages) == 1
    assert "MLflow at http://127" in log_of(world)["reason"]
    world.clock.tick(timedelta(hours=1))
    deliver_due(world.job)
    assert log_of(world)["state"] == "done", log_of(world)["reason"]
    assert len(world.notifier.messages) == 1
    assert len(runs_of(world, way)) == 1


def test_an_alias_is_not_moved_for_ever(world: World, way: Proxy) -> None:
    """An answer that trickles in is given up, and the move can be made again."""
    registry, model = world.job.registry, world.job.model
    with impatient(world, Mode.SLOW, way) as broken:
        broken()
        with pytest.raises(
            RegistryUnavailable, match="did not move champion"
        ) as caught:
            registry.move_alias(model, "champion", "1")
    assert caught.value.retryable
    registry.move_alias(model, "champion", "1")
    assert registry.resolve(model, "champion").version == "1"


FETCHED: dict[str, ModelVersion] = {}
"""Of each model a version that can be read as data."""

WHATEVER = {
    "enlist": lambda registry, model, _: registry.enlist(f"{model}-new", "champion"),
    "load": lambda registry, model, _: registry.load(ModelVersion(model, "2")),
    "read": lambda registry, model, _: registry.load(FETCHED[model]),
    "register": lambda registry, model, _: registry.register(model, trained(), {}),
    "save_reference": lambda registry, model, reference: registry.save_reference(
        ModelVersion(model, "1"), reference
    ),
    "versions": lambda registry, model, _: registry.versions(model),
}


@pytest.mark.parametrize("asked", WHATEVER)
def test_whatever_mlflow_is_asked_has_an_end(
    world: World, way: Proxy, asked: str
) -> None:
    """An answer that trickles in is given up with the place, and can be asked for again."""
    registry, model = world.job.registry, world.job.model
    if asked in ("load", "read"):
        registry.trusted = asked == "load"
        FETCHED[model] = registry.register(model, trained(), {})
    reference = registry.load_reference(registry.resolve(model, "champion"))
    ask = partial(WHATEVER[asked], registry, model, reference)
    begun = time.monotonic()
    with impatient(world, Mode.SLOW, way) as broken:
        broken()
        with pytest.raises(RegistryUnavailable, match="http://127") as caught:
            ask()
    assert time.monotonic() - begun < 60
    assert caught.value.retryable
    ask()


def test_an_mlflow_that_does_not_answer_is_waited_for_once(
    world: World, way: Proxy
) -> None:
    """What is asked right after it is refused at once: a day's questions add up to one wait."""
    registry, model = world.job.registry, world.job.model
    with impatient(world, Mode.MUTE, way) as broken:
        broken()
        with pytest.raises(RegistryUnavailable, match="within 2 s"):
            registry.resolve(model, "champion")
        with pytest.raises(RegistryUnavailable, match="a moment ago"):
            registry.versions(model)
    assert registry.resolve(model, "champion").version == "1"


def log_of(world: World) -> dict[str, Any]:
    """The action that copies the day into MLflow."""
    actions = world.ledger.actions(world.job.monitor)
    [found] = [action for action in actions if action["kind"] == "log"]
    return found


def runs_of(world: World, way: Proxy) -> list[Any]:
    """The days that MLflow has of the monitor."""
    client = MlflowClient(f"http://127.0.0.1:{way.port}")
    found = client.get_experiment_by_name(f"driftline/{MONITOR}")
    key = log_of(world)["key"]
    runs = client.search_runs([found.experiment_id])
    return [run for run in runs if run.data.tags["driftline.key"] == key]


def test_an_mlflow_over_a_dead_database_is_given_up(
    world: World, tmp_path: Path
) -> None:
    """MLflow itself would try for minutes."""
    place = f"127.0.0.1:{free_port()}/mlflow"
    dead = f"postgresql+psycopg://me:hunter2@{place}"
    sound = world.job
    world.job = replace(sound, registry=mlflow_at(dead, tmp_path))
    begun = time.monotonic()
    report = world.judge(0)
    assert time.monotonic() - begun < 60
    assert report.verdict.word is Word.CANNOT_TELL
    assert "is it running" in report.verdict.headline
    [told] = world.notifier.messages
    assert "hunter2" not in str([report, told])
    assert f"postgresql+psycopg://{place}" in {
        finding.evidence.get("place") for finding in report.findings
    }
    world.job = sound
    assert world.judge(0).exit_code == 0


def test_an_alias_that_is_gone_is_said_with_the_line_that_sets_it(
    world: World, way: Proxy
) -> None:
    """Exit code 2 and no verdict; with the alias back the day is judged."""
    client = MlflowClient(f"http://127.0.0.1:{way.port}")
    client.delete_registered_model_alias(world.job.model, "champion")
    with pytest.raises(ModelMissing, match="set_registered_model_alias") as caught:
        world.judge(0)
    assert caught.value.exit_code == 2
    assert world.ledger.history(world.job.monitor) == []
    client.set_registered_model_alias(world.job.model, "champion", "1")
    assert world.judge(0).exit_code == 0


@pytest.mark.parametrize("step", ["load_reference", "pull", "record", "deliver_due"])
def test_an_alias_that_moves_in_the_middle_of_a_day_waits_for_the_next(
    world: World, way: Proxy, step: str
) -> None:
    """The version that was pinned at the start is the day's; the next day has the new one."""
    job, registry = world.job, world.job.registry
    first = registry.resolve(job.model, "champion")
    client = MlflowClient(f"http://127.0.0.1:{way.port}")
    own = client.get_model_version(job.model, "1")
    client.create_model_version(job.model, own.source, own.run_id, own.tags)
    second = replace(first, version="2")
    registry.save_reference(second, registry.load_reference(first))

    move = partial(registry.move_alias, job.model, "champion", "2")
    judge(world, 0, step, move)
    world.judge(1)
    versions = [e.key.model_version for e in world.ledger.history(job.monitor)]
    assert versions == ["1", "2"]


def test_a_model_whose_files_are_damaged_is_still_watched(
    world: World, mlflow_folder: Path
) -> None:
    """The day needs no model; that the signature cannot be read is said."""
    registry, model = world.job.registry, world.job.model
    made = registry.register(model, trained(), {})
    reference = registry.load_reference(registry.resolve(model, "champion"))
    registry.save_reference(made, reference)
    registry.move_alias(model, "champion", made.version)
    source = MlflowClient(registry._mlflow.uri).get_model_version(model, "2").source
    (kept(mlflow_folder, source) / "MLmodel").write_bytes(b"\x00: [not yaml")
    with pytest.warns(
        DriftlineWarning, match=f"signature of {model} v2 cannot be read"
    ):
        report = world.judge(0)
    assert report.exit_code == 0


def test_a_damaged_reference_is_told_of_with_the_command_that_mends_it(
    world: World, mlflow_folder: Path
) -> None:
    """The day cannot tell, and no verdict rests on it; built anew, the day is judged."""
    registry, model = world.job.registry, world.job.model
    version = registry.resolve(model, "champion")
    reference = registry.load_reference(version)
    file = kept(mlflow_folder, str(reference_file(registry, version)))
    packed = bytearray(file.read_bytes())
    packed[len(packed) // 2] ^= 1
    file.write_bytes(packed)
    assert world.judge(0).verdict.word is Word.CANNOT_TELL
    [told] = world.notifier.messages
    assert re.search("checksum.*reference build", told.summary)
    file.unlink()
    registry.save_reference(version, reference)
    assert world.judge(0).exit_code == 0


def kept(folder: Path, uri: str) -> Path:
    """The server's own copy of what it serves under a URI."""
    return folder / "artifacts" / uri.partition("mlflow-artifacts:/")[2]
