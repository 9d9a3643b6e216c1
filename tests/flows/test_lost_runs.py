"""A run whose process is gone is called crashed, by a real Prefect server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from driftline.adapters.runners import lost_runs
from tests.servers.prefect import prefect_environment

pytestmark = [pytest.mark.real("prefect"), pytest.mark.timeout(300)]

PROJECT = "lost"
RUN = """
import sys, time
from prefect import flow, tags
from prefect.states import Completed

@flow
def work():
    time.sleep(float(sys.argv[2]))
    return Completed(name="Healthy")

with tags("driftline", sys.argv[1]):
    work()
"""


@pytest.fixture(autouse=True)
def automation(prefect_api: str) -> Iterator[None]:
    """The automation, which waits for as little as Prefect knows."""
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        assert lost_runs.set_up(PROJECT, timedelta(seconds=10)) == [
            f"made: {lost_runs.NAME}{PROJECT}"
        ]
        yield
        with get_client(sync_client=True) as client:
            [made] = client.read_automations_by_name(lost_runs.NAME + PROJECT)
            client.delete_automation(made.id)


@contextmanager
def working(api: str, folder: Path, tag: str, seconds: float) -> Iterator[Any]:
    """A process with a run that works for so long."""
    environment = prefect_environment(api, str(folder / "home"))
    with subprocess.Popen(
        [sys.executable, "-c", RUN, tag, str(seconds)],
        env={**os.environ, **environment, "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def eventually(look: Any) -> Any:
    """The first answer that is not empty."""
    for _ in range(600):
        if found := look():
            return found
        time.sleep(0.2)
    raise TimeoutError


def run_of(api: httpx.Client, tag: str) -> dict[str, Any] | None:
    """The run with a tag of its own."""
    chosen = {"flow_runs": {"tags": {"all_": [tag]}}}
    found = api.post("/flow_runs/filter", json=chosen).json()
    return found[0] if found else None


def heard(api: httpx.Client, tag: str) -> bool:
    """Whether the server has a heartbeat of it."""
    run = run_of(api, tag)
    if run is None:
        return False
    about = {"id": [f"prefect.flow-run.{run['id']}"]}
    name = {"name": ["prefect.flow-run.heartbeat"]}
    body = {"filter": {"resource": about, "event": name}}
    return bool(api.post("/events/filter", json=body).json()["events"])


def test_a_run_whose_process_is_gone_is_called_crashed(
    prefect_api: str, tmp_path: Path
) -> None:
    """Killed without a word, it is running for nobody; one that has ended stays as it is."""
    with httpx.Client(base_url=prefect_api, timeout=30) as api:
        with working(prefect_api, tmp_path, "sound", 3) as process:
            assert process.wait(timeout=120) == 0
        with working(prefect_api, tmp_path, "killed", 600):
            eventually(lambda: heard(api, "killed"))
        crashed = eventually(
            lambda: (run := run_of(api, "killed"))["state_type"] == "CRASHED" and run
        )
        assert "the next run makes up for what it left" in crashed["state"]["message"]
        assert heard(api, "sound")
        assert run_of(api, "sound")["state_name"] == "Healthy"


def test_it_is_kept_as_it_is_and_changed_where_it_differs() -> None:
    """Deploying again says nothing; a longer silence is a change."""
    assert lost_runs.set_up(PROJECT, timedelta(seconds=10)) == []
    changed = f"changed: {lost_runs.NAME}{PROJECT}"
    assert lost_runs.set_up(PROJECT) == [changed]


def test_a_run_has_the_tag_of_its_deployment(prefect_api: str) -> None:
    """So that the automation is about our runs, and about nobody else's."""
    with get_client(sync_client=True) as client:
        flow = client.create_flow_from_name("tagged")
        made = client.create_deployment(flow, "tagged", tags=[lost_runs.TAG])
        run = client.create_flow_run_from_deployment(made)
        client.delete_deployment(made)
    assert lost_runs.TAG in run.tags
