"""A monitor's world with its real parts in place: a SQL ledger, MLflow, Slack."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from driftline.adapters.engines.local import LocalEngine
from driftline.adapters.engines.local import Settings as EngineSettings
from driftline.adapters.ledgers import sql
from driftline.adapters.notifiers import slack
from driftline.adapters.registries import mlflow
from driftline.adapters.sources import parquet
from driftline.core.action import ActionKind
from driftline.ports import Context, Ledger, ModelRegistry, Notifier, SliceSource
from tests.app.world import MONITOR, ROLES, World, days_of
from tests.servers.slack import TOKEN, SlackServer

ENGINE = LocalEngine(EngineSettings())


def context(root: Path) -> Context:
    """What every adapter is told."""
    return Context(MONITOR, str(root), "UTC", ROLES)


def files(root: Path, path: str, **settings: object) -> SliceSource:
    """The monitor's source, over these files."""
    given = {"path": path, **settings}
    return parquet.build(parquet.Settings.model_validate(given), context(root))


def sql_ledger(root: Path, url: str = "sqlite:///ledger.db", **how: float) -> Ledger:
    """A ledger in the folder, or on a server."""
    return sql.build(sql.Settings.model_validate({"url": url, **how}), context(root))


def mlflow_at(uri: str, root: Path) -> ModelRegistry:
    """MLflow's adapter."""
    return mlflow.build(mlflow.Settings(tracking_uri=uri), context(root))


def slack_at(url: str, root: Path, timeout_s: int = 2) -> Notifier:
    """Slack's adapter."""
    given = {"token": TOKEN, "channel": "#alerts", "base_url": url}
    return slack.build(slack.Settings(**given, timeout_s=timeout_s), context(root))


def channel(server: SlackServer) -> list[dict[str, Any]]:
    """What people see in the channel: messages that begin a thread."""
    posts = [m for m in server.messages if "blocks" in m]
    return [m for m in posts if not m.get("thread_ts")]


def judge(world: World, number: int, before: str = "", act: Any = None) -> Any:
    """The day, where something happens before one of its steps."""

    def run(step: Any, /, *args: Any, **kwargs: Any) -> Any:
        if step.__name__ == before:
            act()
        return step(*args, **kwargs)

    return world.judge(number, run)


def next_worker(world: World) -> None:
    """Another process takes over, when leases and pauses have run out."""
    world.clock.tick(timedelta(hours=1))
    world.job = replace(world.job, owner="worker-2")


def facts(ledger: Ledger) -> str:
    """What is in the ledger, without times and the order in which rows were written."""
    windows = [(str(e.key), e.revision, e.verdict) for e in ledger.history(MONITOR)]
    actions = sorted((a["key"], a["state"]) for a in ledger.actions(MONITOR))
    incidents = [(i.key, i.opened, i.resolved) for i in ledger.incidents(MONITOR)]
    return json.dumps([windows, actions, incidents], indent=1)


def retrainings(ledger: Ledger) -> list[dict[str, Any]]:
    """The runs that were asked for."""
    kind = ActionKind.RETRAIN.value
    return [a for a in ledger.actions(MONITOR) if a["kind"] == kind]


def harmed() -> World:
    """A monitor whose second day asks for action."""
    return World(pl.concat([days_of(range(1)), days_of(range(1, 6), changed=True)]))


def settled(world: World) -> tuple[str, int, int]:
    """What the ledger and the people know at last, but for what the ledger did not take."""
    keys = [message.key for message in world.notifier.messages]
    sent = [key for key in keys if "/unrecorded/" not in key]
    assert len(sent) == len(set(sent)), "a message came twice"
    assert len(retrainings(world.ledger)) == len(world.dispatcher.asked)
    return facts(world.ledger), len(sent), len(world.dispatcher.asked)


def days_with(ledger: Ledger, disturb: Callable[[World], None]) -> tuple[str, int, int]:
    """Three days, then what disturbs the fourth, then that day by another worker."""
    world = harmed()
    world.ledger = ledger
    world.job = replace(world.job, ledger=ledger)
    for number in range(3):
        world.judge(number)
    disturb(world)
    next_worker(world)
    world.judge(3)
    found = settled(world)
    ledger.close()
    return found
