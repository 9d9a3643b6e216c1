"""Planted faults have the size that was asked for, and touch nothing else."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from driftline.core.drill.links import Drilled, Link, State, marked, outcome_of
from driftline.core.drill.planting import FAULTS, NEW_VALUE, column_for, fault_of, plant
from driftline.core.drill.words import could_not_drill, drill_failed
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.roles import Roles, Task
from driftline.errors import SettingsError

ROLES = Roles(Task.BINARY, "at", "p", label="y")
REGRESSION = Roles(Task.REGRESSION, "at", "p", label="y")
COLUMNS = {
    "nulls": "number",
    "unseen": "word",
    "unit": "number",
    "shift": "number",
    "harm": "y",
}


def rows(count: int = 100) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "number": rng.integers(0, 50, count),
            "word": rng.choice(["a", "b", "c"], count),
            "kind": pl.Series(rng.choice(["x", "z"], count), dtype=pl.Categorical),
            "y": rng.integers(0, 2, count),
        }
    )


def planted(name: str, table: pl.DataFrame, column: str = "", roles=ROLES, **how):
    fault = fault_of(name, column or COLUMNS[name], how.get("size"))
    return plant(table, fault, roles, np.random.default_rng(1))


@given(st.sampled_from(sorted(FAULTS)), st.integers(0, 40))
def test_only_the_column_changes_and_the_rows_stay(name, count):
    """As many rows in their order; every other column as it was; the given table too."""
    table = rows(count)
    before = table.clone()
    changed = planted(name, table)
    assert_frame_equal(table, before)
    others = [c for c in table.columns if c != COLUMNS[name]]
    assert_frame_equal(changed.select(others), table.select(others))
    assert changed.columns == table.columns


@given(st.floats(0.01, 1.0), st.sampled_from(["nulls", "unseen", "harm"]))
def test_a_share_is_that_share(size, name):
    """So many of a hundred rows are changed, and no other one."""
    table = rows()
    column = COLUMNS[name]
    changed = planted(name, table, size=size)
    differs = (table[column].ne_missing(changed[column])).sum()
    assert differs == max(round(100 * size), 1)


def test_each_fault_makes_values_of_its_kind():
    """Nulls, a word that was never there, a factor, the other class."""
    table = rows()
    assert planted("nulls", table)["number"].null_count() == 30
    assert (planted("unseen", table)["word"] == NEW_VALUE).sum() == 10
    assert (planted("unseen", table, "kind")["kind"] == NEW_VALUE).sum() == 10
    assert planted("unseen", table, "number")["number"].max() == 50
    assert (planted("unit", table)["number"] == 1000 * table["number"]).all()
    turned = planted("harm", table, size=1.0)["y"]
    assert (turned == 1 - table["y"]).all()


def test_a_shift_lands_on_values_that_the_column_takes():
    """No value is new; the mean moves about as far as was asked for."""
    table = rows(1000)
    changed = planted("shift", table)["number"]
    assert set(changed) <= set(table["number"])
    moved = changed.mean() - table["number"].mean()
    assert 0.5 < moved / table["number"].std() < 1.05
    constant = pl.DataFrame({"number": [3, 3, None]})
    assert_frame_equal(planted("shift", constant), constant)


def test_values_of_a_regression_are_mirrored():
    """What was high is low: the mean stays where it can, the order turns."""
    table = pl.DataFrame({"y": [0.0, 1.0, 2.0, 3.0, 10.0]})
    turned = planted("harm", table, roles=REGRESSION, size=1.0)["y"]
    assert turned.to_list() == [4.0, 3.0, 2.0, 1.0, -6.0]


def test_a_table_without_the_column_stays():
    """A slice that lacks the column, or has no rows, is judged as it is."""
    table = pl.DataFrame({"other": [1]})
    assert planted("nulls", table) is table


def test_no_feature_for_the_fault_is_said():
    """A monitor without categories cannot have a new one."""
    with pytest.raises(SettingsError, match="no feature here"):
        column_for("unseen", Plan({}), Profile(0, {}, ""), [])


def test_what_people_are_told_names_the_broken_links():
    """A failed drill, and one that could not be held, say so in their words."""
    fault = fault_of("nulls", "price", None)
    links = (Link("found", State.FAILED, "nothing"), Link("message", State.PROVED, "x"))
    drilled = Drilled(fault, ("2026-03-07",), links)
    assert outcome_of([drilled]) == "30% of price missing: failed in found"
    held = replace(drilled, links=(Link("retraining", State.HELD, "cool-down"),))
    assert held.outcome == "proved, but for retraining (held back)"
    message = drill_failed("orders", "2026-03-07", [drilled])
    assert message.facts == (("30% of price missing: found", "nothing"),)
    shown = marked(message, fault)
    assert shown.title.startswith("DRILL: ")
    assert shown.key != message.key
    assert "no label" in could_not_drill("orders", "2026-03-07", "no label").summary
