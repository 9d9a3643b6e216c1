"""The local engine on slices that are wide."""

from datetime import date

import polars as pl

from driftline import wiring
from driftline.adapters.engines._polars import COLUMNS_AT_A_TIME
from driftline.core.window import day_window

WIDTH = 2 * COLUMNS_AT_A_TIME + 1


def test_a_wide_slice_has_the_counts_of_its_columns() -> None:
    """Columns are counted some at a time, and none is lost or counted otherwise."""
    engine = wiring.local_engine()
    table = pl.DataFrame({f"n{i}": [i, i + 1, None, 3 * i] for i in range(WIDTH)})
    window = day_window(date(2026, 3, 1))
    rows = engine.from_table(table, window, "memory")
    plan = engine.propose_plan(rows, table.columns)
    profile = engine.profile(rows, plan)

    assert (profile.rows, profile.plan) == (4, plan.digest)
    assert list(profile.columns) == table.columns
    for name in (table.columns[0], table.columns[COLUMNS_AT_A_TIME], table.columns[-1]):
        alone = engine.from_table(table.select(name), window, "memory")
        few = engine.profile(alone, engine.propose_plan(alone, [name]))
        assert profile.columns[name] == few.columns[name]
