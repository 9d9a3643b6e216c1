"""Tables and queries as slices, on SQLite and on a real PostgreSQL server."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from driftline.adapters.engines.local import LocalEngine
from driftline.adapters.engines.local import Settings as EngineSettings
from driftline.adapters.sources.sql import Settings, build
from driftline.core.roles import Roles, Task
from driftline.core.window import day_window
from driftline.errors import (
    SchemaMismatch,
    SettingsError,
    SliceTooLarge,
    SliceUnavailable,
)
from driftline.ports import Context, SliceSource
from tests.contract.seeds.sql import write
from tests.servers.postgres import postgres
from tests.servers.s3 import free_port

DAY = day_window(date(2026, 1, 5), "America/New_York")
SECRET = "hunter2-secret"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.real("postgres"))]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rows.db'}"
    return str(request.getfixturevalue("server"))


def source(url: str, **options: object) -> SliceSource:
    options = {"table": "rows", **options} if "query" not in options else options
    context = Context("m", "/", DAY.zone, Roles(Task.BINARY, "at", "p"))
    return build(Settings(url=url, **options), context)


def hours(count: int, *, aware: bool) -> pl.DataFrame:
    start = DAY.start if aware else DAY.local_start.replace(tzinfo=None)
    stamps = [start + timedelta(hours=i) for i in range(-2, count - 2)]
    zone = "UTC" if aware else None
    return pl.DataFrame(
        {"at": stamps, "n": range(count), "city": ['a"b🙂', None] * (count // 2)},
        schema={"at": pl.Datetime("us", zone), "n": pl.Int64, "city": pl.String},
    )


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def collected(slice_source: SliceSource) -> pl.DataFrame:
    return slice_source.read(DAY).data.collect(engine="streaming")


@pytest.mark.parametrize("aware", [True, False])
@pytest.mark.parametrize("query", [None, "SELECT * FROM rows;"])
def test_a_table_and_a_query_give_the_days_rows(url, aware, query) -> None:
    """Both, with stamps of both kinds, in any size of batch."""
    write(hours(30, aware=aware), url)
    options = {"query": query} if query else {}
    found = source(url, batch_rows=7, **options)
    frame = collected(found).sort("n")
    assert frame["n"].to_list() == list(range(2, 26))
    assert frame.schema["at"] == pl.Datetime("us", "UTC" if aware else None)
    assert frame["city"].to_list()[:2] == ['a"b🙂', None]
    first, last = found.extent() or (None, None)
    assert first == DAY.start - timedelta(hours=2)
    assert last == DAY.start + timedelta(hours=27)


def test_only_needed_columns_are_selected(url) -> None:
    """A projection reaches the database: a column that cannot be read is left alone."""
    write(hours(30, aware=True), url)
    lazy = source(url).read(DAY).data
    run(url, "ALTER TABLE rows DROP COLUMN city")
    assert lazy.select(pl.col("n").sum()).collect(engine="streaming").item() == sum(
        range(2, 26)
    )
    with pytest.raises(SchemaMismatch, match="check table, column and query"):
        lazy.collect(engine="streaming")


def test_types_of_a_table_are_kept(url) -> None:
    """Decimals are floats, dates dates, booleans booleans; names are quoted."""
    run(
        url,
        "DROP TABLE IF EXISTS odd",
        'CREATE TABLE odd ("at" TIMESTAMP, "a ""q"" col" NUMERIC(8,2), d DATE, '
        "b BOOLEAN, big BIGINT, empty INTEGER)",
        "INSERT INTO odd VALUES ('2026-01-05 12:00:00', 12.25, '2026-01-05', true, "
        "9007199254740993, NULL)",
    )
    frame = collected(source(url, table="odd"))
    assert frame.rows() == [
        (
            datetime(2026, 1, 5, 12),
            12.25,
            date(2026, 1, 5),
            True,
            9007199254740993,
            None,
        )
    ]
    assert frame.schema["empty"] == pl.Int64


def test_a_query_sees_the_types_of_columns_without_values(server) -> None:
    """PostgreSQL tells the types, so that a label that has not arrived is no text."""
    run(
        server,
        "DROP TABLE IF EXISTS late",
        "CREATE TABLE late (at TIMESTAMPTZ, y INTEGER, x NUMERIC)",
        "INSERT INTO late VALUES ('2026-01-05 12:00:00+00', NULL, 1.5)",
    )
    schema = source(server, query="SELECT * FROM late").read(DAY).schema
    assert schema["y"] == "Int64"
    assert schema["x"] == "Float64"


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-05 00:00:00",
        "2026-01-05T00:00:00",
        "2026-01-05 00:00:00.000000",
        "2026-01-05T05:00:00Z",
    ],
)
def test_all_texts_that_sqlite_stores_are_compared_as_times(tmp_path, stamp) -> None:
    """The first instant is in the day and not in the one before, however it is written."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    run(url, "CREATE TABLE rows (at DATETIME, n INTEGER)")
    run(url, f"INSERT INTO rows VALUES ('{stamp}', 1)")
    assert collected(source(url)).height == 1
    assert source(url).read(DAY.previous).data.collect().height == 0


def test_values_that_do_not_fit_their_column_are_told(tmp_path) -> None:
    """SQLite keeps any text in an INTEGER column; the message names it, not the text."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    run(url, "CREATE TABLE rows (at DATETIME, n INTEGER)")
    run(url, "INSERT INTO rows VALUES ('2026-01-05 12:00:00', 'Alice')")
    lazy = source(url).read(DAY).data
    with pytest.raises(
        SchemaMismatch, match=r"'n' of rows holds .* not Int64"
    ) as caught:
        lazy.collect(engine="streaming")
    assert "Alice" not in str(caught.value)


def test_the_manifest_sees_rows_that_come_and_change(url) -> None:
    """A new row always; a corrected one through the column `changed`."""
    write(hours(30, aware=True), url)
    plain, watched = source(url), source(url, changed="n")
    before = plain.read(DAY).manifest, watched.read(DAY).manifest
    assert before == (plain.read(DAY).manifest, watched.read(DAY).manifest)
    run(url, "UPDATE rows SET n = 99 WHERE n = 7")
    assert plain.read(DAY).manifest == before[0]
    assert watched.read(DAY).manifest != before[1]
    run(url, "DELETE FROM rows WHERE n = 9")
    assert plain.read(DAY).manifest != before[0]


def test_a_missing_table_or_column_offers_the_nearest(url) -> None:
    """The message names what was wanted and what is there."""
    write(hours(4, aware=True), url)
    with pytest.raises(SchemaMismatch, match=r"no table 'row'.*did you mean 'rows'"):
        source(url, table="row").read(DAY)
    with pytest.raises(SchemaMismatch, match="'att'; did you mean 'at'"):
        source(url, timestamp="att").read(DAY)
    with pytest.raises(SchemaMismatch, match="no column 'nn'; did you mean 'n'"):
        source(url, changed="nn").read(DAY)
    with pytest.raises(SchemaMismatch, match="check table, column and query"):
        source(url, query="SELECT * FROM nowhere").read(DAY)


def test_a_database_that_is_down_may_be_tried_again() -> None:
    """The address is named without its password, and the server is what is away."""
    port = free_port()
    url = f"postgresql://me:{SECRET}@127.0.0.1:{port}/rows"
    with pytest.raises(SliceUnavailable, match="did not answer") as caught:
        source(url).read(DAY)
    assert caught.value.retryable
    assert caught.value.place == f"postgresql://127.0.0.1:{port}"
    assert "127.0.0.1" in str(caught.value)
    assert SECRET not in f"{caught.value}{caught.value.__cause__}"


def test_a_postgres_that_is_cut_off_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connection of which nothing comes any more ends; the address may say when."""
    asked: dict[str, object] = {}

    def connect(**arguments: object) -> None:
        asked.update(arguments)
        raise psycopg.OperationalError("cut off")

    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(SliceUnavailable, match="did not answer"):
        source("postgresql://me@db/rows?tcp_user_timeout=5000").extent()
    assert asked["tcp_user_timeout"] == "5000"
    assert (asked["connect_timeout"], asked["keepalives_idle"]) == (10, 10)


@pytest.mark.real("postgres")
def test_a_database_that_does_not_exist_is_no_matter_of_time(server) -> None:
    """A retry cannot help."""
    missing = sa.make_url(server).set(database="nowhere")
    with pytest.raises(SliceUnavailable, match="refused") as caught:
        source(missing.render_as_string(hide_password=False)).read(DAY)
    assert not caught.value.retryable
    assert caught.value.place == ""


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path) -> None:
    """Reading never creates an empty database."""
    path = tmp_path / "none.db"
    with pytest.raises(SliceUnavailable, match=r"no SQLite database at .*none\.db"):
        source(f"sqlite:///{path}").read(DAY)
    assert not path.exists()


def test_settings_that_cannot_work_are_refused() -> None:
    """Not both table and query, no unknown driver, no text that is not an address."""
    with pytest.raises(ValidationError, match="either table or query"):
        Settings(url="sqlite://", table="a", query="b")
    with pytest.raises(SettingsError, match="unknown kind of database") as caught:
        source(f"nosuch://me:{SECRET}@host/rows").read(DAY)
    assert SECRET not in str(caught.value)
    with pytest.raises(SettingsError, match="not a database address") as caught:
        source(SECRET).read(DAY)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(Settings(url=SECRET, table="rows"))


def test_stamps_are_utc_from_any_session_zone(server) -> None:
    """The session's own time zone does not move rows."""
    write(hours(30, aware=True), server)
    west = sa.make_url(server).update_query_dict({"options": "-c timezone=Asia/Tokyo"})
    frame = collected(source(west.render_as_string(hide_password=False)))
    assert frame.height == 24
    assert frame["at"].min() == DAY.start.astimezone(UTC)


@pytest.mark.parametrize(("what", "most"), [("columns", 2), ("rows", 23)])
def test_a_window_too_large_is_refused_before_a_row_is_fetched(url, what, most) -> None:
    """The word names what there is, what is allowed, and the setting."""
    write(hours(30, aware=False), url)
    found = rf"rows has \d+ {what}, more than the {most} .*limits: {{{what}: …}}"
    with pytest.raises(SliceTooLarge, match=found):
        source(url, limits={what: most}).read(DAY)
    assert source(url, limits={what: most + 1}).read(DAY)


def test_a_window_of_too_many_bytes_stops_while_it_is_fetched(url) -> None:
    """What was fetched so far is let go; the next window is read as ever."""
    write(hours(30, aware=False), url)
    with pytest.raises(SliceTooLarge, match=r"bytes, more than the 100 .*limits"):
        collected(source(url, limits={"bytes": 100}, batch_rows=7))
    assert collected(source(url, limits={"bytes": 100_000})).height == 24


def test_too_many_bytes_leave_the_engine_as_what_they_are(tmp_path: Path) -> None:
    """So a day like that is a verdict with a word, and no broken job."""
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    write(hours(30, aware=False), url)
    rows = source(url, limits={"bytes": 100}).read(DAY)
    engine = LocalEngine(EngineSettings())
    with pytest.raises(SliceTooLarge, match="limits"):
        engine.propose_plan(rows, ["n"])
    with pytest.raises(SliceTooLarge, match="limits"):
        engine.table(rows)
