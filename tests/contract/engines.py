"""Every registered engine, and a table to ask it about."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.ports import Context, Engine
from tests.servers import spark

PACKAGE = "driftline.adapters.engines"
WINDOW = day_window(date(2026, 1, 5))
CONTEXT = Context("m", ".", "UTC", Roles(Task.BINARY, "t", "p"))
NEEDS = {"spark": spark.missing(), "dask": spark.left_out("dask", "dask")}
SMALL = {"dask": {"partition_rows": 37}, "spark": {"config": spark.SMALL}}
"""So that even small tables come in several parts."""


def each_of(package: str) -> list[Any]:
    """All adapters in a package; those whose extra is missing here are skipped for that."""
    return [
        pytest.param(
            name,
            # An extra, or Java: the reason says which is missing, and CI installs all.
            marks=pytest.mark.skipif(bool(NEEDS.get(name)), reason=NEEDS.get(name, "")),
        )
        for name in names(package)
    ]


ENGINES = each_of(PACKAGE)
IN_PROCESS = [engine for engine in ENGINES if engine.values != ("spark",)]
"""Engines quick enough to be asked hundreds of times."""


def engine_named(name: str, **options: object) -> Engine:
    module = load(PACKAGE, name)
    return module.build(module.Settings(**SMALL.get(name, {}) | options), CONTEXT)


def slice_of(engine: Engine, table: pl.DataFrame) -> Slice:
    return engine.from_table(table, WINDOW, "memory")


def planned(engine: Engine, table: pl.DataFrame) -> Plan:
    return engine.propose_plan(slice_of(engine, table), table.columns)


def profiled(engine: Engine, table: pl.DataFrame, plan: Plan) -> Profile:
    return engine.profile(slice_of(engine, table), plan)


REFERENCE = pl.DataFrame(
    {
        "amount": [float(x) for x in range(200)],
        "count": [1, 2, 5, 2] * 50,
        "flag": [True, False, None, True] * 50,
        "city": ["Oslo", "Bern", "", "Oslo"] * 50,
        "when": [
            datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=x) for x in range(200)
        ],
        "id": [f"row-{x}" for x in range(200)],
        "many": [[x] for x in range(200)],
        "price": [Decimal(x) / 4 for x in range(200)],
        "level": pl.Series(["low", "high"] * 100, dtype=pl.Enum(["low", "high"])),
    }
)


def assert_equal_sums(found: Profile, expected: Profile) -> None:
    """Sums are finite, and within 1e-9 of the size of what was added."""
    for name, column in expected.columns.items():
        assert math.isfinite(column.squares), name
        size = max(math.sqrt(column.finite * column.squares), 1e-150)
        other = found.columns[name]
        said = f"{name}: {other.total}, {other.squares} is not {column.total}, {column.squares}"
        assert other.total == pytest.approx(column.total, abs=1e-9 * size), said
        assert other.squares == pytest.approx(column.squares, rel=1e-9), said
