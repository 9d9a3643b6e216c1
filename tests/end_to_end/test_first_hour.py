"""A new user's first hour: each printed command, typed exactly as it was printed."""

import os
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import driftline
from tests.cli.conftest import orders, unlimited

REPOSITORY = Path(__file__).parents[2]
RUN = "from driftline.cli import main; main()"


def _type(line: str, folder: Path) -> str:
    """What `driftline ...` prints, in a process of its own."""
    program, *words = shlex.split(line)
    assert program == "driftline"
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_printed_commands_lead_to_a_verdict(tmp_path: Path) -> None:
    """`init` prints two commands; typed as they are, a healthy day is healthy."""
    orders().write_csv(tmp_path / "my orders.csv")
    init = (
        "driftline init --data 'my orders.csv' --timestamp at --prediction score "
        "--label refunded"
    )
    printed = _type(init, tmp_path).splitlines()
    follow = [line.strip() for line in printed if line.strip().startswith("driftline ")]
    assert len(follow) == 2
    unlimited(tmp_path / "monitors" / "my-orders.yaml")
    said = [_type(line, tmp_path) for line in follow]
    assert "reference of my-orders v1" in said[0]
    assert "healthy" in said[1]
    [entry] = driftline.history("my-orders", root=tmp_path)
    again = driftline.judge("my-orders", entry.key.window.day, root=tmp_path)
    assert again.repeated
    assert again.window.day > date(2026, 3, 4)
