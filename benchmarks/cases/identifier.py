"""A text column in which no value comes twice."""

from collections.abc import Callable
from pathlib import Path

from benchmarks import workload
from benchmarks.measuring import in_a_process
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting, engine
from driftline import wiring
from driftline.core.profiles.plan import Kind

BOUND_MB = 1_000
SIZES = (1_000_000, 10_000_000, 100_000_000)


def propose(path: str) -> Callable[[], object]:
    """Propose a plan and profile by it; fails unless the column is an identifier."""

    def work() -> None:
        rows = wiring.open_file(Path(path))
        plan = engine().propose_plan(rows, ["id"])
        if plan.columns["id"].kind is not Kind.IDENTIFIER:
            raise AssertionError("the identifier was not recognised")
        column = engine().profile(rows, plan).columns["id"]
        if column.counts is not None or column.nulls:
            raise AssertionError("values of an identifier were kept")

    return work


def measured(setting: Setting) -> Figures:
    """Recognised, and never held in memory; one column may have ten times the rows."""
    kept = {}
    for size in (s for s in SIZES if s <= 10 * setting.most_rows):
        path = workload.identifiers(setting.data / f"ids-{size}.parquet", size)
        kept[f"{size}"] = in_a_process("benchmarks.cases.identifier:propose", path)
    worst = max(run["peak_mb"] - run["bare_mb"] for run in kept.values())
    largest = max(int(size) for size in kept)
    row = Row(
        f"an identifier column with {largest:,} distinct strings",
        "recognised, bounded, said so at 100M",
        f"recognised; {worst:.0f} MB at most, {kept[str(largest)]['wall_s']:.1f} s",
        worst < BOUND_MB if largest == 100_000_000 else None,
    )
    return Figures([row], kept)
