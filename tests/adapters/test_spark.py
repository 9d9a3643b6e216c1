"""Spark beyond the contracts: files, tables, faults and a day judged end to end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from driftline.adapters.engines import local
from driftline.adapters.engines import spark as engines
from driftline.adapters.sources import spark as sources
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.errors import (
    SchemaMismatch,
    SliceCorrupt,
    SliceMissing,
    SliceTooLarge,
    SliceUnavailable,
)
from driftline.ports import Context
from tests.app.world import World, days_of, rows_of
from tests.servers import spark as server

pytestmark = [
    pytest.mark.real("java"),
    # An extra and Java: the reason says which is missing, and CI installs both.
    pytest.mark.skipif(bool(server.missing()), reason=server.missing()),
]

DAY = date(2026, 1, 5)
WINDOW = day_window(DAY)
ROWS = pl.DataFrame(
    {
        "at": [
            datetime(2026, 1, 4, 23, tzinfo=UTC) + timedelta(minutes=i)
            for i in range(200)
        ],
        "n": range(200),
        "odd `name`": ["a", "b"] * 100,
    }
)


@pytest.fixture(scope="module")
def session(spark_session: Any) -> Any:
    return spark_session


@pytest.fixture(scope="module")
def engine(session: Any) -> engines.SparkEngine:
    return engines.SparkEngine(engines.Settings(config=server.SMALL))


def source(folder: Path, **options: Any) -> sources.SparkSource:
    settings = sources.Settings(config=server.SMALL, **options)
    context = Context("m", str(folder), "UTC", Roles(Task.BINARY, "at", "p"))
    return sources.SparkSource(settings, context)


@pytest.mark.parametrize(
    ("what", "most"), [("columns", 2), ("rows", 139), ("bytes", 9)]
)
def test_a_window_of_files_too_large_is_refused(session, tmp_path, what, most) -> None:
    """Before an engine looks at it, with the setting that would let it pass."""
    ROWS.write_parquet(tmp_path / "rows.parquet")
    found = (
        rf"rows.parquet has \S+ {what}, more than the {most} .*limits: {{{what}: …}}"
    )
    with pytest.raises(SliceTooLarge, match=found):
        source(tmp_path, path="rows.parquet", limits={what: most}).read(WINDOW)
    assert source(tmp_path, path="rows.parquet").read(WINDOW)


def test_a_window_of_a_table_too_large_is_refused(session, tmp_path) -> None:
    """A table's rows are counted with its manifest."""
    session.createDataFrame(ROWS.to_pandas()).createOrReplaceTempView("many")
    with pytest.raises(SliceTooLarge, match=r"many has \d+ rows, more than the 9 "):
        source(tmp_path, table="many", limits={"rows": 9}).read(WINDOW)


def test_a_slice_of_files_is_profiled_where_it_lies(
    session, engine, tmp_path: Path
) -> None:
    """The window's rows alone are counted, and as the local engine counts them."""
    ROWS.write_parquet(tmp_path / "a.parquet")
    rows = source(tmp_path, path="a.parquet").read(WINDOW)
    expected = ROWS.filter(pl.col("at") >= WINDOW.start)
    here = local.LocalEngine(local.Settings())
    held = here.from_table(expected, WINDOW, "memory")
    plan = here.propose_plan(held, ROWS.columns)
    assert engine.profile(rows, plan).digest == here.profile(held, plan).digest
    assert engine.propose_plan(rows, ROWS.columns) == plan


def test_a_table_is_read_like_a_file(session, engine, tmp_path: Path) -> None:
    """A view of the catalogue; a changed cell is another manifest."""
    frame = engine.from_table(ROWS, WINDOW, "memory").data
    frame.createOrReplaceTempView("flights")
    rows = source(tmp_path, table="flights")
    first = rows.read(WINDOW)
    assert engine.table(first).height == 140
    assert rows.read(WINDOW).manifest == first.manifest
    engine.from_table(
        ROWS.with_columns(pl.col("n") + 1), WINDOW, "memory"
    ).data.createOrReplaceTempView("flights")
    assert rows.read(WINDOW).manifest != first.manifest


def test_another_days_file_leaves_the_manifest_as_it_is(session, tmp_path) -> None:
    """Only files that hold rows of the window count."""
    (tmp_path / "days").mkdir()
    ROWS.write_parquet(tmp_path / "days" / "a.parquet")
    rows = source(tmp_path, path="days")
    first = rows.read(WINDOW).manifest
    later = ROWS.with_columns(pl.col("at") + timedelta(days=9))
    later.write_parquet(tmp_path / "days" / "b.parquet")
    assert rows.read(WINDOW).manifest == first


def test_a_path_without_files_is_unavailable(session, tmp_path) -> None:
    """The message names the path, and that trying again will not help."""
    with pytest.raises(SliceUnavailable, match=r"none\.parquet: there is") as caught:
        source(tmp_path, path="none.parquet").read(WINDOW)
    assert not caught.value.retryable


@pytest.mark.parametrize("path", ["rows", "rows/*.parquet", "rows*"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_folder_that_may_fill_yet_is_missed(session, tmp_path, path, kind) -> None:
    """Nothing has arrived, as on a day of rest it may; what others mark is no arrival."""
    if path != "rows*":
        (tmp_path / "rows").mkdir()
        (tmp_path / "rows" / "_SUCCESS").touch()
    with pytest.raises(SliceMissing, match="no data file is there") as caught:
        source(tmp_path, path=path, format=kind).read(WINDOW)
    assert not caught.value.retryable


@pytest.mark.parametrize("path", ["none", "none/*.parquet"])
def test_a_folder_that_is_not_there_is_more_than_missed(
    session, tmp_path, path
) -> None:
    """It was moved, or was never mounted: no day of rest explains that."""
    with pytest.raises(SliceUnavailable, match="nothing of that name") as caught:
        source(tmp_path, path=path).read(WINDOW)
    assert not isinstance(caught.value, SliceMissing)


OPTIONS = {
    "parquet": {},
    "csv": {"header": "true", "inferSchema": "true"},
    "json": {"inferTimestamp": "true"},
}
WRITERS = {
    "parquet": pl.DataFrame.write_parquet,
    "csv": pl.DataFrame.write_csv,
    "json": pl.DataFrame.write_ndjson,
}


@pytest.mark.parametrize(
    ("kind", "change"),
    [("parquet", (7, 2, "never")), *((k, (245, 1, "twice")) for k in ("csv", "json"))],
)
def test_stamps_that_a_clock_shows_twice_or_never_are_counted(
    session, engine, tmp_path, kind, change
) -> None:
    """As on the local engine, whatever the rows are written in; a day judged on Spark."""
    world, (number, hour, often) = World(days_of(range(6))), change
    rows = rows_of(number)
    text = rows.with_columns(pl.col("at").dt.to_string("iso:strict"))
    WRITERS[kind](rows if kind == "parquet" else text, tmp_path / "day")
    found = source(
        tmp_path,
        path="day",
        format=kind,
        options=OPTIONS[kind],
        timestamp_zone="America/New_York",
    )
    world.job = replace(world.job, source=found, engine=engine, validator=None)

    report = world.judge(number)

    [said] = [f for f in report.findings if f.statistic.startswith("shown_")]
    unclear = rows.filter(pl.col("at").dt.hour() == hour).height
    assert (said.statistic, said.value) == (f"shown_{often}", unclear)


def test_stamps_with_and_without_an_offset_are_read_by_the_zone(
    session, engine, tmp_path
) -> None:
    """Of one column, as Spark can: those without one by the source's clock, not by UTC."""
    lines = ["at", "2026-01-05 23:30:00", "2026-01-05T23:30:00-05:00"]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    options = {"path": "a.csv", "format": "csv", "options": OPTIONS["csv"]}
    west = source(tmp_path, timestamp_zone="America/New_York", **options)
    read = engine.table(west.read(WINDOW.following))["at"].to_list()
    assert read == [datetime(2026, 1, 6, 4, 30, tzinfo=UTC)] * 2


def test_a_cluster_that_is_lost_is_named_without_its_token(tmp_path) -> None:
    """What Spark was asked is no fault of it; that it gives no answer is."""
    from py4j.protocol import Py4JNetworkError
    from pyspark.errors import AnalysisException

    far = source(tmp_path, path="x", master="sc://spark.test:15002/;token=secret")
    assert far._named(Py4JNetworkError("gone")).place == "sc://spark.test:15002"
    assert far._named(AnalysisException("no such column")).place == ""
    here = source(tmp_path, path="x")
    assert here._named(Py4JNetworkError("gone")).place == ""


def test_a_file_that_is_no_parquet_is_corrupt(session, tmp_path) -> None:
    """Whatever Spark calls it."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1 secret-value PAR1")
    with pytest.raises(SliceCorrupt) as caught:
        source(tmp_path, path="a.parquet").read(WINDOW)
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"options": {"ignoreCorruptFiles": "True"}},
        {"config": {"spark.sql.files.ignoreMissingFiles": "true"}},
    ],
)
def test_spark_leaves_out_no_file_without_a_word(given) -> None:
    """What it is asked to pass over in silence is refused when the file is read."""
    with pytest.raises(ValidationError, match=r"(?i)ignore.*leaves out files without"):
        sources.Settings(path="a.parquet", **given)


def test_rows_that_do_not_convert_are_corrupt_and_not_quoted(session, engine) -> None:
    """A failing cast shows none of the people's values."""
    rows = engine.from_table(pl.DataFrame({"x": ["secret-value"]}), WINDOW, "memory")
    broken = replace(rows, data=rows.data.selectExpr("cast(x as double) as x"))
    plan = engine.propose_plan(
        engine.from_table(pl.DataFrame({"x": [1.0]}), WINDOW, "memory"), ["x"]
    )
    for ask in (engine.table, lambda part: engine.profile(part, plan)):
        with pytest.raises(SliceCorrupt, match="memory: the rows could not") as caught:
            ask(broken)
        assert "secret-value" not in str(caught.value)


def test_text_that_is_not_utf8_is_corrupt(session, engine) -> None:
    """Spark lets such bytes pass as text; they never reach a count."""
    rows = engine.from_table(pl.DataFrame({"x": [b"\xff\xfe"]}), WINDOW, "memory")
    plan = engine.propose_plan(
        engine.from_table(pl.DataFrame({"x": ["a"]}), WINDOW, "memory"), ["x"]
    )
    forced: Slice = replace(rows, data=rows.data.selectExpr("cast(x as string) as x"))
    for ask in (engine.table, lambda part: engine.profile(part, plan)):
        with pytest.raises(SliceCorrupt):
            ask(forced)


def test_a_column_that_is_absent_is_named(session, engine) -> None:
    """The message says of what."""
    rows = engine.from_table(ROWS, WINDOW, "memory")
    with pytest.raises(SchemaMismatch, match="memory has no column 'm'"):
        engine.table(rows, ["m"])
