"""A real S3 server (rclone) over a folder: signed requests, 403, paging."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ACCESS_KEY = "driftline-key"
SECRET_KEY = "driftline-secret"


@dataclass(frozen=True, slots=True)
class S3:
    """Where the server is; every folder under `folder` is a bucket."""

    endpoint: str
    folder: Path
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def s3(folder: Path) -> Iterator[S3]:
    """The server answers within the block and is gone after it."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    command = ["rclone", "serve", "s3", "--addr", address, "--config", "/dev/null"]
    command += ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}"]
    command += ["--vfs-cache-mode", "off", "--dir-cache-time", "0s", str(folder)]
    server = subprocess.Popen(_found(command), stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield S3(f"http://{address}", folder)
    finally:
        server.terminate()
        server.wait(timeout=10)


def _found(command: list[str]) -> list[str]:
    """The wheel puts the program beside the interpreter, perhaps outside PATH."""
    import shutil
    import sys

    beside = shutil.which(command[0], path=str(Path(sys.executable).parent))
    return [beside or command[0], *command[1:]]


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"rclone serve s3 did not answer on port {port}")
