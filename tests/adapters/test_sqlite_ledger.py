"""One ledger file under several connections and processes."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from driftline.adapters.ledgers import sql
from driftline.core.roles import Roles, Task
from driftline.ports import Context, Ledger

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OTHER_PROCESS = """
import sys
from datetime import UTC, datetime
from tests.adapters.test_sqlite_ledger import NOW, opened
ledger = opened(sys.argv[1])
for number in range(50):
    ledger.note("m", "from another process", str(number), {"text": "x" * 2000}, NOW)
ledger.close()
"""


def opened(root: str) -> Ledger:
    """The ledger in a folder, as a job opens it."""
    context = Context("m", root, "UTC", Roles(Task.BINARY, "at", "late"))
    return sql.build(sql.Settings(url=SecretStr("sqlite:///ledger.db")), context)


def write_elsewhere(root: Path) -> None:
    """Another process writes, and closes the ledger."""
    subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(root)],
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )


def test_opening_it_twice_keeps_the_first_connection_sound(tmp_path: Path) -> None:
    """What another process writes and closes meanwhile is seen by both connections."""
    first = opened(str(tmp_path))
    first.note("m", "here", "1", {}, NOW)
    second = opened(str(tmp_path))
    assert len(second.notes("m")) == 1

    write_elsewhere(tmp_path)

    assert len(first.notes("m")) == 51
    assert first.note("m", "here", "2", {}, NOW)
    assert len(second.notes("m")) == 52
    assert len(opened(str(tmp_path)).notes("m")) == 52


# Linux alone lists a process's open files there; CI runs on it.
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_closed_ledger_holds_no_file_open(tmp_path: Path) -> None:
    """Closing gives back every connection."""
    ledger = opened(str(tmp_path))
    ledger.note("m", "here", "1", {}, NOW)
    ledger.close()

    held = [
        link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()
    ]
    assert not [path for path in held if path.parent == tmp_path]
