"""Peak memory above the interpreter, by rows."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks.measuring import in_a_process
from benchmarks.recording import Curve, Figures, Row
from benchmarks.setting import Day, Setting, engine
from driftline import wiring

LARGEST = 10_000_000
COPIES = 10
"""100M rows are the largest file read ten times in one scan, to spare the disk 22 GB."""


def profile(path: str, copies: str) -> Callable[[], object]:
    """What one process does; the reference is made before memory is looked at."""
    plan = Day().reference.plan
    files = [Path(path)] * int(copies)

    def work() -> None:
        rows = wiring.open_file(files[0])
        engine().profile(replace(rows, data=pl.scan_parquet(files)), plan)

    return work


def measured(setting: Setting) -> Figures:
    """A fresh process for every size."""
    kept: dict[str, list[dict[str, float]]] = {}
    largest = min(setting.most_rows, LARGEST)
    for size, copies, times in (
        (1_000_000, 1, setting.repeats),
        (largest, 1, 3),
        (largest, COPIES, 1),
    ):
        path = setting.table(size)
        kept[f"{size * copies}"] = [
            in_a_process("benchmarks.cases.memory:profile", path, copies)
            for _ in range(times)
        ]
    worst = {n: max(map(_above, runs)) for n, runs in kept.items()}
    said = ", ".join(f"{mb:.0f} MB at {int(n):,}" for n, mb in worst.items())
    _, ten, hundred = worst.values()
    row = Row(
        "peak memory above the bare interpreter, imports included",
        "the same within 20 % at 10M and 100M rows, under 600 MB",
        said,
        max(worst.values()) < 600 and max(ten, hundred) <= 1.2 * min(ten, hundred),
    )
    line = [(float(n), mb) for n, mb in worst.items()]
    curve = Curve("memory by rows", "rows", "MB above the interpreter", {"": line})
    return Figures([row], kept, [curve])


def _above(run: dict[str, float]) -> float:
    return run["peak_mb"] - run["bare_mb"]
