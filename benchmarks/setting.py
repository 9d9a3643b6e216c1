"""What every case works with: tables on disk, a plan, a reference, and its findings."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl

from benchmarks import workload
from benchmarks.measuring import in_a_process
from driftline import wiring
from driftline.core.comparison import DriftPolicy, measure_reference
from driftline.core.finding import Finding
from driftline.core.profiles.plan import Plan
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.ports import Engine

ROLES = Roles(Task.REGRESSION, timestamp="at", prediction="prediction")
POLICY = DriftPolicy()
FIRST = date(2026, 1, 5)
DAY_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Setting:
    """Where tables lie, how often a thing is measured, and how large tables may get."""

    data: Path
    repeats: int
    most_rows: int

    def table(self, rows: int, seed: int = 1, numeric: int = workload.NUMERIC) -> Path:
        """The workload with so many rows, written on first use."""
        path = self.data / f"{rows}-{numeric}-{seed}.parquet"
        return workload.written(path, rows, seed, numeric)

    def stored_plan(self, numeric: int = workload.NUMERIC) -> Path:
        """`plan(numeric)` as JSON, made in a process of its own: that takes memory."""
        path = self.data / f"plan-{numeric}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        in_a_process("benchmarks.setting:store_plan", numeric, path)
        return path


@cache
def engine() -> Engine:
    """The engine of this machine, with its usual settings."""
    return wiring.local_engine()


@cache
def plan(numeric: int = workload.NUMERIC) -> Plan:
    """What is counted, read off 100,000 reference rows."""
    window = day_window(FIRST, "UTC")
    rows = engine().from_table(
        workload.block(100_000, (1, 0), numeric), window, "memory"
    )
    return engine().propose_plan(rows, list(rows.schema))


def store_plan(numeric: str, path: str) -> Callable[[], object]:
    """What the process behind `Setting.stored_plan` does."""
    return lambda: Path(path).write_text(json.dumps(plan(int(numeric)).to_json()))


def read_plan(path: str | Path) -> Plan:
    """A plan that `Setting.stored_plan` kept."""
    return Plan.from_json(json.loads(Path(path).read_text()))


@cache
def reference(days: int, numeric: int = workload.NUMERIC) -> Reference:
    """So many days of 5,000 rows, profiled."""
    profiles = {}
    for i in range(days):
        window = day_window(FIRST + timedelta(days=i), "UTC")
        table = workload.block(DAY_ROWS, (2, i), numeric)
        rows = engine().from_table(table, window, "memory")
        profiles[window.label] = engine().profile(rows, plan(numeric))
    return Reference(plan(numeric), profiles)


def repeated(path: Path, times: int) -> Slice:
    """A file read so many times in one scan, to spare the disk the copies."""
    return replace(wiring.open_file(path), data=pl.scan_parquet([path] * times))


def decoded(rows: Slice) -> pl.DataFrame:
    """What reading costs: least, greatest and sum of every column, streaming."""
    frame: pl.LazyFrame = rows.data
    wanted = []
    for i, (name, dtype) in enumerate(frame.collect_schema().items()):
        column = pl.col(name)
        wanted += [column.min().alias(f"{i}.min"), column.max().alias(f"{i}.max")]
        if dtype.is_numeric():
            wanted.append(column.sum().alias(f"{i}.sum"))
    return frame.select(wanted).collect(engine="streaming")


class Day:
    """A file judged as the daily flow judges it, the reference being known."""

    def __init__(self, days: int = 20, numeric: int = workload.NUMERIC) -> None:
        self.reference = reference(days, numeric)
        self.spread = measure_reference(self.reference, ROLES, POLICY)

    def findings(self, path: Path) -> list[Finding]:
        """From Parquet on disk to findings, through the public interface."""
        return self.findings_of(wiring.open_file(path))

    def findings_of(self, rows: Slice) -> list[Finding]:
        """Of rows that are open already."""
        from driftline.core.comparison import judge_drift

        profile = engine().profile(rows, self.reference.plan)
        return judge_drift(self.reference, profile, ROLES, POLICY, self.spread)
