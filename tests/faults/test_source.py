"""S3 is down, slow or lying, and objects change while they are read."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from driftline.adapters.sources import _files
from tests.app.world import World, days_of, rows_of, window
from tests.faults.parts import ENGINE, files, sql_ledger
from tests.servers.proxy import Mode, Proxy, proxy
from tests.servers.s3 import S3, s3


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
