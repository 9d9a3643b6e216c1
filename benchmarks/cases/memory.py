"""Peak memory above the interpreter, by rows."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import in_a_process
from benchmarks.recording import Curve, Figures, Row
from benchmarks.setting import Day, Setting

SIZES = (1_000_000, 10_000_000, 100_000_000)


def judge(path: str) -> Callable[[], object]:
    """What one process does; the reference is made before memory is looked at."""
    day = Day()
    return lambda: day.findings(Path(path))


def measured(setting: Setting) -> Figures:
    """A fresh process for every size."""
    kept: dict[str, list[dict[str, float]]] = {}
    for size in (s for s in SIZES if s <= setting.most_rows):
        path = setting.table(size)
        times = setting.repeats if size < 100_000_000 else 1
        kept[f"{size}"] = [
            in_a_process("benchmarks.cases.memory:judge", path) for _ in range(times)
        ]
    worst = {
        n: max(r["peak_mb"] - r["bare_mb"] for r in runs) for n, runs in kept.items()
    }
    most, least = max(worst.values()), min(worst.values())
    said = ", ".join(f"{mb:.0f} MB at {int(n):,}" for n, mb in worst.items())
    row = Row(
        "peak memory above the interpreter, imports included",
        "the same within 20 % at 10M and 100M rows, under 600 MB",
        said,
        most < 600 and most <= 1.2 * least if len(worst) > 2 else None,
    )
    line = [(float(n), mb) for n, mb in worst.items()]
    curve = Curve("memory by rows", "rows", "MB above the interpreter", {"judge": line})
    return Figures([row], kept, [curve])
