"""Incidents in a workspace: one message, whatever fails, and buttons that take effect."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from driftline import wiring
from driftline.adapters.ledgers import sql
from driftline.adapters.notifiers import slack as adapter
from driftline.app.deliver import State
from driftline.app.monitor_day import deliver_due
from driftline.ports import Context
from driftline.testing import RecordingNotifier
from tests.app.test_monitor_day import grams
from tests.app.test_tell import twin
from tests.app.world import MONITOR, ROLES, World, days_of
from tests.cli.conftest import Command
from tests.cli.conftest import command as command
from tests.cli.conftest import project as project
from tests.cli.conftest import watched as watched
from tests.servers.http import Answer
from tests.servers.slack import APP_TOKEN, LATE, TOKEN, SlackServer, slack

DOWN = Answer(503, b"oops")


@pytest.fixture
def server() -> Iterator[SlackServer]:
    """A workspace."""
    with slack() as workspace:
        yield workspace


@pytest.fixture
def world(server: SlackServer, tmp_path: Path) -> World:
    """A monitor with a real ledger that is told in the workspace."""
    made = World(days_of(range(12)))
    context = Context(MONITOR, str(tmp_path), "UTC", ROLES)
    settings = sql.Settings.model_validate({"url": "sqlite:///ledger.db"})
    made.ledger = sql.build(settings, context)
    given = {"token": TOKEN, "channel": "#alerts", "base_url": server.url}
    notifier = adapter.build(adapter.Settings(**given, timeout_s=2), context)
    made.job = replace(
        made.job,
        ledger=made.ledger,
        notifiers={"slack": notifier},
        source_id="shop",
        listens=True,
    )
    return made


def posts(server: SlackServer) -> list[dict]:
    return [m for m in server.messages if "blocks" in m]


def channel(server: SlackServer) -> list[dict]:
    return [m for m in posts(server) if not m.get("thread_ts")]


def text(message: dict) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def until(seen: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    for _ in range(6000):
        if seen():
            return
        time.sleep(0.01)
    raise TimeoutError


def test_one_fault_of_two_models_is_one_message_to_its_end(world, server):
    """Posted once, joined, redrawn in place, resolved; a chart in the thread."""
    other = twin(world, "other")
    for number in (1, 2):
        world.deliver(number, grams(number))
    for number in range(5):
        world.judge(number)
        other.judge(number)
        if number == 1:
            [first] = channel(server)
            assert "2 monitors: one fault upstream: weight" in text(first)
            assert "*other*" in text(first)
            assert "driftline:acknowledge" in text(first)
    [first] = channel(server)
    assert "2 monitors: resolved" in text(first)
    assert "driftline:acknowledge" not in text(first)
    assert len(server.files) == 2
    replies = [m for m in posts(server) if m.get("thread_ts")]
    assert {m["thread_ts"] for m in replies} == {first["ts"]}


@pytest.mark.parametrize(
    "faults",
    [
        [DOWN] * 9,
        [Answer(429, b'{"ok":false,"error":"ratelimited"}', {"Retry-After": "900"})],
        [Answer(200, b"<html>log in</html>")] * 9,
        [Answer(200, b"", drop=True)] * 9,
        [Answer(LATE), DOWN],
        [Answer(LATE, pause_s=3), DOWN],
    ],
)
def test_a_dead_slack_fails_no_run_and_loses_and_repeats_no_message(
    world, server, faults
):
    """The verdict stands; when Slack is back the message is there once."""
    world.deliver(0, grams(0))
    server.faults.extend(faults)
    report = world.judge(0)
    assert report.exit_code == 1
    server.faults.clear()
    world.clock.tick(timedelta(hours=1))
    deliver_due(world.job)
    assert len(channel(server)) == 1
    states = {a["state"] for a in world.ledger.actions(MONITOR)}
    assert states == {"done"}


def test_a_revoked_token_is_said_and_keeps_nobody_else_waiting(world, server):
    """Exit code 2 with the remedy; the message comes once when the token is mended."""
    mail = RecordingNotifier(place="mail")
    notifiers = {**world.job.notifiers, "mail": mail}
    world.job = replace(world.job, notifiers=notifiers)
    world.deliver(0, grams(0))
    revoked = Answer(200, b'{"ok": false, "error": "token_revoked"}')
    server.faults.extend([revoked] * 9)
    report = world.judge(0)
    assert report.exit_code == 2
    lost = [d for d in report.deliveries if d.state is State.FAILED]
    assert "install the app again" in lost[0].detail
    assert len(mail.sent) == 1
    assert TOKEN not in str(report)
    assert channel(server) == []
    server.faults.clear()
    world.clock.tick(timedelta(hours=1))
    deliver_due(world.job)
    assert len(channel(server)) == len(mail.sent) == 1
    assert {a["state"] for a in world.ledger.actions(MONITOR)} == {"done"}


def test_a_press_in_slack_reaches_the_ledger(
    watched: Command,
    server: SlackServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """`driftline listen` as a process of its own: pressed twice, kept once, said once."""
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    monkeypatch.setenv("APP_TOKEN", APP_TOKEN)
    _break_a_day(tmp_path)
    _tell_in(server, tmp_path / "monitors" / "orders.yaml")
    assert watched("run", "--day", "2026-03-11").code == 1
    [first] = channel(server)
    buttons = next(b for b in first["blocks"] if b["type"] == "actions")
    value = buttons["elements"][0]["value"]
    listening = _listening(tmp_path)
    try:
        for _ in range(2):
            server.press("driftline:acknowledge", value, user="U0ANN")
            server.acknowledged.get(timeout=60)
        foreign = json.dumps({"monitor": "../orders", "thread": "t"})
        server.press("driftline:acknowledge", foreign, ts="9.9")
        until(lambda: "acknowledged by U0ANN" in text(channel(server)[0]))
        listening.send_signal(signal.SIGTERM)
        assert listening.wait(timeout=60) == 143
    finally:
        listening.kill()
    assert server.told[:2] == ["orders: acknowledged by U0ANN"] * 2
    assert "acknowledged by U0ANN" in watched("incidents").out
    replies = [m for m in posts(server) if m.get("thread_ts")]
    assert len(replies) == 1


def test_every_button_takes_effect_in_the_ledger(
    watched: Command,
    server: SlackServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Each that a message has, and the one under a request: what it says is what is kept."""
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    monkeypatch.setenv("APP_TOKEN", APP_TOKEN)
    _break_a_day(tmp_path)
    file = tmp_path / "monitors" / "orders.yaml"
    _tell_in(server, file)
    trained = "\nretraining: {trainer: {function: {function: os.path:join}}}\n"
    file.write_text(file.read_text() + trained)
    assert watched("run", "--day", "2026-03-11").code == 1
    [first] = channel(server)
    [row] = [b for b in first["blocks"] if b["type"] == "actions"]
    buttons = {e["action_id"]: e["value"] for e in row["elements"]}
    listening = _listening(tmp_path)
    try:
        for number, name in enumerate([*buttons, "driftline:approve"]):
            value = buttons.get(name, row["elements"][0]["value"])
            server.press(name, value, user="U0ANN", ts=f"{number}.5")
            server.acknowledged.get(timeout=60)
            until(lambda seen=number: len(server.told) > seen)
    finally:
        listening.kill()
        listening.wait()
    kinds = {
        "driftline:acknowledge": ("acknowledged", "acknowledged by U0ANN"),
        "driftline:silence": ("silence", "silenced until"),
        "driftline:retrain": ("retrain-now", "requested by U0ANN"),
        "driftline:false-alarm": ("false-alarm", "called a false alarm by U0ANN"),
        "driftline:approve": ("approval", "approved"),
    }
    assert {*buttons, "driftline:approve"} == {*kinds}
    said = dict(zip([*buttons, "driftline:approve"], server.told, strict=True))
    with wiring.open_ledger("orders", root=tmp_path) as ledger:
        for name, (kind, words) in kinds.items():
            assert words in said[name]
            [note] = ledger.notes("orders", kind)
            assert note["body"]["author"] == "U0ANN"


def _break_a_day(folder: Path) -> None:
    rows = pl.read_parquet(folder / "orders.parquet")
    day = pl.col("at").dt.day() == 11
    wrong = pl.when(day).then(pl.col("score") + 5).otherwise(pl.col("score"))
    rows.with_columns(score=wrong).write_parquet(folder / "orders.parquet")


def _tell_in(server: SlackServer, file: Path) -> None:
    """Messages go to the workspace, and replies are heard."""
    where = f'base_url: "{server.url}"'
    notify = f'  - slack: {{channel: "#alerts", token: env:BOT_TOKEN, {where}}}\n'
    listen = (
        f"listen:\n  - slack: {{app_token: env:APP_TOKEN, users: [U0ANN], {where}}}\n"
    )
    lines = file.read_text().replace(
        "notify:\n  - console\n", f"{listen}notify:\n{notify}"
    )
    file.write_text(lines)


def _listening(folder: Path) -> subprocess.Popen:
    code = "from driftline.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "listen"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
    )
