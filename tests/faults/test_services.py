"""Slack, AWS's billing and probed servers are down, slow or lying, and come back."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from driftline.adapters.costs import aws
from driftline.app.monitor_day import deliver_due
from driftline.core.finding import Outcome, Topic
from tests.adapters.probes.pages import BUSY, asking, page, scraping
from tests.app.test_monitor_day import grams
from tests.app.world import MONITOR, World, days_of
from tests.faults.parts import channel, context, judge, slack_at, sql_ledger
from tests.servers.aws import fake_aws
from tests.servers.http import http_server
from tests.servers.prometheus import prometheus
from tests.servers.proxy import Mode, Proxy, proxy
from tests.servers.slack import SlackServer, slack

BROKEN = [mode for mode in Mode if mode is not Mode.OPEN]


def name(mode: Mode) -> str:
    return mode.name.lower()


@pytest.fixture
def workspace() -> Iterator[SlackServer]:
    """Slack."""
    with slack() as server:
        yield server


@pytest.fixture
def way(workspace: SlackServer) -> Iterator[Proxy]:
    """A way to it that can be broken."""
    with proxy(int(workspace.url.split(":")[2].partition("/")[0])) as made:
        yield made


@pytest.fixture
def told(tmp_path: Path, way: Proxy) -> World:
    """A monitor that is told in Slack, with a ledger in a file."""
    world = World(days_of(range(6)))
    world.ledger = sql_ledger(tmp_path)
    notifier = slack_at(f"http://127.0.0.1:{way.port}/api/", tmp_path)
    notifiers = {"slack": notifier, "other": world.notifier}
    world.job = replace(world.job, ledger=world.ledger, notifiers=notifiers)
    return world


@pytest.mark.parametrize("mode", BROKEN, ids=name)
def test_a_slack_that_fails_costs_no_verdict_and_no_message_comes_twice(
    told: World, way: Proxy, workspace: SlackServer, mode: Mode
) -> None:
    """The verdict stands, others are told, the reason is kept; back again, it comes once."""
    told.deliver(0, grams(0))
    way.piece = 256
    begun = time.monotonic()
    report = judge(told, 0, "deliver_due", lambda: way.becomes(mode))
    assert time.monotonic() - begun < 60
    assert report.exit_code == 1
    assert len(told.notifier.messages) == 1
    waiting = [a for a in told.ledger.actions(MONITOR) if a["state"] == "pending"]
    if mode is not Mode.SLOW:
        assert any("Slack" in a["reason"] for a in waiting)
    way.becomes(Mode.OPEN)
    told.clock.tick(timedelta(hours=1))
    deliver_due(told.job)
    assert len(channel(workspace)) == len(told.notifier.messages) == 1
    assert {a["state"] for a in told.ledger.actions(MONITOR)} == {"done"}
    assert judge(told, 0).repeated
    assert len(channel(workspace)) == 1


@pytest.mark.parametrize("mode", BROKEN, ids=name)
def test_a_bill_that_cannot_be_had_is_unknown_and_the_day_is_judged(
    tmp_path: Path, mode: Mode
) -> None:
    """In time, with a reason that names no secret; the verdict of the rows is as ever."""
    world = World(days_of(range(2)))
    with fake_aws() as server, proxy(int(server.url.rpartition(":")[2])) as way:
        settings = aws.Settings(
            endpoint_url=f"http://127.0.0.1:{way.port}",
            access_key_id="AKIAPLANTED",
            secret_access_key="planted-secret",
            timeout_s=1,
        )
        bill = aws.build(settings, context(tmp_path))
        world.job = replace(world.job, costs=(bill,))
        way.becomes(mode)
        begun = time.monotonic()
        report = world.judge(0)
    assert time.monotonic() - begun < 60
    [cost] = [f for f in report.findings if f.topic is Topic.COST]
    assert cost.outcome is Outcome.UNKNOWN
    assert "AWS" in cost.message
    assert "planted" not in cost.message.lower()
    assert report.exit_code == 0
    assert world.notifier.messages == []


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prometheus."""
    with prometheus(tmp_path_factory.mktemp("prometheus")) as url:
        yield url


@pytest.fixture(scope="module")
def triton() -> Iterator[str]:
    """A page of a Triton."""
    with http_server(lambda _: page(BUSY)) as url:
        yield url


@pytest.mark.real("prometheus")
@pytest.mark.parametrize("mode", BROKEN, ids=name)
def test_a_server_that_cannot_be_asked_is_unknown_and_the_day_is_judged(
    scraped: str, triton: str, mode: Mode
) -> None:
    """A Prometheus and a Triton, in time and each with its address; back, they are read."""
    world = World(days_of(range(2)))
    with (
        proxy(int(scraped.rpartition(":")[2])) as one,
        proxy(int(triton.rpartition(":")[2])) as other,
    ):
        places = [f"http://127.0.0.1:{way.port}" for way in (one, other)]
        asked = asking(places[0], "vector(1)", "vector(2)", timeout_s=1)
        page = scraping(f"{places[1]}/metrics", timeout_s=1)
        world.job = replace(world.job, probes=(asked, page))
        one.becomes(mode)
        other.becomes(mode)
        begun = time.monotonic()
        report = world.judge(0)
        assert time.monotonic() - begun < 60
        one.becomes(Mode.OPEN)
        other.becomes(Mode.OPEN)
        back = world.judge(1)
    health = [f for f in report.findings if f.topic is Topic.HEALTH]
    assert [f.outcome for f in health] == [Outcome.UNKNOWN] * 5
    assert all(places[f.subject != "prometheus"] in f.message for f in health)
    assert report.exit_code == 0
    assert world.notifier.messages == []
    again = [f for f in back.findings if f.topic is Topic.HEALTH]
    assert [f.outcome for f in again] == [Outcome.OK] * 5
