"""Every engine profiles segments as it would their rows alone."""

import math
from dataclasses import replace

import polars as pl
import pytest
from polars.io.plugins import register_io_source

from driftline.errors import SchemaMismatch
from driftline.ports import Engine
from tests.contract.engines import (
    REFERENCE,
    assert_equal_sums,
    engine_named,
    planned,
    profiled,
    slice_of,
)


def test_segments_add_up_to_the_whole(engine: Engine) -> None:
    """A segment is profiled as its rows alone are; the whole has rows of no segment too."""
    plan = planned(engine, REFERENCE)
    rows = slice_of(engine, REFERENCE)
    whole, segments = engine.profile_segments(rows, plan, "city", ["Oslo", "", "Rome"])
    assert whole.digest == engine.profile(rows, plan).digest
    assert_equal_sums(whole, engine.profile(rows, plan))
    assert list(segments) == ["Oslo", "", "Rome"]
    for value in ("Oslo", ""):
        alone = REFERENCE.filter(pl.col("city") == value)
        assert segments[value].digest == profiled(engine, alone, plan).digest
        assert_equal_sums(segments[value], profiled(engine, alone, plan))
    assert segments["Rome"].rows == 0


def test_segments_of_a_column_that_is_not_planned(engine: Engine) -> None:
    """Any column can split the rows, and values are compared as text."""
    plan = planned(engine, REFERENCE.select("amount"))
    rows = slice_of(engine, REFERENCE)
    _, segments = engine.profile_segments(rows, plan, "count", ["2"])
    assert segments["2"].rows == 100
    assert engine.profile_segments(rows, plan, "count", [])[1] == {}
    assert "city" in segments["2"].extra_columns
    with pytest.raises(SchemaMismatch, match="nowhere"):
        engine.profile_segments(rows, plan, "nowhere", ["2"])


def test_segments_of_odd_and_empty_rows(engine: Engine) -> None:
    """Missing columns, changed types, nulls as segments, NaN and no rows at all."""
    plan = planned(engine, REFERENCE.select("amount", "city", "flag", "many"))
    odd = pl.DataFrame(
        {
            "amount": [math.nan, math.inf, 1e308, None, 1.5, -1e308],
            "flag": [1, 2, None, 1, 2, 3],
            "many": [[1], None, [2], None, [3], [4]],
            "by": ["a", "b", None, "a", "a", "b"],
        }
    )
    for table in (odd, odd.clear(), odd.with_columns(pl.lit(None).alias("by"))):
        rows = slice_of(engine, table)
        whole, segments = engine.profile_segments(rows, plan, "by", ["a", "b"])
        assert whole.digest == engine.profile(rows, plan).digest
        alone = table.filter(pl.col("by") == "a")
        assert segments["a"].digest == profiled(engine, alone, plan).digest
        assert_equal_sums(segments["a"], profiled(engine, alone, plan))


def test_segments_of_text_files_are_read_once(tmp_path) -> None:
    """Whole rows are asked for once, and counted as from memory."""
    asked = []

    def give(columns, predicate, n_rows, batch_size):
        asked.append(columns)
        yield from REFERENCE.select(columns).iter_slices(30)

    engine = engine_named("local")
    plan = planned(engine, REFERENCE.select("amount", "flag", "id"))
    lazy = register_io_source(give, schema=REFERENCE.schema, is_pure=True)
    rows = replace(slice_of(engine, REFERENCE), data=lazy)
    whole, segments = engine.profile_segments(rows, plan, "city", ["Oslo"])
    assert len(asked) == 1
    assert segments["Oslo"].rows == 100
    assert whole.digest == profiled(engine, REFERENCE, plan).digest
