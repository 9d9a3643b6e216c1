"""Every engine plans columns in the same way: kinds, edges and categories."""

import numpy as np
import polars as pl
import pytest

from driftline.core.profiles.plan import Kind
from driftline.errors import SchemaMismatch
from driftline.ports import Engine
from tests.contract.engines import (
    REFERENCE,
    engine_named,
    planned,
    profiled,
    slice_of,
)


def test_kinds_follow_types(engine: Engine) -> None:
    """Numbers and times are numeric, text and booleans categories, nested data opaque."""
    kinds = {name: c.kind for name, c in planned(engine, REFERENCE).columns.items()}
    assert kinds == {
        "amount": Kind.NUMERIC,
        "count": Kind.NUMERIC,
        "flag": Kind.CATEGORICAL,
        "city": Kind.CATEGORICAL,
        "when": Kind.NUMERIC,
        "id": Kind.IDENTIFIER,
        "many": Kind.OPAQUE,
        "price": Kind.NUMERIC,
        "level": Kind.CATEGORICAL,
    }


def test_categories_are_listed_most_frequent_first(engine: Engine) -> None:
    """The list is by frequency, ties by value, and holds the empty string."""
    columns = planned(engine, REFERENCE).columns
    assert columns["city"].categories == ("Oslo", "", "Bern")
    assert columns["flag"].categories == ("true", "false")


def test_categories_come_from_all_rows_beyond_the_sample(engine: Engine) -> None:
    """A value that a sample is likely to miss is listed all the same, or none is rare."""
    name = type(engine).__module__.rpartition(".")[2]
    bounded = engine_named(name, sample_rows=1000)
    table = pl.DataFrame({"c": ["a"] * 1500 + ["b"] * 1499 + ["rare"]})
    assert planned(bounded, table).columns["c"].categories == ("a", "b", "rare")


def test_rare_values_beyond_the_limit_are_unseen() -> None:
    """A plan remembers at most `max_categories` values of a column."""
    engine = engine_named("local", max_categories=2)
    plan = planned(engine, pl.DataFrame({"c": ["a", "a", "b", "b", "c"] * 9}))
    assert plan.columns["c"].categories == ("a", "b")


def test_edges_ascend_and_common_values_have_a_bin_of_their_own(engine: Engine) -> None:
    """A value that makes up half of a column shares its bin with nothing."""
    values = [0.0] * 500 + [float(x) / 7 for x in range(1, 501)]
    table = pl.DataFrame({"x": values})
    plan = planned(engine, table)
    cuts = plan.columns["x"].edges
    assert list(cuts) == sorted(set(cuts))
    assert profiled(engine, table, plan).columns["x"].bins[:2] == (0, 500)


def test_the_outermost_edges_hold_a_thousandth(engine: Engine) -> None:
    """With rows enough, a tenth of them moved far out fills a bin that was all but empty."""
    values = np.random.default_rng(4).normal(size=20_000)
    table = pl.DataFrame({"x": values})
    plan = planned(engine, table)
    bins = profiled(engine, table, plan).columns["x"].bins
    assert len(plan.columns["x"].edges) == 24
    assert (bins[0], bins[1], bins[-2], bins[-1]) == (20, 80, 80, 20)


def test_a_plan_for_a_column_that_is_not_there_offers_the_nearest(engine) -> None:
    """The message names the column and a near miss."""
    with pytest.raises(SchemaMismatch, match="'amont'; did you mean 'amount'"):
        engine.propose_plan(slice_of(engine, REFERENCE), ["amont"])
