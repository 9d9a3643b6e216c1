"""A folder with one monitor that has a reference and two judged days."""

import signal
import sys
from collections.abc import Callable, Iterator
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
    start = datetime(2026, 3, 1)  # noqa: DTZ001 -- a column without a zone is meant
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
) -> Iterator[Command]:
    """`driftline ...` in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRIFTLINE_ROOT", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = signal.getsignal(signal.SIGTERM)

    def call(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["driftline", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    yield call
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def watched(command: Command, tmp_path: Path) -> Command:
    """`driftline ...` where the monitor `orders` has a reference and one judged day."""
    orders().write_parquet(tmp_path / "orders.parquet")
    columns = ("--timestamp", "at", "--prediction", "score", "--label", "refunded")
    assert command("init", "--data", "orders.parquet", *columns).code == 0
    assert command("reference", "build", "--enlist", "--to", "2026-03-06").code == 0
    assert command("run", "--day", "2026-03-10").code == 0
    return command
