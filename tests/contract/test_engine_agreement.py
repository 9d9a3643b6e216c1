"""Every engine says of the same rows what the local one says."""

import math
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from driftline.core.comparison import compare
from driftline.ports import Engine
from tests.contract.engines import (
    REFERENCE,
    assert_equal_sums,
    engine_named,
    planned,
    profiled,
    slice_of,
)

ODDITIES = {
    "constant": [7.0] * 6,
    "all null": pl.Series([None] * 6, dtype=pl.Float64),
    "no type": pl.Series([None] * 6, dtype=pl.Null),
    "infinite": [math.inf, -math.inf, math.nan, None, 1.0, 2.0],
    "denormal": [5e-324, -5e-324, 0.0, -0.0, 2.2e-308, None],
    "enormous": [1e308, -1e308, 1.7e308, 0.0, 1.0, None],
    "huge": [2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0, None],
    "unsigned": pl.Series([2**64 - 1, 2**53 + 1, 0, 1, 2, None], dtype=pl.UInt64),
    "flag": [True, False, None, True, True, False],
    "day": [date(1, 1, 1), date(1969, 12, 31), date(9999, 12, 31), None, None, None],
    "naive": [datetime(1900, 1, 1), datetime(2026, 3, 8, 2, 30), None] * 2,
    "price": [Decimal("0.01"), Decimal("-99999999.99"), Decimal(0), None, None, None],
    "struct": [{"a": 1, "b": [None, "x"]}, None, {"a": None, "b": []}] * 2,
    "list": [[1.5], [], None, [None, math.nan], [1.0], []],
    "blank": ["", " ", "\t", "\u00a0", "\x00", None],
    "bytes": [b"\xff\xfe", b"", None, b"\x80", b"a", b"b"],
    "q\"uo'te`": ["a", "b", "a", None, "a", "b"],
    "🙂.é": ["naïve", "e\u0301", "é", "🙂", "𝔘", "👩‍🚀"],
    "Case": [1, 2, 3, 4, 5, 6],
    "case": [6.5, 5.5, 4.5, 3.5, 2.5, 1.5],
}
ODD = pl.concat([pl.DataFrame(ODDITIES)] * 20)


def test_every_engine_counts_the_same_oddities(other_engine: Engine) -> None:
    """Of constants, extremes, nested and binary data, to the last count."""
    here = engine_named("local")
    plan = planned(here, ODD)
    found, expected = profiled(other_engine, ODD, plan), profiled(here, ODD, plan)
    for name, column in expected.columns.items():
        counts = replace(found.columns[name], total=0.0, squares=0.0, dtype="")
        assert counts == replace(column, total=0.0, squares=0.0, dtype=""), name
    assert found.digest == expected.digest
    assert_equal_sums(found, expected)


def test_every_engine_proposes_the_same_plan(other_engine: Engine) -> None:
    """Edges, units, kinds and categories; a type that an engine lacks is a wider one."""
    here, there = planned(engine_named("local"), ODD), planned(other_engine, ODD)
    for name, column in here.columns.items():
        assert replace(there.columns[name], dtype="") == replace(column, dtype=""), name


def test_every_engine_leads_to_the_same_findings(other_engine: Engine) -> None:
    """The same subjects, statistics, outcomes and messages; values to 1e-9."""
    rng = np.random.default_rng(5)
    old = pl.DataFrame(
        {"x": rng.normal(size=600), "city": ["Oslo", "Bern", "Rome"] * 200}
    )
    new = old[:200].with_columns(pl.col("x") + 0.7, city=pl.lit("Oslo"), n=pl.lit(1))
    here = engine_named("local")
    plan = planned(here, old)
    pairs = [
        (profiled(e, old, plan), profiled(e, new, plan)) for e in (here, other_engine)
    ]
    expected, found = (compare(*pair, plan) for pair in pairs)
    told = [(f.subject, f.statistic, f.outcome, f.severity, f.message) for f in found]
    assert told == [
        (f.subject, f.statistic, f.outcome, f.severity, f.message) for f in expected
    ]
    assert any(f.matters for f in found)
    values = [f.value for f in expected if f.value is not None]
    assert [f.value for f in found if f.value is not None] == pytest.approx(
        values, rel=1e-9
    )


def test_rows_of_one_polars_frame_are_counted_by_any_engine(engine: Engine) -> None:
    """A slice of the file or SQL source needs no cluster."""
    here = engine_named("local")
    rows = slice_of(here, REFERENCE)
    plan = here.propose_plan(rows, REFERENCE.columns)
    assert engine.propose_plan(rows, REFERENCE.columns) == plan
    assert engine.profile(rows, plan).digest == here.profile(rows, plan).digest
