"""A fleet of monitors judged in one flow run, on threads and on Dask."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from driftline import wiring
from tests.flows.project import make_project
from tests.flows.site import importable
from tests.servers.prefect import prefect_environment
from tests.servers.slack import slack
from tests.servers.spark import left_out

pytestmark = pytest.mark.real("prefect")

SCRIPT = """\
import json, sys
from flows.monitor_fleet import monitor_fleet

if __name__ == "__main__":
    state = monitor_fleet(**json.loads(sys.argv[1]), return_state=True)
    print(json.dumps([state.type.value, state.name, state.message]))
"""
NO_DASK = left_out("dask", "prefect_dask")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    with slack() as workspace:
        make_project(folder, workspace.url)
    (folder / "run.py").write_text(SCRIPT)
    return folder


def judged(project: Path, api_url: str, **parameters: object) -> list[str]:
    """Type, name and message of the state in which the flow run ends."""
    environment = prefect_environment(api_url, str(project / ".prefect"))
    done = subprocess.run(
        [sys.executable, "run.py", json.dumps(parameters)],
        cwd=project,
        env={**environment, "PYTHONPATH": importable(project)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("runner", "day"),
    [
        ("threads", "2026-03-11"),
        pytest.param(
            "dask",
            "2026-03-14",
            # An extra: the reason says how to install it, and CI does.
            marks=pytest.mark.skipif(bool(NO_DASK), reason=NO_DASK),
        ),
    ],
)
def test_a_monitor_that_breaks_stops_no_other(
    project: Path, prefect_api: str, runner: str, day: str
) -> None:
    """`bare` has no reference and is named; `flights` is in the ledger all the same."""
    kind, _, told = judged(
        project,
        prefect_api,
        monitors=["flights", "bare"],
        day=day,
        task_runner=runner,
        workers=2,
    )
    assert kind == "FAILED"
    assert told.startswith("1 of 2 broke: bare: ")
    with wiring.open_ledger("flights", root=project) as ledger:
        labels = [entry.key.window.label for entry in ledger.history("flights")]
    assert day in labels


def test_a_quiet_fleet_is_healthy(project: Path, prefect_api: str) -> None:
    """The state is the worst verdict, and its message counts them."""
    ended = judged(project, prefect_api, monitors=["flights"], day="2026-03-11")
    assert ended == ["COMPLETED", "Healthy", "1 healthy"]


def test_a_window_of_another_worker_breaks_nothing(
    project: Path, prefect_api: str
) -> None:
    """The run is `Busy`: somebody else will record the verdict."""
    with wiring.open_ledger("flights", root=project) as ledger:
        ledger.acquire("flights", "2026-03-10", "worker-2", wiring.now())
    ended = judged(project, prefect_api, monitors=["flights"], day="2026-03-10")
    assert ended == ["COMPLETED", "Busy", "1 with another worker"]
