"""What every case works with: tables on disk, a plan, a reference, and its findings."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import polars as pl

from benchmarks import workload
from driftline import wiring
from driftline.core.comparison import DriftPolicy, measure_reference
from driftline.core.finding import Finding
from driftline.core.plan import Plan
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
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


@cache
def engine() -> Engine:
    """The engine of this machine, with its usual settings."""
    return wiring.local_engine("benchmark", ROLES)


@cache
def plan(numeric: int = workload.NUMERIC) -> Plan:
    """What is counted, read off 100,000 reference rows."""
    window = day_window(FIRST, "UTC")
    rows = engine().from_table(
        workload.block(100_000, (1, 0), numeric), window, "memory"
    )
    return engine().propose_plan(rows, list(rows.schema))


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


def decoded(path: Path) -> pl.DataFrame:
    """What reading costs: least, greatest and sum of every column, streaming."""
    frame = pl.scan_parquet(path)
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
        from driftline.core.comparison import judge_drift

        rows = wiring.open_file(path)
        profile = engine().profile(rows, self.reference.plan)
        return judge_drift(self.reference, profile, ROLES, POLICY, self.spread)
