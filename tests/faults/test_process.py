"""Workers that are killed, stopped or doubled, and clocks that jump."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from driftline.app.monitor_day import deliver_due
from tests.app import crashing
from tests.app.conftest import processes as processes
from tests.app.crashing import JUDGED, lines, remembered, until
from tests.app.test_monitor_day import grams
from tests.app.world import MONITOR, World, days_of
from tests.faults import posting
from tests.faults.parts import channel, judge, sql_ledger
from tests.servers.http import Answer
from tests.servers.slack import LATE, SlackServer, slack

POINTS = ("before record", "after sending opened", "after dispatching")
"""Before the transaction, and between two marks after it; SQLite is killed everywhere."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder in which the days before have been judged, over either database."""
    return copied(request, request.param, tmp_path / "root")


@pytest.fixture
def undisturbed(root: Path) -> str:
    """What is remembered of the day when nothing happens to it; the same for both."""
    return GOLDEN[0]


GOLDEN: list[str] = []
TEMPLATES: dict[str, Path] = {}


def copied(request: pytest.FixtureRequest, kind: str, to: Path) -> Path:
    """A copy of the folder, and of its database where that is elsewhere."""
    if kind not in TEMPLATES:
        factory = request.getfixturevalue("tmp_path_factory")
        TEMPLATES[kind] = prepared(request, kind, factory.mktemp(kind))
    shutil.copytree(TEMPLATES[kind], to)
    if kind == "postgres":
        template = sa.make_url((to / "url").read_text().strip()).database
        (to / "url").write_text(database(request, f"TEMPLATE {template}"))
    return to


def prepared(request: pytest.FixtureRequest, kind: str, folder: Path) -> Path:
    """The days before, judged; and once the day itself, beside them."""
    if kind == "postgres":
        (folder / "url").write_text(database(request))
    for number in range(JUDGED):
        crashing.judge(folder, number)
    if not GOLDEN:
        other = prepared_copy(request, folder)
        crashing.judge(other, JUDGED)
        GOLDEN.append(remembered(other))
        assert len(lines(other / "messages")) == 2
    return folder


def prepared_copy(request: pytest.FixtureRequest, folder: Path) -> Path:
    factory = request.getfixturevalue("tmp_path_factory")
    other = Path(shutil.copytree(folder, factory.mktemp("golden") / "root"))
    if (other / "url").exists():
        template = sa.make_url((other / "url").read_text().strip()).database
        (other / "url").write_text(database(request, f"TEMPLATE {template}"))
    return other


def database(request: pytest.FixtureRequest, like: str = "") -> str:
    """The URL of a new database on the server."""
    url = sa.make_url(request.getfixturevalue("postgres_url"))
    name = f"d{uuid4().hex}"
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} {like}")
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False) + "\n"


@pytest.mark.real("postgres")
@pytest.mark.parametrize("point", POINTS)
def test_a_day_on_postgres_that_is_killed_ends_the_same(
    request: pytest.FixtureRequest, tmp_path: Path, processes, point: str
) -> None:
    """The same record, one retraining; a message twice only where nobody can know."""
    root = copied(request, "postgres", tmp_path / "root")
    victim = processes.Process(target=crashing.process, args=(str(root), point))
    victim.start()
    victim.join(120)
    assert victim.exitcode == -signal.SIGKILL
    crashing.judge(root, JUDGED, minutes=20)
    assert remembered(root) == GOLDEN[0]
    assert len(lines(root / "runs")) == 1
    twice = point == "after sending opened"
    assert len(lines(root / "messages")) == (3 if twice else 2)
    assert len(set(lines(root / "messages"))) == 2


@pytest.mark.real("postgres")
def test_of_two_processes_on_one_day_of_postgres_one_works(
    request: pytest.FixtureRequest, tmp_path: Path, processes
) -> None:
    """The other leaves with exit code 75 and the name of the one that has the day."""
    root = copied(request, "postgres", tmp_path / "root")
    first = crashing.two_at_once(root, processes)
    assert f"held by worker-{first.pid}" in (root / "error").read_text()
    assert remembered(root) == GOLDEN[0]
    assert len(lines(root / "messages")) == 2


def test_a_worker_that_was_stopped_beyond_its_lease_writes_nothing(
    root: Path, undisturbed: str, processes
) -> None:
    """SIGSTOP before the record; another takes the day over; the first says so, and ends."""
    arguments = (str(root), True, "before record")
    first = processes.Process(target=crashing.worker, args=arguments)
    first.start()
    until(root / "held")
    os.kill(first.pid, signal.SIGSTOP)
    crashing.judge(root, JUDGED, minutes=20)
    (root / "go").touch()
    os.kill(first.pid, signal.SIGCONT)
    first.join(120)
    assert first.exitcode == 2
    assert "passed to another worker" in (root / "error").read_text()
    assert "wrote nothing" in (root / "error").read_text()
    assert remembered(root) == undisturbed
    assert len(lines(root / "messages")) == 2
    assert len(lines(root / "runs")) == 1


@pytest.fixture
def workspace() -> Iterator[SlackServer]:
    """Slack."""
    with slack() as server:
        yield server


@pytest.mark.parametrize("posted", [True, False])
def test_a_worker_killed_inside_a_post_has_sent_it_once(
    request: pytest.FixtureRequest, tmp_path: Path, workspace, processes, posted: bool
) -> None:
    """Whether Slack had it or not, the next worker looks, and the channel has it once."""
    root = copied(request, "sqlite", tmp_path / "root")
    late = Answer(LATE if posted else 500, b"", pause_s=2 if posted else 60)
    workspace.faults.append(late)
    arguments = (str(root), workspace.url)
    victim = processes.Process(target=posting.judge, args=arguments)
    victim.start()
    wait(lambda: "chat.postMessage" in workspace.calls)
    wait(lambda: bool(channel(workspace)) == posted)
    victim.kill()
    victim.join(60)
    report = posting.judge(str(root), workspace.url, 20)
    assert report.exit_code == 1
    posts = [m for m in workspace.messages if "blocks" in m]
    keys = [post["metadata"]["event_payload"]["key"] for post in posts]
    assert len(keys) == len(set(keys)) == 2
    assert len(lines(root / "runs")) == 1


def wait(seen: Callable[[], bool]) -> None:
    """Until another process has done something."""
    for _ in range(6000):
        if seen():
            return
        time.sleep(0.01)
    raise TimeoutError


JUMPS = [timedelta(days=-400), timedelta(days=-1), timedelta(days=400)]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
@pytest.mark.parametrize("step", ["pull", "record", "deliver_due"])
def test_a_clock_that_jumps_in_the_middle_of_a_day_changes_nothing(
    tmp_path: Path, jump: timedelta, step: str
) -> None:
    """The window is an argument: one verdict for the day asked for, each message once."""
    world = World(days_of(range(6)))
    world.ledger = sql_ledger(tmp_path)
    world.job = replace(world.job, ledger=world.ledger)
    world.judge(0)
    world.deliver(1, grams(1))

    def leap() -> None:
        world.clock.moment += jump

    judge(world, 1, step, leap)
    world.clock.moment -= jump
    world.clock.tick(timedelta(hours=1))
    deliver_due(world.job)
    assert len(world.notifier.messages) == 1
    assert {a["state"] for a in world.ledger.actions(MONITOR)} == {"done"}
    days = [(e.key.window.label, e.revision) for e in world.ledger.history(MONITOR)]
    assert days == [("2026-03-01", 1), ("2026-03-02", 1)]
    world.judge(2)
    assert len(world.notifier.messages) == 1
