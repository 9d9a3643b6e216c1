"""A real Prometheus in a folder of its own; Debian's `prometheus`, which CI installs."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.servers.http import free_port

START_S = 60


@contextmanager
def prometheus(folder: Path, *targets: str) -> Iterator[str]:
    """Its URL; it scrapes the targets (`host:port`) every second.

    The test is skipped where there is no such program.
    """
    program = shutil.which("prometheus")
    if program is None:
        # A server is no Python package: `.ci/run` installs it, and then fails for a skip.
        pytest.skip("no prometheus here: no query was put to a real one")
    port = free_port()
    scrapes = [{"job_name": "served", "static_configs": [{"targets": list(targets)}]}]
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": scrapes}
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    command = [
        *(program, f"--config.file={folder}/prometheus.yml", "--log.level=error"),
        *(
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ),
    ]
    with subprocess.Popen(command, cwd=folder) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}/-/ready", process, START_S)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(url: str, process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """The page answers 200."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            return urlopen(url, timeout=5).close()
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer")
