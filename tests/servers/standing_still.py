"""A server whose processes are stopped: it is reached, and never answers."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """The process and its children are stopped (SIGSTOP) until the block ends."""
    server = psutil.Process(pid)
    processes = [server, *server.children(recursive=True)]
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            process.resume()
