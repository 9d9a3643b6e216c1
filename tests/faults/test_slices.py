"""Rows that are not as the reference had them: types, order, kinds of nothing, days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from driftline.adapters.engines.local import LocalEngine
from driftline.adapters.engines.local import Settings as EngineSettings
from driftline.adapters.sources import parquet
from driftline.core.finding import Outcome
from driftline.core.window import day_window
from tests.app.world import World, days_of, rows_of, window
from tests.faults.parts import context, sql_ledger

ENGINE = LocalEngine(EngineSettings())


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A monitor of one file, with a ledger in another."""
    made = World(days_of(range(6)))
    made.ledger = sql_ledger(tmp_path)
    source = parquet.build(parquet.Settings(path="day.parquet"), context(tmp_path))
    made.job = replace(made.job, source=source, ledger=made.ledger, validator=None)
    return made


def judged(world: World, tmp_path: Path, rows: pl.DataFrame):
    rows.write_parquet(tmp_path / "day.parquet")
    return world.judge(0)


def said(report) -> str:
    """What is wrong with the day, in its own words."""
    wrong = (Outcome.BREACHED, Outcome.ERRORED, Outcome.UNKNOWN)
    return "\n".join(f.message for f in report.findings if f.outcome in wrong)


WEIGHT = pl.col("weight")

CHANGES = {
    "reordered": (lambda rows: rows.select(reversed(rows.columns)), 0, ""),
    "extra column": (lambda rows: rows.with_columns(new=pl.lit(1)), 0, ""),
    "narrower number": (
        lambda rows: rows.with_columns(WEIGHT.cast(pl.Float32)),
        0,
        "",
    ),
    "missing column": (lambda rows: rows.drop("weight"), 1, "weight"),
    "renamed column": (lambda rows: rows.rename({"weight": "Weight"}), 1, "weight"),
    "number became text": (
        lambda rows: rows.with_columns(WEIGHT.cast(pl.String)),
        1,
        "weight",
    ),
    "all null": (
        lambda rows: rows.with_columns(weight=pl.lit(None, pl.Float64)),
        1,
        "weight",
    ),
    "all infinite": (
        lambda rows: rows.with_columns(weight=pl.lit(float("inf"))),
        1,
        "weight",
    ),
    "all nan": (
        lambda rows: rows.with_columns(weight=pl.lit(float("nan"))),
        1,
        "weight",
    ),
    "constant": (lambda rows: rows.with_columns(weight=pl.lit(40.0)), 1, "weight"),
    "new category": (lambda rows: rows.with_columns(origin=pl.lit("XXX")), 1, "origin"),
    "every row twice": (lambda rows: pl.concat([rows, rows]), 1, "rep"),
    "no rows": (lambda rows: rows.clear(), 2, "no rows"),
    "three rows": (lambda rows: rows.head(3), 1, "3 rows"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_rows_that_are_not_as_they_were_are_named(
    world: World, tmp_path: Path, change: str
) -> None:
    """What is only arranged otherwise is healthy; all else is said, once, and mended."""
    alter, code, words = CHANGES[change]
    report = judged(world, tmp_path, alter(rows_of(0)))
    assert report.exit_code == code, said(report)
    assert words in said(report)
    assert judged(world, tmp_path, alter(rows_of(0))).repeated
    assert len(world.notifier.messages) == (1 if code else 0)
    assert world.dispatcher.asked == []
    after = judged(world, tmp_path, rows_of(0))
    assert after.exit_code == 0, said(after)


def test_yesterdays_rows_under_todays_date(world: World, tmp_path: Path) -> None:
    """A load that was published again with new stamps is worth a look, and names the day."""
    assert judged(world, tmp_path, rows_of(0)).exit_code == 0
    again = rows_of(0).with_columns(pl.col("at") + timedelta(days=1))
    again.write_parquet(tmp_path / "day.parquet")
    report = world.judge(1)
    assert "counts exactly as in 2026-03-01: has its load been" in said(report)
    assert (report.verdict.word.value, report.exit_code) == ("watch", 0)
    assert world.judge(1).repeated
    rows_of(1).write_parquet(tmp_path / "day.parquet")
    assert world.judge(1).verdict.word.value == "healthy"
    assert world.notifier.messages == []


def test_keys_beyond_two_to_the_53_stay_apart(tmp_path: Path) -> None:
    """Neighbouring ids with a gap between them are not rounded into one another."""
    big = 2**53
    rows = pl.DataFrame(
        {"at": [window(0).start] * 3, "id": [big, None, big + 1], "n": [1, 2, 3]}
    )
    rows.write_parquet(tmp_path / "day.parquet")
    source = parquet.build(parquet.Settings(path="day.parquet"), context(tmp_path))
    found = ENGINE.table(source.read(window(0)))
    assert found["id"].to_list() == [big, None, big + 1]
    labels = pl.DataFrame({"at": [window(0).start], "id": [big + 1], "late": [1]})
    arrived = ENGINE.from_table(labels, window(0), "labels")
    joined = ENGINE.join_labels(source.read(window(0)), arrived, ["id"], "late")
    assert ENGINE.table(joined)["late"].to_list() == [None, None, 1]


DAYS = [
    ("America/New_York", date(2026, 3, 8), 23),
    ("America/New_York", date(2026, 11, 1), 25),
    ("Europe/Berlin", date(2026, 3, 29), 23),
    ("Africa/Cairo", date(2026, 4, 24), 23),
    ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ("America/New_York", date(2028, 2, 29), 24),
]


@pytest.mark.parametrize(("zone", "day", "hours"), DAYS)
def test_every_row_of_a_week_is_in_one_day(
    tmp_path: Path, zone: str, day: date, hours: float
) -> None:
    """Days of 23, 24.5 and 25 hours have the rows of those hours, and none is lost."""
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=5)
    stamps = [first + timedelta(minutes=30 * n) for n in range(48 * 10)]
    pl.DataFrame({"at": stamps}).write_parquet(tmp_path / "day.parquet")
    source = parquet.build(parquet.Settings(path="day.parquet"), context(tmp_path))
    days = [day_window(day + timedelta(days=n), zone) for n in (-1, 0, 1)]
    counts = [ENGINE.table(source.read(one)).height for one in days]
    assert counts[1] == hours * 2
    whole = days[-1].end - days[0].start
    assert sum(counts) == whole / timedelta(minutes=30)


@pytest.mark.parametrize(
    ("number", "hour", "often"), [(7, 2, "never"), (245, 1, "twice")]
)
def test_stamps_that_a_clock_shows_twice_or_never_are_counted(
    world: World, tmp_path: Path, number: int, hour: int, often: str
) -> None:
    """How many there are is said, by the clock of the source, and is no fault."""
    settings = parquet.Settings(path="day.parquet", timestamp_zone="America/New_York")
    world.job = replace(world.job, source=parquet.build(settings, context(tmp_path)))
    rows = rows_of(number)
    rows.write_parquet(tmp_path / "day.parquet")
    unclear = rows.filter(pl.col("at").dt.hour() == hour).height

    report = world.judge(number)

    [found] = [f for f in report.findings if f.statistic.startswith("shown_")]
    assert (found.statistic, found.value) == (f"shown_{often}", unclear)
    assert found.outcome is Outcome.OK
    assert f"America/New_York shows {often} on {window(number).day}" in found.message
