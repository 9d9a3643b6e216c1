"""A worker that was away: late runs on a real Prefect server, and the dead man's switch."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from driftline import wiring
from driftline.adapters.runners import alarm
from driftline.app.monitor_day import monitor_day
from driftline.core.window import Window, window_at
from driftline.errors import SettingsError
from tests.flows.project import (
    COMMON,
    RETRAINING,
    make_project,
    write_labels,
    write_rows,
)
from tests.flows.site import LONGEST_S, Site, importable
from tests.servers.http import Answer, Request, http_server
from tests.servers.prefect import prefect_environment, prefect_worker
from tests.servers.slack import TOKEN, SlackServer, slack

pytestmark = [pytest.mark.real("prefect"), pytest.mark.timeout(900)]

PROJECT = alarm.Project("driftline")
"""As prefect.yaml calls it."""

DAILY, OVERDUE = "monitor-day/daily", "watch-deadline/overdue"
DRILL = "drill-monitor/drill"
MORE = """\
notify:
  - slack: {{channel: "#alerts", token: env:ACCEPTED_TOKEN, base_url: "{url}"}}
verdict_by: {by}
"""


def past_windows(count: int) -> list[Window]:
    """The last complete days in New York by the server's own clock, oldest first."""
    windows = [window_at(wiring.now(), zone="America/New_York").previous]
    while len(windows) < count:
        windows.insert(0, windows[0].previous)
    return windows


EARLIER, *LATE = past_windows(6)
"""A day that was judged in time, and five whose runs were late."""


@pytest.fixture(scope="module")
def workspace() -> Iterator[SlackServer]:
    with slack() as server:
        yield server


@pytest.fixture(scope="module")
def site(
    prefect_api: str, workspace: SlackServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The project, deployed by `driftline deploy`; no worker is there yet."""
    folder = tmp_path_factory.mktemp("late")
    with (
        pytest.MonkeyPatch.context() as patch,
        temporary_settings({PREFECT_API_URL: prefect_api}),
        httpx.Client(base_url=prefect_api, timeout=30) as api,
    ):
        patch.setenv("PYTHONPATH", importable(folder))
        patch.setenv("ACCEPTED_TOKEN", TOKEN)
        make_project(folder, workspace.url)
        for name, by in (("tardy", "23:59"), ("silent", "00:00")):
            text = COMMON.format(name=name, model="flights-late") + RETRAINING
            more = MORE.format(url=workspace.url, by=by)
            (folder / "monitors" / f"{name}.yaml").write_text(text + more)
        for window in (EARLIER, *LATE):
            write_rows(folder, window.day)
            write_labels(folder, window.day)
        with wiring.open_job("tardy", root=folder) as job:
            monitor_day(job, EARLIER)
        yield Site(folder, api, folder / "no-worker")


def driftline(site: Site, *words: str) -> str:
    """What the command prints, in the project's folder."""
    url = str(site.api.base_url).rstrip("/")
    done = subprocess.run(
        [sys.executable, "-c", "from driftline.cli import main; main()", *words],
        cwd=site.folder,
        env=prefect_environment(url, str(site.folder / ".prefect")),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def automations(site: Site) -> dict[str, dict[str, Any]]:
    """Ours, by monitor."""
    found = site.api.post("/automations/filter", json={}).json()
    named = {each["name"]: each for each in found}
    prefix = alarm.PREFIX
    return {n.removeprefix(prefix): a for n, a in named.items() if n.startswith(prefix)}


def judged(site: Site) -> list[date]:
    """The days of `tardy` in the order in which they were recorded."""
    with wiring.open_ledger("tardy", root=site.folder) as ledger:
        return [entry.key.window.day for entry in ledger.revisions("tardy")]


def texts(workspace: SlackServer) -> list[str]:
    return [message["text"] for message in workspace.messages]


def test_deploying_sets_one_alarm_per_stated_hour_and_changes_nothing_twice(
    site: Site,
) -> None:
    """Pool, deployments and proactive automations are there, the second time as the first."""
    said = driftline(site, "deploy")
    assert "made: driftline: no verdict on tardy" in said
    assert "tardy: the next verdict is due by" in said
    made = automations(site)
    assert sorted(made) == ["silent", "tardy"]
    trigger = made["tardy"]["trigger"]
    assert (trigger["posture"], trigger["within"]) == ("Proactive", 26 * 3600)
    [action] = made["tardy"]["actions"]
    assert action["deployment_id"] == site.deployment(OVERDUE)["id"]
    assert action["parameters"] == {"monitor": "tardy"}

    said = driftline(site, "deploy", "--alarms-only")
    assert "made" not in said
    assert "changed" not in said
    assert automations(site) == made


def test_late_runs_judge_each_day_once_and_tell_one_message(
    site: Site, workspace: SlackServer
) -> None:
    """Five runs wait for a worker: five verdicts, oldest first, one summary."""
    started = [
        site.start(DAILY, window.end, monitor="tardy").json()["id"] for window in LATE
    ]
    with prefect_worker(str(site.api.base_url).rstrip("/"), "driftline", site.folder):
        runs = [site.ended(run) for run in started]
    assert {run["state_type"] for run in runs} == {"COMPLETED"}, [
        run["state"]["message"] for run in runs
    ]
    assert judged(site) == [window.day for window in (EARLIER, *LATE)]
    [summary] = texts(workspace)
    assert f"{LATE[0].label} to {LATE[-1].label} judged late" in summary


def test_the_alarm_goes_off_only_where_no_verdict_came(
    site: Site, workspace: SlackServer
) -> None:
    """A monitor whose next wait has begun is left alone; the other one is told of, once.

    The server tells too, by a block of its own, and needs no worker for it.
    """
    heard: list[bytes] = []
    short = timedelta(seconds=alarm.LEAST_S)
    before = len(workspace.messages)
    with (
        http_server(lambda request: _heard(heard, request)) as url,
        prefect_worker(str(site.api.base_url).rstrip("/"), "driftline", site.folder),
    ):
        _save_block(url)
        block = "custom-webhook/on-call"
        alarms = [alarm.Alarm("silent", short, block), alarm.Alarm("tardy", short)]
        assert sorted(alarm.set_up(alarms, PROJECT)) == _each("changed")
        # Later than the server may lag behind; the wait of `tardy` is over first. Waits
        # overlap thrice, since a server takes events of one moment in any order.
        begins = wiring.now() + timedelta(seconds=30)
        for number in range(150):
            _wind("tardy", begins + 0.3 * number * short)
        _wind("silent", begins + 0.5 * short)
        run = site.eventually(lambda: site.runs_of(OVERDUE))[0]
        ended = site.ended(run["id"])
        site.eventually(lambda: heard)
        assert sorted(alarm.set_up([], PROJECT)) == _each("removed")
    assert ended["state_name"] == "Overdue", ended["state"]["message"]
    asked = [run["parameters"] for run in site.runs_of(OVERDUE)]
    assert {"monitor": "tardy"} not in asked
    [told] = texts(workspace)[before:]
    assert f"silent: no verdict for {LATE[-1].label}" in told
    assert b"silent: no verdict by the stated hour" in heard[0]
    assert automations(site) == {}


def test_the_weekly_drill_runs_as_a_deployment(
    site: Site, workspace: SlackServer
) -> None:
    """Every link is proved on real parts, shown as an artifact, and nobody is told."""
    before = texts(workspace)
    with prefect_worker(str(site.api.base_url).rstrip("/"), "driftline", site.folder):
        run = site.run(DRILL, monitor="tardy")
    assert run["state_name"] == "Proved", run["state"]["message"]
    [artifact] = site.artifacts(run)
    assert artifact["key"] == "driftline-tardy-drill"
    assert "**retraining: proved** asked for with the key" in artifact["data"]
    [schedule] = site.deployment(DRILL)["schedules"]
    assert schedule["schedule"]["cron"] == "30 8 * * 1"
    assert texts(workspace) == before
    assert "drilled on " in driftline(site, "status", "tardy")


def test_an_alarm_that_cannot_be_set_is_said(site: Site) -> None:
    """A block that is not there is named before anything is made."""
    with pytest.raises(SettingsError, match="no block 'slack-webhook/nobody'"):
        alarm.set_up(
            [alarm.Alarm("tardy", timedelta(1), "slack-webhook/nobody")], PROJECT
        )
    assert automations(site) == {}


def _wind(monitor: str, begins: datetime) -> None:
    alarm.wind(monitor, (begins, begins + timedelta(seconds=alarm.LEAST_S)))


def _each(word: str) -> list[str]:
    return [f"{word}: {alarm.PREFIX}{name}" for name in ("silent", "tardy")]


def _heard(heard: list[bytes], request: Request) -> Answer:
    heard.append(request.body)
    return Answer(200, b"ok")


def _save_block(url: str) -> None:
    """The notification block that a person makes in Prefect's interface."""
    from prefect.blocks.notifications import CustomWebhookNotificationBlock as Webhook

    said = {"text": "{{subject}}: {{body}}"}
    block: Any = Webhook(name="here", url=url, json_data=said)
    block.save("on-call", overwrite=True, _sync=True)
