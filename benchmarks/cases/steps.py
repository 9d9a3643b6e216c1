"""One day of one monitor on 1M rows, step by step, a suite of 30 expectations included.

The suite is judged on all rows, as it is by default.
"""

import json
import shutil
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import workload
from benchmarks.measuring import Cost, timed
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting
from benchmarks.suite import SUITE
from driftline import wiring
from driftline.app.build_reference import build_reference
from driftline.app.job import Job
from driftline.app.monitor_day import monitor_day
from driftline.core.window import Window, day_window, windows_between

REFERENCE_DAYS, BAR_CPU_S = 10, 5.0
FIRST = date(2026, 3, 1)
TODAY = FIRST + timedelta(days=REFERENCE_DAYS)

MONITOR = """\
name: {name}
model: {{name: shared}}
task: regression
columns: {{timestamp: at, prediction: prediction, label: label, key: order}}
source: {{parquet: {{path: data/rows, partition: day}}}}
validation: {{great_expectations: {{suite: suite.json}}}}
health: []
"""


class Watch:
    """Runs steps plainly and keeps what each took, steps of a name together."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}

    def __call__(self, step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """The step's own result."""
        results: list[Any] = []
        cost = timed(lambda: results.append(step(*args, **kwargs)))
        before = self.costs.get(step.__name__, Cost(0, 0))
        wall, cpu = before.wall_s + cost.wall_s, before.cpu_s + cost.cpu_s
        self.costs[step.__name__] = Cost(wall, cpu)
        return results[0]


def measured(setting: Setting) -> Figures:
    """The same day under a new name each time, so that nothing is known already."""
    root = setting.data / "steps"
    shutil.rmtree(root, ignore_errors=True)
    names = [f"monitor-{i}" for i in range(setting.repeats + 1)]
    write_project(root, names)
    runs = [_judged(root, name) for name in names][1:]
    cpu = {step: statistics.median(r[step].cpu_s for r in runs) for step in runs[0]}
    most = dict(sorted(cpu.items(), key=lambda item: -item[1])[:6])
    profile = cpu["count"]
    slower = [s for s in cpu if cpu[s] > profile and s != "validate"]
    said = ", ".join(f"{step} {seconds:.2f}" for step, seconds in most.items())
    rows = [
        Row(
            "the day's steps on 1M rows (without Prefect), CPU seconds",
            "nothing but validation takes longer than the profile (count)",
            said,
            not slower,
        ),
        Row(
            f"a suite of {len(SUITE['expectations'])} expectations, on all of 1M rows",
            f"< {BAR_CPU_S:g} CPU seconds",
            f"{cpu['validate']:.2f} s",
            cpu["validate"] < BAR_CPU_S,
        ),
    ]
    raw = {s: [r[s].to_json() for r in runs] for s in runs[0]}
    return Figures(rows, raw)


def _judged(root: Path, name: str) -> dict[str, Cost]:
    watch = Watch()
    with redirect_stdout(StringIO()), wiring.open_job(name, root=root) as job:
        monitor_day(job, job.window_of(TODAY, job.clock()), watch)
    return watch.costs


def write_project(root: Path, names: Sequence[str]) -> None:
    """Monitors that share a table, a suite and a reference of ten small days."""
    (root / "monitors").mkdir(parents=True)
    for name in names:
        (root / "monitors" / f"{name}.yaml").write_text(MONITOR.format(name=name))
    (root / "suite.json").write_text(json.dumps(SUITE))
    for i in range(REFERENCE_DAYS + 1):
        _write_day(root, FIRST + timedelta(days=i), 1_000_000 if i >= 10 else 20_000)
    with wiring.open_job(names[0], root=root) as job:
        build_reference(job, list(_windows(job)), enlist=True)


def _windows(job: Job) -> Iterator[Window]:
    last = day_window(TODAY - timedelta(days=1), job.zone)
    return iter(windows_between(day_window(FIRST, job.zone), last))


def _write_day(root: Path, day: date, rows: int) -> None:
    folder = root / "data" / "rows" / f"day={day}"
    folder.mkdir(parents=True)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = start + pl.duration(milliseconds=pl.int_range(rows) * (80_000_000 // rows))
    table = workload.block(rows, (4, day.toordinal())).with_columns(
        at=moment,
        label=pl.col("prediction").round(2),
        order=pl.format("o-{}", pl.int_range(rows)),
    )
    table.write_parquet(folder / "part.parquet", row_group_size=workload.GROUP)
