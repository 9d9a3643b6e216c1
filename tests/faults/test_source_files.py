"""Files that are rewritten, damaged, odd or not there yet: a row of the matrix each."""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from driftline.app.monitor_day import DayReport, deliver_due, monitor_day
from driftline.core.window import day_window
from driftline.errors import SliceCorrupt
from tests.app.world import World, days_of, rows_of, window
from tests.faults.parts import ENGINE, files, sql_ledger


def test_a_slice_rewritten_after_it_was_judged_is_judged_again(tmp_path: Path) -> None:
    """A new revision beside the old one, once; written back, it is the first's equal."""
    world = World(days_of(range(6)))
    file = tmp_path / "day.parquet"
    rows_of(0).write_parquet(file)
    world.ledger = sql_ledger(tmp_path)
    source = files(tmp_path, "day.parquet")
    world.job = replace(world.job, source=source, ledger=world.ledger)
    assert world.judge(0).exit_code == 0
    broken = rows_of(0).with_columns(pl.col("weight") * -1)
    broken.write_parquet(file)
    assert (world.judge(0).exit_code, world.judge(0).repeated) == (1, True)
    assert len(world.notifier.messages) == 1
    rows_of(0).write_parquet(file)
    assert (world.judge(0).exit_code, world.judge(0).repeated) == (0, True)
    revisions = [e.verdict for e in world.ledger.revisions(world.job.monitor)]
    assert revisions == ["healthy", "act", "healthy"]


def test_a_flipped_bit_is_corrupt_or_unseen_and_nothing_else(tmp_path: Path) -> None:
    """Wherever it is: no other error, no panic of a library, no part of a slice.

    A bit of a value cannot be seen: Parquet's pages bear no checksum that is read.
    """
    file = tmp_path / "day.parquet"
    rows_of(0, rows=60).write_parquet(file)
    whole, chance = file.read_bytes(), np.random.default_rng(1)
    ends: Counter[str] = Counter()
    for _ in range(150):
        packed = bytearray(whole)
        packed[chance.integers(len(packed))] ^= 1 << int(chance.integers(8))
        file.write_bytes(packed)
        try:
            found = files(tmp_path, "day.parquet").read(window(0))
            assert ENGINE.table(found).height <= 60
            ends["read"] += 1
        except SliceCorrupt as error:
            ends["corrupt" if "day.parquet" in str(error) else "nameless"] += 1
    assert min(ends["read"], ends["corrupt"]) > 10
    assert not ends["nameless"]


def test_time_stamps_beyond_all_years_are_corrupt(tmp_path: Path) -> None:
    """Microseconds taken for milliseconds: said in words, and no library's error."""
    rows = rows_of(0).with_columns(pl.lit(2**62).cast(pl.Datetime("us")).alias("at"))
    rows.write_parquet(tmp_path / "day.parquet")
    with pytest.raises(SliceCorrupt, match="outside the years 1 to 9999"):
        files(tmp_path, "day.parquet").read(window(0))


def test_a_sentinel_of_the_year_9999_is_of_another_day(tmp_path: Path) -> None:
    """Such a row belongs to no day that is judged, and harms none."""
    end = datetime(9999, 12, 31)
    rows = pl.concat([rows_of(0), rows_of(0).head(1).with_columns(at=pl.lit(end))])
    rows.write_parquet(tmp_path / "day.parquet")
    found = files(tmp_path, "day.parquet").read(window(0))
    assert ENGINE.table(found).height == rows_of(0).height


def test_a_source_that_is_not_there_yet_is_told_once(tmp_path: Path) -> None:
    """A missing file is cannot-tell with its path; when it comes, the day is judged."""
    world = World(days_of(range(6)))
    world.ledger = sql_ledger(tmp_path)
    source = files(tmp_path, "day.parquet")
    world.job = replace(world.job, source=source, ledger=world.ledger)
    report = world.judge(0)
    assert report.exit_code == 2
    assert "no data file at" in report.findings[0].message
    assert world.judge(0).repeated
    rows_of(0).write_parquet(tmp_path / "day.parquet")
    assert world.judge(0).exit_code == 0
    assert len(world.notifier.messages) == 2


def delivered(root: Path, **changes: object) -> None:
    """The day's file, and the manifest that names it."""
    folder = root / "in" / window(0).label
    folder.mkdir(parents=True, exist_ok=True)
    rows_of(0).write_parquet(folder / "a.parquet")
    data = (folder / "a.parquet").read_bytes()
    said = {"path": "a.parquet", "size": len(data), "rows": rows_of(0).height}
    said |= {"sha256": hashlib.sha256(data).hexdigest(), **changes}
    (folder / "files.json").write_text(json.dumps({"files": [said]}))


@pytest.fixture
def landed(tmp_path: Path) -> World:
    """A monitor whose days have manifests; the first one's is delivered, and is due at 9."""
    made = World(days_of(range(6)))
    made.ledger = sql_ledger(tmp_path)
    source = files(tmp_path, "in", manifest="in/{day}/files.json")
    made.job = replace(
        made.job, source=source, ledger=made.ledger, verdict_by=clock_time(9)
    )
    delivered(tmp_path)
    return made


def at_hour(world: World, hour: int) -> DayReport:
    """The first day, judged at an hour of the next one."""
    world.clock.moment = window(0).end + timedelta(hours=hour)
    return monitor_day(world.job, window(0))


def test_a_day_is_pending_until_its_manifest_is_there(
    landed: World, tmp_path: Path
) -> None:
    """Its files alone are not judged; nobody hears of it where it comes before the hour."""
    manifest = tmp_path / "in" / window(0).label / "files.json"
    text = manifest.read_text()
    manifest.unlink()
    report = at_hour(landed, 6)
    assert report.verdict.word.value == "cannot-tell"
    assert "no manifest in/2026-03-01/files.json yet" in report.findings[0].message
    manifest.write_text(text)
    assert at_hour(landed, 8).verdict.word.value == "healthy"
    landed.clock.moment = window(0).end + timedelta(hours=10)
    deliver_due(landed.job)
    assert landed.notifier.messages == []


@pytest.mark.parametrize("figure", ["size", "rows", "sha256"])
def test_a_file_that_is_not_as_its_manifest_says_is_told_once(
    landed: World, tmp_path: Path, figure: str
) -> None:
    """Not judged, with the figure that is wrong; written again, it is judged."""
    delivered(tmp_path, **{figure: "0" * 64 if figure == "sha256" else 5})
    report = at_hour(landed, 10)
    assert (report.verdict.word.value, report.exit_code) == ("cannot-tell", 2)
    [found] = [f for f in report.findings if f.statistic == "slice_corrupt"]
    assert "a.parquet" in found.message
    assert "its manifest says" in found.message
    assert at_hour(landed, 10).repeated
    assert landed.dispatcher.asked == []
    delivered(tmp_path)
    assert at_hour(landed, 11).exit_code == 0
    assert len(landed.notifier.messages) == 2


@pytest.mark.parametrize(
    "day", [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2026, 2, 28)]
)
def test_a_leap_day_is_a_day_like_any_other(tmp_path: Path, day: date) -> None:
    """Rows of the 29th of February are in its window, and in no neighbour's."""
    stamps = pl.datetime_range(
        datetime(2028, 2, 28),
        datetime(2028, 3, 1, 23),
        "1h",
        eager=True,
    )
    pl.DataFrame({"at": stamps}).write_parquet(tmp_path / "day.parquet")
    found = ENGINE.table(files(tmp_path, "day.parquet").read(day_window(day)))
    assert found.height == (24 if day.year == 2028 else 0)
    assert set(found["at"].dt.date()) <= {day}
