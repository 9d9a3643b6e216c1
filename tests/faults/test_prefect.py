"""Prefect's API is down, slow or lying while a day is judged or a run is asked for."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_HOME,
    temporary_settings,
)

from driftline.adapters.dispatchers import _prefect_server, prefect_deployment
from driftline.adapters.runners import prefect as runner
from driftline.app.monitor_day import deliver_due, monitor_day
from tests.app.test_monitor_day import grams
from tests.app.world import MONITOR, World, days_of, window
from tests.cli.conftest import Command
from tests.cli.conftest import command as command
from tests.cli.conftest import project as project
from tests.cli.conftest import watched as watched
from tests.contract.test_dispatchers import REQUEST
from tests.contract.test_dispatchers import deployed as deployed
from tests.faults.parts import context, sql_ledger
from tests.servers.http import free_port
from tests.servers.proxy import Mode, Proxy, proxy

pytestmark = pytest.mark.real("prefect")

SENT_WITHIN_S = 60
"""So long it may take until what a test left over has arrived."""

BROKEN = [mode for mode in Mode if mode is not Mode.OPEN]


@pytest.fixture
def way(prefect_api: str) -> Iterator[Proxy]:
    """A way to the server that can be broken, and is whole again at the end.

    What Prefect could not send it keeps in this process, and tries eleven times at its
    end, a second apart for each event: it has to arrive while there is a server.
    """
    with proxy(int(prefect_api.rpartition(":")[2].partition("/")[0])) as made:
        yield made
        if made.mode is not Mode.OPEN:
            made.becomes(Mode.OPEN)
        for service in (EventsWorker, APILogWorker):
            _, unsent = service.drain_all(timeout=SENT_WITHIN_S)
            assert not unsent, f"{service.__name__} would keep this process alive"


@pytest.fixture
def world(way: Proxy, tmp_path: Path) -> Iterator[World]:
    """A monitor whose steps are Prefect's tasks, asked for over the proxy."""
    made = World(days_of(range(6)))
    made.ledger = sql_ledger(tmp_path)
    made.job = replace(made.job, ledger=made.ledger)
    made.deliver(0, grams(0))
    made.clock.moment = window(0).end + timedelta(hours=6)
    with temporary_settings(
        {
            PREFECT_API_URL: f"http://127.0.0.1:{way.port}/api",
            PREFECT_HOME: tmp_path,
            PREFECT_CLIENT_MAX_RETRIES: 0,
        }
    ):
        yield made


def judged_by_prefect(world: World, before: str, act: Callable[[], None]) -> Any:
    """The day as a flow, where something happens before one of its steps.

    A server that is up and says 503, as one on a busy machine does, is asked again.
    """

    def run(step: Any, /, *args: Any, **kwargs: Any) -> Any:
        if step.__name__ == before:
            act()
        return runner.as_task(step, *args, **kwargs)

    @flow(name="day")
    def day() -> str:
        return monitor_day(world.job, window(0), run).verdict.word.value

    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 3}):
        return day(return_state=True)


@pytest.mark.parametrize("step", ["pull", "record", "deliver_due"])
def test_an_api_that_goes_away_in_a_day_costs_no_verdict(
    world: World, way: Proxy, step: str
) -> None:
    """The run crashes at its end, the day is recorded all the same; the next does the rest."""
    with pytest.raises(Exception, match=r"refused|attempts failed"):
        judged_by_prefect(world, step, lambda: way.becomes(Mode.DOWN))
    assert len(world.ledger.history(MONITOR)) == 1
    way.becomes(Mode.OPEN)
    world.clock.tick(timedelta(hours=1))
    assert judged_by_prefect(world, "", lambda: None).result() == "act"
    assert len(world.notifier.messages) == 1
    [entry] = world.ledger.revisions(MONITOR)
    assert entry.revision == 1
    assert {a["state"] for a in world.ledger.actions(MONITOR)} == {"done"}


def test_the_command_line_needs_no_prefect(
    watched: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day is judged by hand while the API is down."""
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{free_port()}/api")
    said = watched("run", "--day", "2026-03-09")
    assert said.code == 0, said.err


@pytest.mark.parametrize("mode", BROKEN, ids=lambda mode: mode.name.lower())
def test_a_request_waits_for_an_api_that_fails_and_starts_one_run(
    world: World, way: Proxy, deployed: dict[str, object], mode: Mode
) -> None:
    """It stays in the outbox with its reason; back again, one run has its key."""
    from driftline.app.deliver import retrain_action

    url = f"http://127.0.0.1:{way.port}/api"
    settings = prefect_deployment.Settings(
        deployment=str(deployed["deployment"]), api_url=url
    )
    world.job = replace(
        world.job, dispatcher=prefect_deployment.build(settings, context(Path()))
    )
    request = replace(REQUEST, key=f"{MONITOR}/{mode.name}", monitor=MONITOR)
    now = world.clock.moment
    world.ledger.note(MONITOR, "asked", mode.name, {}, now, [retrain_action(request)])
    way.piece = 256
    way.becomes(mode)
    begun = time.monotonic()
    with pytest.MonkeyPatch.context() as patience:
        patience.setattr(_prefect_server, "ANSWER_S", 1.0)
        assert world.job.dispatcher.halted(MONITOR) == ""
        [delivery] = deliver_due(world.job)
    assert time.monotonic() - begun < 60
    if mode is not Mode.SLOW:
        assert delivery.state.value == "postponed", delivery.detail
        assert "Prefect" in delivery.detail
    way.becomes(Mode.OPEN)
    world.clock.tick(timedelta(hours=1))
    deliver_due(world.job)
    [action] = world.ledger.actions(MONITOR)
    assert action["state"] == "done", action["reason"]
    handle = action["receipt"]
    assert world.job.dispatcher.request(request) == handle
