"""A real MLflow tracking server with its registry, on SQLite in a folder."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers.http import free_port
from tests.servers.standing_still import standing_still

PID = "server.pid"
START_S = 180
"""A loaded machine takes most of a minute to start it."""


@contextmanager
def mlflow(folder: Path) -> Iterator[str]:
    """A server in a process of its own; yields its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{folder}/server.db"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    log = (folder / "server.log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
        (folder / PID).write_text(str(process.pid), encoding="utf-8")
        try:
            _wait_for(f"{url}/health", process, folder / "server.log")
            yield url
        finally:
            process.terminate()


def stopped(folder: Path) -> AbstractContextManager[None]:
    """Every process of the server in a folder stands still until the block ends."""
    return standing_still(int((folder / PID).read_text(encoding="utf-8")))


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            return urlopen(url, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.3)
    raise RuntimeError(f"MLflow did not start:\n{log.read_text()[-2000:]}")
