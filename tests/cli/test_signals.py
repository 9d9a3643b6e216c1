"""A worker that is stopped leaves nothing behind that blocks the next one."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from driftline import wiring
from tests.cli.conftest import Command

REPOSITORY = Path(__file__).parents[2]

# The source blocks like a slow warehouse would, after it has said that it was asked.
SLOW = """
import time
from pathlib import Path
from driftline.adapters.sources import parquet

Settings = parquet.Settings

def build(settings, context):
    source = parquet.build(settings, context)
    read = source.read

    def slowly(window):
        Path("asked").touch()
        time.sleep(60)
        return read(window)

    source.read = slowly
    return source
"""


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_stopped_run_gives_its_lease_back(
    watched: Command, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    """The exit code names the signal, no traceback is shown, and the day is free."""
    (tmp_path / "my_company").mkdir()
    (tmp_path / "my_company" / "__init__.py").touch()
    (tmp_path / "my_company" / "slow.py").write_text(SLOW)
    monitor = tmp_path / "monitors" / "orders.yaml"
    text = monitor.read_text().replace("  parquet: ", "  my_company.slow: ")
    monitor.write_text(text)
    command = "from driftline.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", command, "run", "orders", "--day", "2026-03-09"],
        env={"PYTHONPATH": f"{REPOSITORY / 'src'}:{tmp_path}", "HOME": str(tmp_path)},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "asked").exists():
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(sent)
    _, said = running.communicate()
    assert running.returncode == code
    assert "Traceback" not in said
    with wiring.open_ledger("orders", root=tmp_path) as ledger:
        lease = ledger.acquire("orders", "2026-03-09", "another", wiring.now())
    assert lease.owner == "another"


def test_a_library_that_ends_the_process_is_not_success(
    watched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source whose library calls `sys.exit(0)` leaves exit code 2 and a message."""
    (tmp_path / "quitter.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").touch()
    (tmp_path / "parts" / "gone.py").write_text("import quitter\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monitor = tmp_path / "monitors" / "orders.yaml"
    monitor.write_text(monitor.read_text().replace("  parquet: ", "  parts.gone: "))
    said = watched("run", "--day", "2026-03-09")
    assert said.code == 2
    assert "a library ended the process" in said.err


def test_a_broken_part_is_not_called_act(
    watched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a part of one's own raises leaves 2: Python's own 1 would mean `act`."""
    (tmp_path / "workshop").mkdir()
    (tmp_path / "workshop" / "__init__.py").touch()
    (tmp_path / "workshop" / "worn.py").write_text(
        "raise ZeroDivisionError('worn out')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monitor = tmp_path / "monitors" / "orders.yaml"
    monitor.write_text(monitor.read_text().replace("  parquet: ", "  workshop.worn: "))
    said = watched("run", "--day", "2026-03-09")
    assert said.code == 2
    assert "ZeroDivisionError" in said.err
