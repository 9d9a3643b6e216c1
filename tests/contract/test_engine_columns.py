"""Columns that are missing, new, oddly named or of another type, in every engine."""

import polars as pl
import pytest

from driftline.ports import Engine
from tests.contract.engines import REFERENCE, planned, profiled, slice_of

ODD_NAMES = ['q"uote', "🙂", "", "*", "^a.*$", "a;--", "len"]


def test_absent_and_extra_columns_are_named(engine: Engine) -> None:
    """A missing column is marked, a new one listed, and the others still counted."""
    plan = planned(engine, REFERENCE.select("amount", "city"))
    table = pl.DataFrame({"amount": [1.0], "z": [1], "b": [2]})
    profile = profiled(engine, table, plan)
    assert not profile.columns["city"].present
    assert profile.columns["amount"].rows == 1
    assert profile.extra_columns == ("b", "z")


def test_no_column_of_the_plan_is_there(engine: Engine) -> None:
    """Even then the rows are counted."""
    plan = planned(engine, REFERENCE.select("amount"))
    profile = profiled(engine, pl.DataFrame({"other": [1, 2]}), plan)
    assert profile.rows == profile.columns["amount"].rows == 2


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("amount", ["1.5", "x", None]),
        ("city", [1, 2, None]),
        ("flag", [0, 1, None]),
        ("amount", [[1.0], [2.0], None]),
        ("city", [b"a", b"b", None]),
    ],
)
def test_a_changed_type_is_never_coerced(engine: Engine, column, values) -> None:
    """Every value of another type is unseen, nothing is binned, `dtype` says what came."""
    plan = planned(engine, REFERENCE.select("amount", "city", "flag"))
    table = REFERENCE.select("amount", "city", "flag")[:3].with_columns(
        pl.Series(column, values)
    )
    found = profiled(engine, table, plan).columns[column]
    assert (found.unseen, found.nulls, sum(found.bins)) == (2, 1, 0)
    assert found.dtype != plan.columns[column].dtype
    assert not found.counts


@pytest.mark.parametrize("dtype", [pl.Null, pl.String])
def test_a_column_of_nulls_is_not_a_changed_type(engine: Engine, dtype) -> None:
    """Without a value there is no other type, whatever a file format calls it."""
    plan = planned(engine, REFERENCE.select("amount"))
    table = pl.DataFrame({"amount": pl.Series([None, None], dtype=dtype)})
    found = profiled(engine, table, plan).columns["amount"]
    assert (found.nulls, found.unseen, found.dtype) == (2, 0, "Null")


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Float32, pl.Decimal(12, 2)])
def test_a_wider_or_narrower_number_is_the_same_family(engine: Engine, dtype) -> None:
    """Only the width changed: the bins are those of the same values."""
    plan = planned(engine, REFERENCE.select("amount"))
    table = pl.DataFrame({"amount": pl.Series([1, 2, 100], dtype=dtype)})
    expected = profiled(engine, table.cast(pl.Float64), plan).columns["amount"]
    assert profiled(engine, table, plan).columns["amount"].bins == expected.bins


def test_odd_column_names_are_plain_names(engine: Engine) -> None:
    """Quotes, stars and patterns in names select nothing but their own column."""
    table = pl.DataFrame({name: [i, i, i + 1] for i, name in enumerate(ODD_NAMES)})
    profile = profiled(engine, table, planned(engine, table))
    for i, name in enumerate(ODD_NAMES):
        assert (profile.columns[name].minimum, profile.columns[name].maximum) == (
            i,
            i + 1,
        )
    assert engine.table(slice_of(engine, table), ["^a.*$"]).columns == ["^a.*$"]
