"""S3 is down, slow or lying, objects change while they are read, files are rewritten."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from driftline.adapters.engines.local import LocalEngine
from driftline.adapters.engines.local import Settings as EngineSettings
from driftline.adapters.sources import _files, parquet
from driftline.app.monitor_day import DayReport, deliver_due, monitor_day
from driftline.core.window import day_window
from driftline.errors import SliceCorrupt
from driftline.ports import SliceSource
from tests.app.world import World, days_of, rows_of, window
from tests.faults.parts import context, sql_ledger
from tests.servers.proxy import Mode, Proxy, proxy
from tests.servers.s3 import S3, s3

ENGINE = LocalEngine(EngineSettings())


def files(root: Path, path: str, **settings: object) -> SliceSource:
    """The monitor's source, over these files."""
    given = {"path": path, **settings}
    return parquet.build(parquet.Settings.model_validate(given), context(root))


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """An S3 server with six days in a bucket."""
    folder = tmp_path_factory.mktemp("s3")
    (folder / "bucket" / "days").mkdir(parents=True)
    with s3(folder) as running:
        yield running


@pytest.fixture
def way(bucket: S3) -> Iterator[Proxy]:
    """A way to the server that can be broken."""
    with proxy(int(bucket.endpoint.rpartition(":")[2])) as made:
        yield made


@pytest.fixture
def world(
    bucket: S3, way: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    """A monitor whose rows are in the bucket; it waits two seconds, then another two."""
    monkeypatch.setattr(_files, "ANSWER_S", 2)
    monkeypatch.setattr(_files, "STALLED_S", 4)
    made = World(days_of(range(6)))
    for number in range(6):
        file = bucket.folder / "bucket" / "days" / f"{number}.parquet"
        rows_of(number).write_parquet(file)
    access = {
        "endpoint": f"http://127.0.0.1:{way.port}",
        "access_key": bucket.access_key,
        "secret_key": bucket.secret_key,
    }
    made.ledger = sql_ledger(tmp_path)
    source = files(tmp_path, "s3://bucket/days/", s3=access)
    made.job = replace(made.job, source=source, ledger=made.ledger)
    return made


BROKEN = [mode for mode in Mode if mode is not Mode.OPEN]


@pytest.mark.real("s3")
@pytest.mark.parametrize("mode", BROKEN, ids=lambda mode: mode.name.lower())
def test_an_s3_that_fails_is_one_message_and_then_a_verdict(
    world: World, way: Proxy, mode: Mode
) -> None:
    """Cannot tell, soon and with its reason; judged when it is back; nobody told twice."""
    way.becomes(mode)
    begun = time.monotonic()
    report = world.judge(0)
    assert time.monotonic() - begun < 60
    assert (report.verdict.word.value, report.exit_code) == ("cannot-tell", 2)
    assert "s3://bucket/days/ at http://127" in report.findings[0].message
    assert world.judge(0).repeated
    assert len(world.notifier.messages) == 1
    way.becomes(Mode.OPEN)
    assert (world.judge(0).revision, world.judge(0).exit_code) == (2, 0)
    titles = world.titles()
    assert len(titles) == len(set(titles)) == 2


@pytest.mark.real("s3")
@pytest.mark.parametrize(
    "mode", [Mode.CUT, Mode.SLOW, Mode.RESET], ids=lambda mode: mode.name.lower()
)
def test_an_object_that_breaks_off_is_never_half_used(
    world: World, way: Proxy, mode: Mode
) -> None:
    """The list is there and the bytes stop: nothing is judged, the next try reads it all."""
    found = world.job.source._files.found()
    world.job.source._files.found = lambda: found
    way.cut_after = 4000
    way.becomes(mode)
    assert world.judge(0).exit_code == 2
    way.becomes(Mode.OPEN)
    report = world.judge(0)
    assert (report.exit_code, report.revision) == (0, 2)


@pytest.mark.real("s3")
def test_an_object_replaced_between_list_and_read_is_judged_again(
    world: World, bucket: S3
) -> None:
    """Whichever bytes were read, the next run sees the object that is there."""
    listed = world.job.source._files.found
    file = bucket.folder / "bucket" / "days" / "0.parquet"

    def found():
        before = listed()
        rows_of(0, changed=True).write_parquet(file)
        return before

    world.job.source._files.found = found
    world.judge(0)
    world.job.source._files.found = listed
    last = world.judge(0)
    assert world.judge(0).repeated
    late = ENGINE.table(world.job.source.read(window(0)))["late"]
    assert late.to_list() == rows_of(0, changed=True)["late"].to_list()
    assert last.exit_code == world.judge(0).exit_code


@pytest.mark.real("s3")
def test_every_page_of_a_long_list_is_read_and_odd_keys_too(
    bucket: S3, world: World, tmp_path: Path
) -> None:
    """More objects than one answer holds; spaces and umlauts in their names."""
    folder = bucket.folder / "bucket" / "many"
    folder.mkdir(exist_ok=True)
    (folder / "a").mkdir(exist_ok=True)
    rows_of(0).head(7).write_parquet(folder / "zü 1+2.parquet")
    for number in range(1001):
        (folder / "a" / f"{number}.txt").touch()
    settings = world.job.source._settings.s3.model_dump()
    found = files(tmp_path, "s3://bucket/many/", s3=settings).read(window(0))
    assert ENGINE.table(found).height == 7


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
