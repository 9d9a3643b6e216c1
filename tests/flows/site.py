"""A project deployed on a real Prefect server, with a worker: what a person sets up once."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.flows.project import REPOSITORY, make_project
from tests.servers.prefect import prefect_environment, prefect_worker

Found = TypeVar("Found")
LONGEST_S = 180


@dataclass(frozen=True)
class Site:
    """The project's folder, and the server seen through its own API."""

    folder: Path
    api: httpx.Client
    worker_log: Path

    def deployment(self, name: str) -> dict[str, Any]:
        """A deployment by `flow/deployment`."""
        return self._json(self._ask("GET", f"/deployments/name/{name}"))

    def start(
        self, name: str, due: datetime | None = None, **parameters: object
    ) -> httpx.Response:
        """Ask for a run of a deployment, now or as if it had been due then."""
        state = {"type": "SCHEDULED", "state_details": {}}
        if due is not None:
            state["state_details"] = {"scheduled_time": due.isoformat()}
        body = {"parameters": parameters, "state": state}
        key = self.deployment(name)["id"]
        return self._ask("POST", f"/deployments/{key}/create_flow_run", body)

    def run(
        self, name: str, due: datetime | None = None, **parameters: object
    ) -> dict[str, Any]:
        """A run of a deployment, ended."""
        started = self._json(self.start(name, due, **parameters))
        return self.ended(started["id"])

    def ended(self, run: str) -> dict[str, Any]:
        """The flow run, once it has ended."""

        def look() -> dict[str, Any] | None:
            found = self._json(self._ask("GET", f"/flow_runs/{run}"))
            return found if found["end_time"] else None

        return self.eventually(look)

    def in_state(self, run: str, kind: str) -> dict[str, Any] | None:
        """The flow run, if it is in a state of that type."""
        found = self._json(self._ask("GET", f"/flow_runs/{run}"))
        return found if found["state_type"] == kind else None

    def resume(self, run: str, answer: dict[str, Any]) -> None:
        """Answer the question that a suspended run waits for, as the interface does."""
        self._json(self._ask("POST", f"/flow_runs/{run}/resume", {"run_input": answer}))

    def runs_of(self, name: str) -> list[dict[str, Any]]:
        """Every flow run of a deployment."""
        key = self.deployment(name)["id"]
        return self._filtered("flow_runs", {"deployments": {"id": {"any_": [key]}}})

    def artifacts(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """What a flow run has kept."""
        chosen = {"flow_run_id": {"any_": [run["id"]]}}
        return self._filtered("artifacts", {"artifacts": chosen})

    def tasks(self, run: dict[str, Any]) -> list[str]:
        """The steps of a flow run, by name."""
        chosen = {"flow_runs": {"id": {"any_": [run["id"]]}}}
        found = self._filtered(
            "task_runs", {**chosen, "sort": "EXPECTED_START_TIME_ASC"}
        )
        return [task["name"] for task in found]

    def errors(self, run: dict[str, Any], level: int = 40) -> list[str]:
        """What a flow run has logged as an error, or at a lower `level`, once it has."""
        chosen = {"flow_run_id": {"any_": [run["id"]]}, "level": {"ge_": level}}
        found = self.eventually(lambda: self._filtered("logs", {"logs": chosen}))
        return [line["message"] for line in found]

    def events(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """Our own events that a flow run has emitted."""
        related = {"id": [f"prefect.flow-run.{run['id']}"]}
        body = {
            "filter": {"any_resource": related, "event": {"prefix": ["driftline."]}}
        }
        return self._json(self._ask("POST", "/events/filter", body))["events"]

    def eventually(self, look: Callable[[], Found | None]) -> Found:
        """The first answer that is not empty."""
        deadline = time.monotonic() + LONGEST_S
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.3)
        raise TimeoutError(self.worker_log.read_text()[-4000:])

    def _filtered(self, kind: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        return self._json(self._ask("POST", f"/{kind}/filter", body))

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """The server's answer; on SQLite it says 503 while it is busy."""

        def look() -> httpx.Response | None:
            answer = self.api.request(method, path, json=body)
            return None if answer.status_code == 503 else answer

        return self.eventually(look)

    @staticmethod
    def _json(response: httpx.Response) -> Any:
        assert response.is_success, response.text
        return response.json()


@contextmanager
def deployed_site(api_url: str, folder: Path, slack_url: str) -> Iterator[Site]:
    """Make the project, deploy it as the README says, and start a worker for it."""
    make_project(folder, slack_url)
    pool = ("driftline", "--type", "process", "--overwrite")
    _prefect(api_url, folder, "work-pool", "create", *pool)
    _prefect(api_url, folder, "--no-prompt", "deploy", "--all")
    with (
        prefect_worker(api_url, "driftline", folder) as log,
        httpx.Client(base_url=api_url, timeout=30) as api,
    ):
        yield Site(folder, api, log)


def _prefect(api_url: str, folder: Path, *arguments: str) -> None:
    """A `prefect` command in the project's folder."""
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *arguments],
        cwd=folder,
        env=prefect_environment(api_url, str(folder / ".prefect")),
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def importable(folder: Path) -> str:
    """PYTHONPATH for the flows of a project: this checkout, and the project itself."""
    known = os.environ.get("PYTHONPATH", "")
    return os.pathsep.join(filter(None, [str(REPOSITORY / "src"), str(folder), known]))
