"""A folder with one monitor that has a reference and two judged days."""

import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from driftline.cli import main


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


def orders(days: int = 12, per_day: int = 150) -> pl.DataFrame:
    """Scored orders, whose labels follow the score."""
    rng = np.random.default_rng(7)
    rows = days * per_day
    amount = rng.normal(size=rows)
    score = 1 / (1 + np.exp(-amount))
    start = datetime(2026, 3, 1)
    return pl.DataFrame(
        {
            "order_id": [f"o{n}" for n in range(rows)],
            "at": [start + timedelta(days=n / per_day) for n in range(rows)],
            "amount": amount,
            "channel": rng.choice(["web", "app", "store"], rows),
            "score": score,
            "refunded": (rng.uniform(size=rows) < score).astype(int),
        }
    )


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """`driftline ...` in this process, in a folder of its own."""
    _stand_in(tmp_path, monkeypatch)

    def call(*words: str) -> Said:
        capsys.readouterr()
        code = _code(words, monkeypatch)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the monitor `orders` has a reference and one judged day."""
    folder = tmp_path_factory.mktemp("project")
    orders().write_parquet(folder / "orders.parquet")
    columns = ["--timestamp", "at", "--prediction", "score", "--label", "refunded"]
    for words in (
        ["init", "--data", "orders.parquet", *columns],
        ["reference", "build", "--enlist", "--to", "2026-03-06"],
        ["run", "--day", "2026-03-10"],
    ):
        with pytest.MonkeyPatch.context() as patch:
            _stand_in(folder, patch)
            assert _code(words, patch) == 0, words
        unlimited(folder / "monitors" / "orders.yaml")
    return folder


def unlimited(monitor: Path) -> None:
    """Its verdicts do not depend on how full the disk and the memory are here."""
    text = monitor.read_text(encoding="utf-8")
    bare = "  - host: {disk_limit: null, memory_limit: null}\n"
    monitor.write_text(text.replace("  - host\n", bare), encoding="utf-8")


@pytest.fixture
def watched(command: Command, project: Path, tmp_path: Path) -> Command:
    """`driftline ...` in a copy of `project`."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    return command


def _stand_in(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.chdir(folder)
    patch.delenv("DRIFTLINE_ROOT", raising=False)
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)


def _code(words: Sequence[str], patch: pytest.MonkeyPatch) -> int:
    """The exit code of `driftline ...`; the signal handlers are as before."""
    before = signal.getsignal(signal.SIGTERM)
    patch.setattr(sys, "argv", ["driftline", *words])
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0
