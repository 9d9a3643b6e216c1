"""Every engine gives, samples, joins and compares rows in the same way."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest

from driftline.core.window import day_window
from driftline.errors import SchemaMismatch, SliceCorrupt, SliceUnavailable
from driftline.ports import Engine
from tests.contract.engines import REFERENCE, engine_named, slice_of


def test_a_sample_is_bounded_and_the_same_each_time(engine: Engine) -> None:
    """With a limit, so many different rows come, in their order, reproducibly."""
    rows = slice_of(engine, REFERENCE)
    sample = engine.table(rows, ["amount"], limit=50)
    assert sample.equals(engine.table(rows, ["amount"], limit=50))
    assert sample["amount"].n_unique() == 50
    assert sample["amount"].is_sorted()
    assert engine.table(rows, ["amount"], limit=500).height == 200


def test_days_of_as_many_rows_give_different_ones(engine: Engine) -> None:
    """A sample of many days holds every hour of a day, not the same few of each."""
    table = pl.DataFrame({"minute": range(200)})
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    one, other = (
        engine.table(engine.from_table(table, day_window(day), "memory"), limit=50)
        for day in days
    )
    assert one.height == other.height == 50
    assert not one.equals(other)


def test_the_manifest_of_a_table_is_its_content(engine: Engine) -> None:
    """Equal tables have equal manifests, and one changed cell another one."""
    same = slice_of(engine, REFERENCE.select("amount")).manifest
    assert same == slice_of(engine, REFERENCE.select("amount").clone()).manifest
    changed = REFERENCE.select(pl.col("amount") + 1)
    assert slice_of(engine, changed).manifest != same


@pytest.mark.parametrize(
    ("columns", "share"),
    [(["id"], 0.2), (["id", "city"], 0.1), (None, 0.1), (["when", "level"], 0.3)],
)
def test_rows_that_repeat_another_are_counted(engine: Engine, columns, share) -> None:
    """Of n equal rows n - 1 repeat, nulls are equal, and a row of nulls repeats nothing."""
    moments = [datetime(2026, 1, 5, 7)] * 4 + [None] * 6
    table = pl.DataFrame(
        {
            "id": [1, 2, 1, 2, 3, 4, None, 5, 6, None],
            "city": ["a", "b", "a", "c", None, "d", "e", "f", "g", "h"],
            "when": moments,
            "level": pl.Series(["x"] * 4 + [None] * 6, dtype=pl.Categorical),
        }
    )
    assert engine.repeated(slice_of(engine, table), columns) == pytest.approx(share)


def test_repeats_are_found_across_partitions(engine: Engine) -> None:
    """A load that came twice is half repeats, wherever its rows lie; none is none."""
    table = pl.DataFrame({"x": range(500), "c": [f"é-{k % 9}" for k in range(500)]})
    twice = pl.concat([table, table])
    assert engine.repeated(slice_of(engine, twice)) == 0.5
    assert engine.repeated(slice_of(engine, table), ["x"]) == 0.0
    assert engine.repeated(slice_of(engine, table), ["c"]) == 1 - 9 / 500
    assert engine.repeated(slice_of(engine, table.clear())) == 0.0
    with pytest.raises(SchemaMismatch, match="'y'"):
        engine.repeated(slice_of(engine, table), ["y"])


def test_labels_join_without_multiplying_rows(engine: Engine) -> None:
    """The last label of a key counts, and keys without one are null."""
    rows = pl.DataFrame({"id": [3, 1, 2, 1], "x": [0, 1, 2, 3]})
    labels = pl.DataFrame({"id": [1, 1, 3, 9, 3], "y": [0, 1, 5, 7, None]})
    joined = engine.join_labels(
        slice_of(engine, rows), slice_of(engine, labels), ["id"], "y"
    )
    table = engine.table(joined).sort("x")
    assert table["y"].to_list() == [5, 1, None, 1]
    assert table["x"].to_list() == [0, 1, 2, 3]
    assert joined.schema["y"] == "Int64"
    fewer = slice_of(engine, labels[:1])
    again = engine.join_labels(slice_of(engine, rows), fewer, ["id"], "y")
    assert again.manifest != joined.manifest


def test_a_label_column_in_the_slice_gives_way(engine: Engine) -> None:
    """A stale column of the label's name is replaced by the labels that arrived."""
    rows = pl.DataFrame({"id": [1], "y": [0]})
    labels = pl.DataFrame({"id": [1], "y": [1]})
    joined = engine.join_labels(
        slice_of(engine, rows), slice_of(engine, labels), ["id"], "y"
    )
    assert engine.table(joined)["y"].to_list() == [1]


def test_keys_of_different_types_are_refused(engine: Engine) -> None:
    """Text keys never match numbers silently."""
    rows, labels = pl.DataFrame({"id": [1]}), pl.DataFrame({"id": ["1"], "y": [1]})
    with pytest.raises(SchemaMismatch, match=r"key column .id. is Int64 .* String"):
        engine.join_labels(
            slice_of(engine, rows), slice_of(engine, labels), ["id"], "y"
        )


def test_labels_of_a_polars_frame_join_rows_of_any_engine(engine: Engine) -> None:
    """The label source may be files or a database while the rows are elsewhere."""
    rows = slice_of(engine, pl.DataFrame({"id": [1, 2, None], "x": [0, 1, 2]}))
    labels = slice_of(
        engine_named("local"), pl.DataFrame({"id": [2, None], "y": [7, 8]})
    )
    joined = engine.join_labels(rows, labels, ["id"], "y")
    assert engine.table(joined, ["x", "y"]).sort("x")["y"].to_list() == [None, 7, None]


def test_rows_that_cannot_be_decoded_are_corrupt_and_not_quoted(engine) -> None:
    """Decoding errors name the origin, and none of the people's values."""
    table = pl.DataFrame({"amount": ["secret-value"]})
    broken = table.lazy().with_columns(pl.col("amount").cast(pl.Float64))
    rows = replace(slice_of(engine, table), data=broken)
    with pytest.raises(SliceCorrupt, match="memory: the rows could not") as caught:
        engine.table(rows)
    assert "secret-value" not in str(caught.value)


def test_a_file_that_went_away_is_unavailable(engine, tmp_path) -> None:
    """Between reading and running, files may go: that is worth another try."""
    REFERENCE.select("amount").write_parquet(tmp_path / "a.parquet")
    data = pl.scan_parquet(tmp_path / "a.parquet")
    data.collect_schema()
    rows = replace(slice_of(engine, REFERENCE), data=data, origin="a.parquet")
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(SliceUnavailable, match=r"a\.parquet: a file") as caught:
        engine.table(rows)
    assert caught.value.retryable
