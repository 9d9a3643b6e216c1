"""Files as slices, one list of formats, folders, S3 and ways in which bytes go wrong.

Over 300 lines because each way in which bytes go wrong needs a file of its own.
"""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from driftline.adapters.sources._files import S3Settings, files_at
from driftline.adapters.sources.parquet import Settings, build
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.errors import (
    SchemaMismatch,
    SettingsError,
    SliceCorrupt,
    SliceMissing,
    SliceUnavailable,
)
from driftline.ports import Context, SliceSource
from tests.servers.s3 import S3, free_port, s3

DAY = day_window(date(2026, 1, 5))


def source(folder: Path, **options: object) -> SliceSource:
    context = Context("m", str(folder), "UTC", Roles(Task.BINARY, "at", "p"))
    return build(Settings(**options), context)


def rows(day: int = 5, **columns: list[object]) -> pl.DataFrame:
    start = datetime(2026, 1, day, 6, tzinfo=UTC)
    given = columns or {"n": [1, 2]}
    length = len(next(iter(given.values())))
    stamps = [start + timedelta(minutes=i) for i in range(length)]
    return pl.DataFrame({"at": stamps, **given})


def collected(found: Slice) -> pl.DataFrame:
    return found.data.collect(engine="streaming")


def test_a_csv_is_read_with_its_types(tmp_path) -> None:
    """Text stamps become times, numbers numbers, and a byte order mark is no name."""
    text = "at,n,x,city\n2026-01-05T00:00:00,1,1.5,Oslo\n2026-01-06T00:00:00,2,,\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8-sig")
    frame = collected(source(tmp_path, path="a.csv").read(DAY))
    assert frame.rows() == [(datetime(2026, 1, 5), 1, 1.5, "Oslo")]


def test_a_quote_in_the_name_of_a_csv_column_is_read_once(tmp_path) -> None:
    """What a writer doubles inside quotes is one quote again, as in the cells."""
    pl.DataFrame({"at": ["2026-01-05"], 'the "best"': ['"a"']}).write_csv(
        tmp_path / "a.csv"
    )
    frame = collected(source(tmp_path, path="a.csv").read(DAY))
    assert frame['the "best"'].to_list() == ['"a"']


def test_text_is_parsed_once_for_all_windows_and_steps(tmp_path) -> None:
    """After the first look nothing of a small CSV is read from the disk again."""
    (tmp_path / "a.csv").write_text("at,n\n2026-01-05,1\n2026-01-06,2\n")
    found = source(tmp_path, path="a.csv").read(DAY)
    (tmp_path / "a.csv").unlink()
    assert collected(found)["n"].to_list() == [1]


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-05 23:30:00.250",
        "2026-01-05T23:30:00Z",
        "2026-01-06T01:30:00+02:00",
        "2026-01-06 01:30:00 +0200",
        "2026-01-05 23:30",
        "2026-01-05",
    ],
)
def test_text_stamps_are_read_with_and_without_offset(tmp_path, stamp) -> None:
    """All common ways to write a moment fall into the same day."""
    (tmp_path / "a.csv").write_text(f"at,n\n{stamp},1\n")
    assert collected(source(tmp_path, path="a.csv").read(DAY)).height == 1


def test_text_that_is_partly_no_time_is_refused_without_showing_it(tmp_path) -> None:
    """Half a column of time stamps is not one; people's values stay out of messages."""
    lines = ["2026-01-05 00:00:00"] * 2000 + ["Alice"]
    (tmp_path / "a.csv").write_text("at\n" + "\n".join(lines) + "\n")
    with pytest.raises(SchemaMismatch, match="of which 1 values do not read") as caught:
        source(tmp_path, path="a.csv").read(DAY)
    assert "Alice" not in str(caught.value)


def test_ndjson_lines_are_rows(tmp_path) -> None:
    """One object a line, by suffix."""
    (tmp_path / "a.jsonl").write_text('{"at":"2026-01-05T01:00:00","n":1}\n')
    assert collected(source(tmp_path, path="a.jsonl").read(DAY))["n"].to_list() == [1]


def test_a_cut_ndjson_is_corrupt(tmp_path) -> None:
    """A last line without its end is never dropped silently."""
    (tmp_path / "a.jsonl").write_text('{"at":"2026-01-05T01:00:00","n":1}\n{"at":"20')
    with pytest.raises(SliceCorrupt, match=r"a\.jsonl \(\d+ bytes\)"):
        source(tmp_path, path="a.jsonl").read(DAY)


def test_partition_folders_are_columns(tmp_path) -> None:
    """`key=value` folders add typed columns, and marker files are no data."""
    for city in ("Oslo", "New%20York"):
        folder = tmp_path / "d" / f"city={city}" / "year=2026"
        folder.mkdir(parents=True)
        rows().write_parquet(folder / "x.parquet")
    (tmp_path / "d" / "_SUCCESS.csv").touch()
    found = source(tmp_path, path="d").read(DAY)
    assert found.schema["year"] == "Int64"
    frame = collected(found)
    assert sorted(set(frame["city"])) == ["New York", "Oslo"]
    assert frame.height == 4


def test_a_date_partition_spares_other_files(tmp_path) -> None:
    """With `partition` set, a broken file of another week is never opened."""
    for day in (5, 20):
        folder = tmp_path / "d" / f"date=2026-01-{day:02}"
        folder.mkdir(parents=True)
        rows(day).write_parquet(folder / "x.parquet")
    (tmp_path / "d" / "date=2026-01-20" / "x.parquet").write_bytes(b"broken")
    assert collected(source(tmp_path, path="d", partition="date").read(DAY)).height == 2
    with pytest.raises(SliceCorrupt):
        source(tmp_path, path="d").read(DAY)
    with pytest.raises(SettingsError, match="expected a folder such as day=2026-01-31"):
        source(tmp_path, path="d", partition="day").read(DAY)


def test_the_partition_is_no_column_of_the_slice(tmp_path) -> None:
    """The folder's date says where rows are; as a feature it would drift every day."""
    folder = tmp_path / "d" / "date=2026-01-05"
    folder.mkdir(parents=True)
    rows().write_parquet(folder / "x.parquet")
    assert "date" in source(tmp_path, path="d").read(DAY).schema
    assert "date" not in source(tmp_path, path="d", partition="date").read(DAY).schema


def test_a_missing_partition_is_an_empty_slice(tmp_path) -> None:
    """Other days are there, so the place is right and the day has no rows."""
    folder = tmp_path / "d" / "date=2026-01-20"
    folder.mkdir(parents=True)
    rows(20).write_parquet(folder / "x.parquet")
    found = source(tmp_path, path="d", partition="date").read(DAY)
    assert collected(found).height == 0
    assert set(found.schema) == {"at", "n"}


@pytest.mark.parametrize(
    "path", ["d/*.parquet", "d/[ab].parquet", "d", "d/**/*.parquet"]
)
def test_patterns_and_folders_find_files(tmp_path, path) -> None:
    """Both files are found by pattern and by folder."""
    (tmp_path / "d").mkdir()
    for name in "ab":
        rows().write_parquet(tmp_path / "d" / f"{name}.parquet")
    assert collected(source(tmp_path, path=path).read(DAY)).height == 4


@pytest.mark.parametrize("path", ["none.parquet", "none/*.parquet", "empty"])
def test_no_file_at_all_names_the_path(tmp_path, path) -> None:
    """A retry cannot help where nothing is."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        SliceUnavailable, match="no data file at .*" + path[:4]
    ) as caught:
        source(tmp_path, path=path).read(DAY)
    assert not caught.value.retryable


@pytest.mark.parametrize("path", ["gone", "gone/a/*.parquet", "gone/b/c.parquet"])
def test_a_folder_that_is_gone_is_gone_for_all_that_read_below_it(
    tmp_path, path
) -> None:
    """The nearest folder that is there says so, whatever each of them reads."""
    with pytest.raises(SliceUnavailable) as caught:
        source(tmp_path, path=path).read(DAY)
    assert caught.value.place == str(tmp_path)


@pytest.mark.parametrize("path", ["none.parquet", "*.parquet", "empty"])
def test_a_file_that_is_not_there_yet_is_missed_by_its_monitor_alone(
    tmp_path, path
) -> None:
    """Its folder is there, so nothing that others share is away; a folder may fill yet."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(SliceUnavailable) as caught:
        source(tmp_path, path=path).read(DAY)
    assert caught.value.place == ""
    assert isinstance(caught.value, SliceMissing) == (path != "none.parquet")


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda whole: whole[:-1], "cut or overwritten"),
        (lambda whole: whole[: len(whole) // 2], "cut or overwritten"),
        (lambda whole: b"<html>502 Bad Gateway</html>", "an HTML page"),
        (lambda whole: b"", "0 bytes"),
        (lambda whole: whole[:-200] + b"\0" * 192 + whole[-8:], "cannot be decoded"),
    ],
)
def test_a_damaged_parquet_names_file_and_size(tmp_path, damage, what) -> None:
    """One bad file and nothing of the slice is used, even beside a good one."""
    rows().write_parquet(tmp_path / "good.parquet")
    whole = (tmp_path / "good.parquet").read_bytes()
    (tmp_path / "bad.parquet").write_bytes(damage(whole))
    with pytest.raises(SliceCorrupt, match=what) as caught:
        source(tmp_path, path="*.parquet").read(DAY)
    assert "bad.parquet" in str(caught.value)
    assert f"{len(damage(whole))} bytes" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("at,n\n2026-01-05,1\n2026-01-0", r"line 3: 1 fields where the header has 2"),
        ("at,n\n2026-01-05,1,Alice\n", r"line 2: 3 fields where the header has 2"),
        ("", "0 bytes"),
    ],
)
def test_a_cut_or_ragged_csv_names_the_line(tmp_path, text, message) -> None:
    """Field counts are checked, and values stay out of the message."""
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(SliceCorrupt, match=message) as caught:
        source(tmp_path, path="a.csv").read(DAY)
    assert "Alice" not in str(caught.value)


def test_csv_in_another_encoding_or_with_twice_a_name_is_refused(tmp_path) -> None:
    """Neither is guessed."""
    (tmp_path / "a.csv").write_bytes("at,né\n2026-01-05,1\n".encode("utf-16"))
    with pytest.raises(SliceCorrupt, match="not CSV text in UTF-8"):
        source(tmp_path, path="a.csv").read(DAY)
    (tmp_path / "a.csv").write_bytes("at,n\n2026-01-05,é\n".encode("latin-1"))
    with pytest.raises(SliceCorrupt, match=r"a\.csv"):
        source(tmp_path, path="a.csv").read(DAY)
    (tmp_path / "a.csv").write_text("at,n,n\n2026-01-05,1,2\n")
    with pytest.raises(SchemaMismatch, match="two columns named 'n'"):
        source(tmp_path, path="a.csv").read(DAY)


def test_integers_and_floats_of_different_files_are_widened(tmp_path) -> None:
    """Both are numbers: nothing is lost."""
    rows(n=[1, 2]).write_parquet(tmp_path / "a.parquet")
    rows(n=[0.5]).write_parquet(tmp_path / "b.parquet")
    rows(n=[None]).write_parquet(tmp_path / "c.parquet")
    rows(other=["x"]).write_parquet(tmp_path / "d.parquet")
    found = source(tmp_path, path=".").read(DAY)
    assert found.schema["n"] == "Float64"
    assert collected(found)["n"].to_list() == [1.0, 2.0, 0.5, None, None]


def test_a_csv_column_without_values_has_any_type(tmp_path) -> None:
    """An empty column of one file does not contradict numbers in another."""
    (tmp_path / "a.csv").write_text("at,n\n2026-01-05,\n")
    (tmp_path / "b.csv").write_text("at,n\n2026-01-05,7\n")
    found = source(tmp_path, path="*.csv").read(DAY)
    assert collected(found)["n"].to_list() == [None, 7]


def test_mixed_types_name_both_files_and_types(tmp_path) -> None:
    """Numbers in one file and text in another are never coerced."""
    rows(n=[1]).write_parquet(tmp_path / "a.parquet")
    rows(n=["one"]).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(
        SchemaMismatch, match=r"'n' is Int64 in a\.parquet and String in b\.parquet"
    ):
        source(tmp_path, path=".").read(DAY)


def test_only_files_of_the_window_are_in_the_manifest(tmp_path) -> None:
    """A file of another day changes nothing; the same bytes written again neither."""
    rows(5).write_parquet(tmp_path / "a.parquet")
    before = source(tmp_path, path=".").read(DAY).manifest
    rows(9).write_parquet(tmp_path / "b.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes())
    assert source(tmp_path, path=".").read(DAY).manifest == before
    rows(5, n=[1, 3]).write_parquet(tmp_path / "a.parquet")
    assert source(tmp_path, path=".").read(DAY).manifest != before


def test_a_file_that_changes_is_looked_at_again(tmp_path) -> None:
    """What a source remembers of a file ends with the file's bytes."""
    rows(5).write_parquet(tmp_path / "a.parquet")
    one = source(tmp_path, path="a.parquet")
    assert collected(one.read(DAY)).height == 2
    rows(5, n=[1, 2, 3, 4]).write_parquet(tmp_path / "a.parquet")
    assert collected(one.read(DAY)).height == 4


def test_naive_stamps_follow_their_own_zone(tmp_path) -> None:
    """`timestamp_zone` says which clock wrote stamps without a zone."""
    stamp = datetime(2026, 1, 5, 23)
    pl.DataFrame({"at": [stamp]}).write_parquet(tmp_path / "a.parquet")
    west = source(tmp_path, path="a.parquet", timestamp_zone="America/New_York")
    assert collected(west.read(DAY)).height == 0
    assert collected(west.read(DAY.following)).height == 1
    with pytest.raises(SettingsError, match="no time zone named 'Mars'"):
        source(tmp_path, path="a.parquet", timestamp_zone="Mars")


def test_a_file_without_a_known_suffix_needs_a_format(tmp_path) -> None:
    """A format is not guessed from the content."""
    rows().write_parquet(tmp_path / "data")
    with pytest.raises(SettingsError, match="cannot tell the format of data"):
        source(tmp_path, path="data").read(DAY)
    assert collected(source(tmp_path, path="data", format="parquet").read(DAY)).height


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    folder = tmp_path_factory.mktemp("s3")
    for day in range(1, 8):
        place = folder / "bucket" / "flights" / f"date=2026-01-{day:02}"
        place.mkdir(parents=True)
        rows(day).write_parquet(place / "part 1.parquet")
    (folder / "bucket" / "labels.csv").write_text("at,y\n2026-01-05 01:00:00,1\n")
    (folder / "bucket" / "bad").mkdir()
    (folder / "bucket" / "bad" / "x.parquet").write_bytes(b"<html>")
    with s3(folder) as running:
        yield running


def remote(server: S3, path: str, **changes: object) -> SliceSource:
    access = {
        "endpoint": server.endpoint,
        "access_key": server.access_key,
        "secret_key": server.secret_key,
        **changes,
    }
    return source(Path(), path=path, s3=access)


@pytest.mark.real("s3")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("s3://bucket/flights", 2),
        ("s3://bucket/flights/", 2),
        ("s3://bucket/flights/date=2026-01-0[45]/*.parquet", 2),
        ("s3://bucket/flights/date=2026-01-05/part 1.parquet", 2),
        ("s3://bucket/labels.csv", 1),
    ],
)
def test_objects_are_slices(server, path, expected) -> None:
    """A prefix, a pattern and an object give the window's rows."""
    found = remote(server, path).read(DAY)
    assert collected(found).height == expected
    assert found.manifest == remote(server, path).read(DAY).manifest


@pytest.mark.real("s3")
def test_a_damaged_object_is_corrupt(server) -> None:
    """The message names the object and its size."""
    with pytest.raises(SliceCorrupt, match=r"x\.parquet \(6 bytes\).*HTML"):
        remote(server, "s3://bucket/bad/").read(DAY)


@pytest.mark.real("s3")
def test_wrong_keys_are_told_at_once_and_masked(server) -> None:
    """A retry cannot help, and no secret is in the message."""
    secret = "wrong-secret-value"
    with pytest.raises(SliceUnavailable, match="access denied") as caught:
        remote(server, "s3://bucket/flights", secret_key=secret).read(DAY)
    assert not caught.value.retryable
    assert secret not in str(caught.value)
    assert server.access_key not in str(caught.value)


@pytest.mark.real("s3")
@pytest.mark.parametrize(
    ("path", "reason"),
    [("s3://nobucket/x", "no such bucket"), ("s3://bucket/nothing", "no data file")],
)
def test_a_place_that_is_not_there_is_named(server, path, reason) -> None:
    """Neither a bucket nor a prefix appears by trying again."""
    with pytest.raises(SliceUnavailable, match=reason) as caught:
        remote(server, path).read(DAY)
    assert not caught.value.retryable
    assert path in str(caught.value)
    bucket = f"{server.endpoint} s3://nobucket" if "nobucket" in path else ""
    assert caught.value.place == bucket


def test_a_server_that_is_down_may_be_tried_again() -> None:
    """The wait is bounded, and the message names the address."""
    endpoint = f"http://127.0.0.1:{free_port()}"
    down = S3(endpoint, Path())
    begun = time.monotonic()
    with pytest.raises(SliceUnavailable, match=f"{endpoint}: no answer") as caught:
        remote(down, "s3://bucket/flights").read(DAY)
    assert caught.value.retryable
    assert caught.value.place == endpoint
    assert time.monotonic() - begun < 60


def test_without_credentials_the_message_says_what_to_set(monkeypatch) -> None:
    """Nothing is asked of a server without a key."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    nobody = source(Path(), path="s3://bucket/x", s3={"endpoint": "http://127.0.0.1:9"})
    with pytest.raises(
        SliceUnavailable, match="set access_key and secret_key"
    ) as caught:
        nobody.read(DAY)
    assert not caught.value.retryable


def test_a_folder_is_searched_to_the_bottom_and_no_further(tmp_path: Path) -> None:
    """Hidden files and folders and links to folders are left out; linked files are in."""
    rows = tmp_path / "rows"
    for name in (
        "a.parquet",
        "year=2026/b.CSV",
        "year=2026/deep/c.ndjson",
        ".hidden/d.parquet",
        "_delta_log/e.parquet",
        "year=2026/_f.parquet",
        "g.txt",
        "h.parquet/i.parquet",
    ):
        (rows / name).parent.mkdir(parents=True, exist_ok=True)
        (rows / name).write_text(name)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "j.parquet").write_text("j")
    (rows / "linked").symlink_to(tmp_path / "other", target_is_directory=True)
    (rows / "k.parquet").symlink_to(tmp_path / "other" / "j.parquet")
    found = files_at("rows", str(tmp_path), S3Settings()).found()
    assert [file.name for file in found] == [
        "a.parquet",
        "h.parquet/i.parquet",
        "k.parquet",
        "year=2026/b.CSV",
        "year=2026/deep/c.ndjson",
    ]
    assert [file.size for file in found] == [9, 19, 1, 15, 23]
