"""The command line, whole processes."""

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from benchmarks import workload
from benchmarks.measuring import Cost, median, process, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting

COMMAND = str(Path(sys.executable).with_name("driftline"))

FIRST, DAYS, DAY_ROWS = datetime(2026, 1, 1, tzinfo=UTC), 31, 1_000

SET_UP = (
    "init --name orders --timestamp at --prediction prediction --data",
    "reference build orders --enlist --to 2026-01-30",
)
DAY = "run orders --day 2026-01-31 --force"


def measured(setting: Setting) -> Figures:
    """`--help`, two files compared, a day judged; a bare interpreter beside them."""
    root = {"DRIFTLINE_ROOT": str(_project(setting.data / "command"))}
    first, second = setting.table(10_000), setting.table(10_000, seed=2)
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "help": [COMMAND, "--help"],
        "compare": [COMMAND, "compare", str(first), str(second)],
        "run": [COMMAND, *DAY.split()],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for i in range(setting.repeats + 1):
        for name, command in commands.items():
            cost = process(command, root)
            if i:
                costs[name].append(cost)
    return Figures(
        [
            _row("driftline --help`, whole process", 0.3, costs["help"]),
            _row(
                "driftline compare` of two files of 10,000 rows, whole process",
                1.5,
                costs["compare"],
            ),
            _row(
                f"driftline run` of a day of {DAY_ROWS:,} rows × 20 columns, validated "
                "by Great Expectations and kept in MLflow, whole process",
                6,
                costs["run"],
            ),
        ],
        raw(costs),
    )


def _project(folder: Path) -> Path:
    """A folder where a monitor has thirty days of reference, set up as people do it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = folder / "orders.parquet"
    every = timedelta(days=1) / DAY_ROWS
    stamps = [FIRST + i * every for i in range(DAYS * DAY_ROWS)]
    rows = workload.block(len(stamps), (3,), numeric=8)
    rows.with_columns(pl.Series("at", stamps)).write_parquet(data)
    for words, more in zip(SET_UP, ([str(data)], []), strict=True):
        process([COMMAND, *words.split(), *more], {"DRIFTLINE_ROOT": str(folder)})
    return folder


def _row(work: str, bar: float, costs: list[Cost]) -> Row:
    wall, cpu = median(costs), median(costs, "cpu_s")
    undecided = None if cpu <= bar else False
    said = f"{cpu:.2f} s CPU, {wall:.2f} s on the clock"
    return Row(f"`{work}", f"≤ {bar} s on the clock", said, wall <= bar or undecided)
