"""Every engine counts the values of a column in the same way."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from polars.io.plugins import register_io_source

from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import merged
from driftline.ports import Engine
from tests.contract.engines import REFERENCE, planned, profiled, slice_of


def test_bins_count_as_numpy_counts(engine: Engine) -> None:
    """Bin i holds `edges[i-1] < x <= edges[i]`, with open ends."""
    values = np.random.default_rng(3).lognormal(size=5000)
    table = pl.DataFrame({"x": values})
    plan = planned(engine, table)
    cuts = plan.columns["x"].edges
    expected = np.bincount(
        np.searchsorted(cuts, values, side="left"), minlength=len(cuts) + 1
    )
    column = profiled(engine, table, plan).columns["x"]
    assert column.bins == tuple(expected)
    z = (values - plan.columns["x"].centre) / plan.columns["x"].scale
    assert column.total == pytest.approx(z.sum())
    assert column.squares == pytest.approx((z**2).sum())
    assert len(cuts) == 22


def test_values_off_the_grid_are_counted(engine: Engine) -> None:
    """With more decimals, or between a few whole values; missing ones are neither."""
    table = pl.DataFrame(
        {
            "price": [0.25, 12.5, 3.0, 99.99] * 50,
            "month": [1, 2, 3, 4] * 50,
            "wind": [0, 10, 20, 40] * 50,
            "third": [1 / 3, 2 / 3, 1.0, 4 / 3] * 50,
            "ratio": [math.sqrt(x) for x in range(200)],
        }
    )
    plan = planned(engine, table)
    grids = {name: (c.decimals, len(c.grid)) for name, c in plan.columns.items()}
    assert grids == {
        "price": (2, 0),
        "month": (0, 4),
        "wind": (0, 4),
        "third": (None, 4),
        "ratio": (None, 0),
    }
    new = pl.DataFrame(
        {
            "price": [0.25, 0.1 + 0.15, 0.26, 0.251, 100.5, 100.555, None, math.nan],
            "month": [1, 5, 99, -3, 2, 3, 4, None],
            "wind": [0, 10, 15, 20, 30, 40, 55, -1],
            "third": [1 / 3, 0.5, 5.0, math.inf, -math.inf, math.nan, None, 1e308],
            "ratio": [0.1] * 8,
        }
    )
    columns = profiled(engine, new, plan).columns
    off = {name: column.off_grid for name, column in columns.items()}
    assert off == {"price": 2, "month": 0, "wind": 2, "third": 3, "ratio": 0}
    wide = new.with_columns(pl.col("month", "wind").cast(pl.Float64) + 0.5)
    columns = profiled(engine, wide, plan).columns
    assert (columns["month"].off_grid, columns["wind"].off_grid) == (7, 8)


def test_nan_null_and_infinity_are_counted_apart(engine: Engine) -> None:
    """None of them reaches the bins, the moments or the range."""
    plan = planned(engine, REFERENCE.select("amount"))
    odd = pl.DataFrame(
        {"amount": [1.0, None, math.nan, math.inf, -math.inf, 3.0, math.nan]}
    )
    column = profiled(engine, odd, plan).columns["amount"]
    counts = (column.rows, column.nulls, column.nans, column.infinities, column.finite)
    assert counts == (7, 1, 2, 2, 2)
    assert sum(column.bins) == 2
    assert (column.minimum, column.maximum) == (1.0, 3.0)
    clean = profiled(engine, pl.DataFrame({"amount": [1.0, 3.0]}), plan)
    assert column.total == pytest.approx(clean.columns["amount"].total)


def test_unseen_values_are_counted_and_shown(engine: Engine) -> None:
    """Values that the reference lacks are unseen, with the first few as examples."""
    plan = planned(engine, REFERENCE.select("city"))
    table = pl.DataFrame({"city": ["Oslo", "Rome", "Rome", None, "Athens"]})
    column = profiled(engine, table, plan).columns["city"]
    assert (column.counts, column.unseen, column.nulls) == ({"Oslo": 1}, 3, 1)
    assert column.unseen_examples == ("Athens", "Rome")


def test_an_empty_slice_and_an_empty_reference_have_profiles(engine: Engine) -> None:
    """No rows is a profile of zeros, never an exception."""
    plan = planned(engine, REFERENCE.clear())
    assert profiled(engine, REFERENCE, plan).rows == 200
    profile = profiled(engine, REFERENCE.clear(), planned(engine, REFERENCE))
    assert profile.rows == 0
    assert profile.columns["amount"].minimum is None
    assert profile.columns["city"].counts == {}


def test_times_are_seconds_since_the_epoch(engine: Engine) -> None:
    """Dates, naive and aware time stamps are numbers in one unit."""
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    table = pl.DataFrame(
        {
            "date": [moment.date()],
            "naive": [moment.replace(tzinfo=None)],
            "aware": [moment],
            "lasts": [timedelta(seconds=90)],
        }
    )
    columns = profiled(engine, table, planned(engine, table)).columns
    seconds = moment.timestamp()
    least = [columns[name].minimum for name in ("date", "naive", "aware", "lasts")]
    assert least == [seconds, seconds, seconds, 90.0]


@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200, 1e-308])
def test_moments_of_numbers_whose_squares_overflow(
    engine: Engine, scale: float
) -> None:
    """They are cut at 1e100 scales, one by one, so that every split adds up alike."""
    plan = Plan({"x": ColumnPlan(Kind.NUMERIC, "Float64", (0.0,), 0.0, scale)})
    values = [1e308, -1e308, 3e307, 1.0, -2.0, 1e-200, 1e200]
    cut = [min(max(value / scale, -1e100), 1e100) for value in values]
    parts = [profiled(engine, pl.DataFrame({"x": [v]}), plan) for v in values]
    for found in (merged(parts), profiled(engine, pl.DataFrame({"x": values}), plan)):
        column = found.columns["x"]
        assert column.squares == pytest.approx(sum(z * z for z in cut), rel=1e-9)
        assert column.total == pytest.approx(sum(cut), abs=1e-9 * max(map(abs, cut)))


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_text_files_and_databases_are_read_once(engine, tmp_path, rows) -> None:
    """A source that gives whole rows is asked once, and the counts are the same."""
    asked = []

    def give(columns, predicate, n_rows, batch_size):
        asked.append(columns)
        yield from REFERENCE[:rows].select(columns).iter_slices(2)

    table = REFERENCE.select("amount", "city", "flag", "id")
    plan = planned(engine, table)
    lazy = register_io_source(give, schema=REFERENCE.schema, is_pure=True)
    found = engine.profile(replace(slice_of(engine, REFERENCE), data=lazy), plan)
    assert [sorted(columns) for columns in asked] == [["amount", "city", "flag", "id"]]
    expected = profiled(engine, REFERENCE[:rows], plan)
    assert found.digest == expected.digest
    table.write_csv(tmp_path / "a.csv")
    text = replace(slice_of(engine, table), data=pl.scan_csv(tmp_path / "a.csv"))
    assert engine.propose_plan(text, ["amount"]).columns["amount"].edges
    assert engine.profile(text, plan).columns["city"].rows == REFERENCE.height
