"""A real PostgreSQL server in a folder of its own, without root or docker."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil

from tests.servers.standing_still import standing_still


@contextmanager
def postgres() -> Iterator[str]:
    """The URI of an empty database; the server and its files go when the block ends.

    Nothing of it must survive, so it neither syncs to the disk nor shuts down in order.
    """
    import pgserver

    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode=None)
        process = psutil.Process(server.get_pid())
        try:
            server.psql("ALTER SYSTEM SET fsync = off;")
            server.psql("SELECT pg_reload_conf();")
            yield server.get_uri()
        finally:
            process.send_signal(signal.SIGQUIT)
            psutil.wait_procs([process], timeout=1)


def stopped(folder: str) -> AbstractContextManager[None]:
    """Every process of the server in a folder stands still until the block ends."""
    pid = Path(folder, "postmaster.pid").read_text(encoding="utf-8").split()[0]
    return standing_still(int(pid))
