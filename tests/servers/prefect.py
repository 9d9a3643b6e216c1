"""A real Prefect server, and a process worker for it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers.http import free_port


@contextmanager
def prefect_server() -> Iterator[str]:
    """A server on a free port with a home of its own; yields the API's URL.

    It is ready after 10 to 30 seconds: a new home's database is made first.
    """
    with tempfile.TemporaryDirectory(prefix="driftline-prefect-") as home:
        port = str(free_port())
        url = f"http://127.0.0.1:{port}/api"
        command = ["server", "start", "--host", "127.0.0.1", "--port", port, "--no-ui"]
        with _prefect(command, prefect_environment(url, home), Path(home) / "log"):
            _wait_for(f"{url}/health", Path(home) / "log")
            yield url


@contextmanager
def prefect_worker(api_url: str, pool: str, folder: Path) -> Iterator[Path]:
    """A process worker on a pool, started in a folder; yields its log file."""
    with tempfile.TemporaryDirectory(prefix="driftline-worker-") as home:
        log = Path(home) / "log"
        command = ["worker", "start", "--pool", pool, "--type", "process"]
        environment = {
            **prefect_environment(api_url, home),
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }
        with _prefect(command, environment, log, folder):
            yield log


def prefect_environment(api_url: str, home: str) -> dict[str, str]:
    """This process's environment with Prefect turned to a server, and told to be quiet."""
    return {
        **{
            name: v for name, v in os.environ.items() if not name.startswith("PREFECT_")
        },
        "PREFECT_API_URL": api_url,
        "PREFECT_HOME": home,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # A proactive automation fires so long after its wait has ended.
        "PREFECT_SERVER_EVENTS_EXPIRED_BUCKET_BUFFER": "PT5S",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "DO_NOT_TRACK": "true",
    }


@contextmanager
def _prefect(
    command: list[str],
    environment: dict[str, str],
    log: Path,
    folder: Path | None = None,
) -> Iterator[None]:
    """A `prefect` command that runs for as long as the block, children included."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "prefect", *command],
            env=environment,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the group that was started: politely, then for certain."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _wait_for(url: str, log: Path) -> None:
    for _ in range(360):
        try:
            return urlopen(url, timeout=5).close()
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    raise RuntimeError(f"nothing answers at {url}:\n{log.read_text()[-2000:]}")
