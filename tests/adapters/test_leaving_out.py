"""Sources that may leave out damaged files: what can be read is, and the rest is said."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from driftline.adapters.sources import dask, parquet
from driftline.core.roles import Roles, Task
from driftline.core.window import day_window
from driftline.errors import SliceCorrupt
from driftline.ports import Context, SliceSource

DAY = day_window(date(2026, 1, 5))


def source(root: Path, kind: Any = parquet, **changes: Any) -> SliceSource:
    given = {"path": "in", "allow_partial": True, **changes}
    context = Context("m", str(root), "UTC", Roles(Task.BINARY, "at", "p"))
    return kind.build(kind.Settings.model_validate(given), context)


def rows(hour: int, count: int = 3) -> pl.DataFrame:
    start = datetime(2026, 1, 5, hour, tzinfo=UTC)
    stamps = [start + timedelta(seconds=i) for i in range(count)]
    noise = np.random.default_rng(hour).normal(size=count)
    return pl.DataFrame({"at": stamps, "n": range(count), "x": noise})


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A folder with two good files."""
    folder = tmp_path / "in"
    folder.mkdir()
    rows(6).write_parquet(folder / "a.parquet")
    rows(8).write_csv(folder / "b.csv")
    return folder


def height(found: Any) -> int:
    frames = found.data if isinstance(found.data, list) else [found.data]
    return sum(frame.collect(engine="streaming").height for frame in frames)


def inside_a_page(whole: bytes) -> bytes:
    """Compressed values overwritten, far from every header."""
    middle = len(whole) // 2
    return whole[:middle] + b"\xff" * 4000 + whole[middle + 4000 :]


@pytest.mark.parametrize("kind", [parquet, dask])
@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-1],
        lambda whole: b"",
        lambda whole: b"<html>502 Bad Gateway</html>",
        inside_a_page,
    ],
    ids=["cut", "empty", "html", "page"],
)
def test_a_damaged_file_is_left_out_and_named(
    tmp_path: Path, landing: Path, damage: Callable[[bytes], bytes], kind: Any
) -> None:
    """The others are read whole; how much that is, is said; whole again, all is read."""
    bad = landing / "c.parquet"
    rows(10, count=3000).write_parquet(bad)
    whole = bad.read_bytes()
    bad.write_bytes(damage(whole))
    found = source(tmp_path, kind).read(DAY)
    [partial] = found.partial
    assert height(found) == 6
    assert [file.name for file in partial.left_out] == ["c.parquet"]
    assert "c.parquet" in partial.left_out[0].why
    sizes = [(landing / name).stat().st_size for name in ("a.parquet", "b.csv")]
    assert (partial.read, partial.read_bytes) == (2, sum(sizes))
    bad.write_bytes(whole)
    again = source(tmp_path, kind).read(DAY)
    assert (height(again), again.partial) == (3006, ())
    assert again.manifest != found.manifest


@pytest.mark.parametrize("name", ["c.csv", "c.ndjson"])
def test_text_that_breaks_off_is_left_out(
    tmp_path: Path, landing: Path, name: str
) -> None:
    """A record with fewer fields, or a line of JSON that is cut."""
    text = {"c.csv": "at,n,x\n2026-01-05T09:00:00,1\n", "c.ndjson": '{"at": "2026'}
    (landing / name).write_text(text[name])
    found = source(tmp_path).read(DAY)
    assert (height(found), found.partial[0].read) == (6, 2)


def test_a_file_that_is_repaired_under_a_source_that_lives_is_read(
    tmp_path: Path, landing: Path
) -> None:
    """Nothing that was found wrong with a file is remembered of another one."""
    (landing / "c.csv").write_text("")
    reading = source(tmp_path)
    assert reading.read(DAY).partial
    rows(10).write_csv(landing / "c.csv")
    assert (height(reading.read(DAY)), reading.read(DAY).partial) == (9, ())


def test_where_nothing_can_be_read_the_window_is_corrupt(tmp_path: Path) -> None:
    """As it is where no file may be left out, for the first one's reason."""
    (tmp_path / "in").mkdir()
    for name in ("a.parquet", "b.csv"):
        (tmp_path / "in" / name).write_bytes(b"")
    with pytest.raises(SliceCorrupt, match=r"a\.parquet is empty"):
        source(tmp_path).read(DAY)


def test_unless_it_is_allowed_one_damaged_file_ends_the_reading(
    tmp_path: Path, landing: Path
) -> None:
    """Nothing is left out that nobody agreed to leave out."""
    (landing / "c.parquet").write_bytes(b"")
    with pytest.raises(SliceCorrupt, match=r"c\.parquet is empty"):
        source(tmp_path, allow_partial=False).read(DAY)


def test_a_file_that_is_not_as_its_manifest_says_is_left_out(
    tmp_path: Path, landing: Path
) -> None:
    """So is one that nobody named; one that is named and wanting is waited for."""
    said = [{"path": "a.parquet", "rows": 3}, {"path": "b.csv", "rows": 4}]
    (landing / "files.json").write_text(json.dumps({"files": said}))
    rows(10).write_csv(landing / "c.csv")
    found = source(tmp_path, manifest="in/files.json").read(DAY)
    left = {file.name: file.why for file in found.partial[0].left_out}
    assert height(found) == 3
    assert "rows 3, and its manifest says 4" in left["b.csv"]
    assert "is not in the manifest" in left["c.csv"]


def test_the_extent_is_that_of_the_files_that_can_be_read(
    tmp_path: Path, landing: Path
) -> None:
    """A damaged file has no first row and no last."""
    (landing / "c.parquet").write_bytes(b"")
    first, last = source(tmp_path).extent() or (None, None)
    assert (first, last) == (rows(6)["at"][0], rows(8)["at"][2])
