"""Every registered engine counts the same things in the same way."""

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.io.plugins import register_io_source

from driftline.core.comparison import compare
from driftline.core.plan import ColumnPlan, Kind, Plan
from driftline.core.profile import Profile, merged
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.errors import SchemaMismatch, SliceCorrupt, SliceUnavailable
from driftline.ports import Context, Engine
from tests.servers import spark
from tests.servers.spark import left_out

PACKAGE = "driftline.adapters.engines"
WINDOW = day_window(date(2026, 1, 5))
CONTEXT = Context("m", ".", "UTC", Roles(Task.BINARY, "t", "p"))
ODD_NAMES = ['q"uote', "🙂", "", "*", "^a.*$", "a;--", "len"]


NEEDS = {"spark": spark.missing(), "dask": left_out("dask", "dask")}
SMALL = {"dask": {"partition_rows": 37}, "spark": {"config": spark.SMALL}}
"""So that even small tables come in several parts."""
ENGINES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(bool(NEEDS.get(name)), reason=NEEDS.get(name, "")),
    )
    for name in names(PACKAGE)
]
IN_PROCESS = [engine for engine in ENGINES if engine.values != ("spark",)]
"""Engines quick enough to be asked hundreds of times."""


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with spark.spark() as session:
        yield session


def engine_named(name: str, **options: object) -> Engine:
    module = load(PACKAGE, name)
    return module.build(module.Settings(**SMALL.get(name, {}) | options), CONTEXT)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "spark":
        request.getfixturevalue("session")
    return engine_named(request.param)


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
ROWS = st.lists(
    st.tuples(
        st.one_of(
            st.none(),
            st.floats(),
            st.sampled_from([5e-324, 1e308, -1e308, math.nan, math.inf, 0.0, -0.0]),
        ),
        st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
        st.one_of(st.none(), st.booleans()),
        st.one_of(
            st.none(), st.sampled_from(["Oslo", "Bern", "", "Rome", "🙂", 'a"b'])
        ),
    ),
    max_size=60,
)


def table_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    columns = {
        "amount": pl.Float64,
        "count": pl.Int64,
        "flag": pl.Boolean,
        "city": pl.String,
    }
    return pl.DataFrame(rows, schema=columns, orient="row")


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


def test_edges_ascend_and_common_values_have_a_bin_of_their_own(engine: Engine) -> None:
    """A value that makes up half of a column shares its bin with nothing."""
    values = [0.0] * 500 + [float(x) / 7 for x in range(1, 501)]
    table = pl.DataFrame({"x": values})
    plan = planned(engine, table)
    cuts = plan.columns["x"].edges
    assert list(cuts) == sorted(set(cuts))
    assert profiled(engine, table, plan).columns["x"].bins[:2] == (0, 500)


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


def test_the_outermost_edges_hold_a_thousandth(engine: Engine) -> None:
    """With rows enough, a tenth of them moved far out fills a bin that was all but empty."""
    values = np.random.default_rng(4).normal(size=20_000)
    table = pl.DataFrame({"x": values})
    plan = planned(engine, table)
    bins = profiled(engine, table, plan).columns["x"].bins
    assert len(plan.columns["x"].edges) == 24
    assert (bins[0], bins[1], bins[-2], bins[-1]) == (20, 80, 80, 20)


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


@settings(deadline=None, max_examples=40)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=4), order=st.randoms())
@pytest.mark.parametrize("name", IN_PROCESS)
def test_any_split_adds_up_to_the_whole(name, rows, cuts, order) -> None:
    """Profiles of parts, in any order, add to the profile of all rows."""
    engine = engine_named(name)
    plan = planned(engine, REFERENCE.select("amount", "count", "flag", "city"))
    table = table_of(rows)
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [table[a:b] for a, b in itertools.pairwise(ends)] or [table]
    order.shuffle(parts)
    whole = profiled(engine, table, plan)
    summed = merged([profiled(engine, part, plan) for part in parts])
    assert summed.digest == whole.digest
    for name_, expected in whole.columns.items():
        column = summed.columns[name_]
        assert column.unseen_examples == expected.unseen_examples
    assert_equal_sums(summed, whole)


@settings(deadline=None, max_examples=30)
@given(rows=ROWS)
@pytest.mark.parametrize("name", IN_PROCESS)
def test_a_profile_survives_json(name, rows) -> None:
    """Writing a profile as JSON text and reading it gives an equal profile."""
    engine = engine_named(name)
    plan = planned(engine, REFERENCE.select("amount", "count", "flag", "city"))
    profile = profiled(engine, table_of(rows), plan)
    text = json.dumps(profile.to_json(), allow_nan=False)
    assert Profile.from_json(json.loads(text)) == profile
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_unseen_values_are_counted_and_shown(engine: Engine) -> None:
    """Values that the reference lacks are unseen, with the first few as examples."""
    plan = planned(engine, REFERENCE.select("city"))
    table = pl.DataFrame({"city": ["Oslo", "Rome", "Rome", None, "Athens"]})
    column = profiled(engine, table, plan).columns["city"]
    assert (column.counts, column.unseen, column.nulls) == ({"Oslo": 1}, 3, 1)
    assert column.unseen_examples == ("Athens", "Rome")


def test_rare_values_beyond_the_limit_are_unseen() -> None:
    """A plan remembers at most `max_categories` values of a column."""
    engine = engine_named("local", max_categories=2)
    plan = planned(engine, pl.DataFrame({"c": ["a", "a", "b", "b", "c"] * 9}))
    assert plan.columns["c"].categories == ("a", "b")


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


def test_an_empty_slice_and_an_empty_reference_have_profiles(engine: Engine) -> None:
    """No rows is a profile of zeros, never an exception."""
    plan = planned(engine, REFERENCE.clear())
    assert profiled(engine, REFERENCE, plan).rows == 200
    profile = profiled(engine, REFERENCE.clear(), planned(engine, REFERENCE))
    assert profile.rows == 0
    assert profile.columns["amount"].minimum is None
    assert profile.columns["city"].counts == {}


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


def test_a_plan_for_a_column_that_is_not_there_offers_the_nearest(engine) -> None:
    """The message names the column and a near miss."""
    with pytest.raises(SchemaMismatch, match="'amont'; did you mean 'amount'"):
        engine.propose_plan(slice_of(engine, REFERENCE), ["amont"])


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


def test_a_sample_is_bounded_and_the_same_each_time(engine: Engine) -> None:
    """With a limit, so many different rows come, in their order, reproducibly."""
    rows = slice_of(engine, REFERENCE)
    sample = engine.table(rows, ["amount"], limit=50)
    assert sample.equals(engine.table(rows, ["amount"], limit=50))
    assert sample["amount"].n_unique() == 50
    assert sample["amount"].is_sorted()
    assert engine.table(rows, ["amount"], limit=500).height == 200


def test_the_manifest_of_a_table_is_its_content(engine: Engine) -> None:
    """Equal tables have equal manifests, and one changed cell another one."""
    same = slice_of(engine, REFERENCE.select("amount")).manifest
    assert same == slice_of(engine, REFERENCE.select("amount").clone()).manifest
    changed = REFERENCE.select(pl.col("amount") + 1)
    assert slice_of(engine, changed).manifest != same


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


@pytest.fixture(params=[engine for engine in ENGINES if engine.values != ("local",)])
def other(request: pytest.FixtureRequest) -> Engine:
    """Every engine but the local one."""
    if request.param == "spark":
        request.getfixturevalue("session")
    return engine_named(request.param)


def assert_equal_sums(found: Profile, expected: Profile) -> None:
    """Sums are finite, and within 1e-9 of the size of what was added."""
    for name, column in expected.columns.items():
        assert math.isfinite(column.squares), name
        size = max(math.sqrt(column.finite * column.squares), 1e-150)
        other = found.columns[name]
        assert other.total == pytest.approx(column.total, abs=1e-9 * size), name
        assert other.squares == pytest.approx(column.squares, rel=1e-9), name


def test_every_engine_counts_the_same_oddities(other: Engine) -> None:
    """Of constants, extremes, nested and binary data, to the last count."""
    here = engine_named("local")
    plan = planned(here, ODD)
    found, expected = profiled(other, ODD, plan), profiled(here, ODD, plan)
    for name, column in expected.columns.items():
        counts = replace(found.columns[name], total=0.0, squares=0.0, dtype="")
        assert counts == replace(column, total=0.0, squares=0.0, dtype=""), name
    assert found.digest == expected.digest
    assert_equal_sums(found, expected)


def test_every_engine_proposes_the_same_plan(other: Engine) -> None:
    """Edges, units, kinds and categories; a type that an engine lacks is a wider one."""
    here, there = planned(engine_named("local"), ODD), planned(other, ODD)
    for name, column in here.columns.items():
        assert replace(there.columns[name], dtype="") == replace(column, dtype=""), name


def test_every_engine_leads_to_the_same_findings(other: Engine) -> None:
    """The same subjects, statistics, outcomes and messages; values to 1e-9."""
    rng = np.random.default_rng(5)
    old = pl.DataFrame(
        {"x": rng.normal(size=600), "city": ["Oslo", "Bern", "Rome"] * 200}
    )
    new = old[:200].with_columns(pl.col("x") + 0.7, city=pl.lit("Oslo"), n=pl.lit(1))
    here = engine_named("local")
    plan = planned(here, old)
    pairs = [(profiled(e, old, plan), profiled(e, new, plan)) for e in (here, other)]
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


def test_categories_come_from_all_rows_beyond_the_sample(engine: Engine) -> None:
    """A value that a sample is likely to miss is listed all the same, or none is rare."""
    bounded = engine_named(engine_name(engine), sample_rows=1000)
    table = pl.DataFrame({"c": ["a"] * 1500 + ["b"] * 1499 + ["rare"]})
    assert planned(bounded, table).columns["c"].categories == ("a", "b", "rare")


def engine_name(engine: Engine) -> str:
    return type(engine).__module__.rpartition(".")[2]


def test_rows_of_one_polars_frame_are_counted_by_any_engine(engine: Engine) -> None:
    """A slice of the file or SQL source needs no cluster."""
    here = engine_named("local")
    rows = slice_of(here, REFERENCE)
    plan = here.propose_plan(rows, REFERENCE.columns)
    assert engine.propose_plan(rows, REFERENCE.columns) == plan
    assert engine.profile(rows, plan).digest == here.profile(rows, plan).digest


def test_labels_of_a_polars_frame_join_rows_of_any_engine(engine: Engine) -> None:
    """The label source may be files or a database while the rows are elsewhere."""
    rows = slice_of(engine, pl.DataFrame({"id": [1, 2, None], "x": [0, 1, 2]}))
    labels = slice_of(
        engine_named("local"), pl.DataFrame({"id": [2, None], "y": [7, 8]})
    )
    joined = engine.join_labels(rows, labels, ["id"], "y")
    assert engine.table(joined, ["x", "y"]).sort("x")["y"].to_list() == [None, 7, None]


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
