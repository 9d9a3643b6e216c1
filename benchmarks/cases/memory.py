"""Peak memory above the interpreter, by rows."""

from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.measuring import in_a_process
from benchmarks.recording import Curve, Figures, Row
from benchmarks.setting import Setting, engine, read_plan, repeated

LARGEST = 10_000_000
COPIES = 10
"""100M rows are the largest file read ten times in one scan, to spare the disk 22 GB."""


def profile(path: str, copies: str, stored: str) -> Callable[[], object]:
    """What one process does; the plan was made by another."""
    plan = read_plan(stored)
    return lambda: engine().profile(repeated(Path(path), int(copies)), plan)


def measured(setting: Setting) -> Figures:
    """A fresh process for every size."""
    kept: dict[str, list[dict[str, float]]] = {}
    stored = setting.stored_plan()
    largest = min(setting.most_rows, LARGEST)
    for size, copies in ((1_000_000, 1), (largest, 1), (largest, COPIES)):
        path = setting.table(size)
        kept[f"{size * copies}"] = [
            in_a_process("benchmarks.cases.memory:profile", path, copies, stored)
            for _ in range(setting.repeats)
        ]
    usual = {n: median(map(_above, runs)) for n, runs in kept.items()}
    worst = max(max(map(_above, runs)) for runs in kept.values())
    said = ", ".join(f"{mb:.0f} MB at {int(n):,}" for n, mb in usual.items())
    _, ten, hundred = usual.values()
    row = Row(
        "peak memory above the bare interpreter, imports included",
        "the same within 20 % at 10M and 100M rows, under 600 MB",
        f"median {said}; the worst single run {worst:.0f} MB",
        max(usual.values()) < 600 and max(ten, hundred) <= 1.2 * min(ten, hundred),
    )
    line = [(float(n), mb) for n, mb in usual.items()]
    curve = Curve("memory by rows", "rows", "MB above the interpreter", {"": line})
    return Figures([row], kept, [curve])


def _above(run: dict[str, float]) -> float:
    return run["peak_mb"] - run["bare_mb"]
