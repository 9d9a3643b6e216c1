"""A manifest beside a window's files on disk, held against the files."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from driftline.adapters.sources import _manifests, dask, parquet
from driftline.adapters.sources._files import S3Settings, files_at
from driftline.core.roles import Roles, Task
from driftline.core.window import Every, day_window, window_at
from driftline.errors import (
    SliceCorrupt,
    SliceMissing,
    SliceTooLarge,
    SliceUnavailable,
)
from driftline.ports import Context, SliceSource

DAY = day_window(date(2026, 1, 5))
ODD = "zü 'a' \"b\" <c>.parquet"


def rows(number: int = 5, hour: int = 6, count: int = 3) -> pl.DataFrame:
    start = datetime(2026, 1, number, hour, tzinfo=UTC)
    stamps = [start + timedelta(minutes=i) for i in range(count)]
    return pl.DataFrame({"at": stamps, "n": range(count)})


def source(root: Path, **changes: Any) -> SliceSource:
    given = {"path": "in", "manifest": "in/{day}/files.json", **changes}
    context = Context("m", str(root), "UTC", Roles(Task.BINARY, "at", "p"))
    return parquet.build(parquet.Settings.model_validate(given), context)


def entry(file: Path, count: int = 3, **changes: Any) -> dict[str, Any]:
    """All that can be said of a file."""
    data = file.read_bytes()
    sums = {name: hashlib.new(name, data).hexdigest() for name in ("sha256", "md5")}
    return {"path": file.name, "size": len(data), "rows": count, **sums, **changes}


def note(folder: Path, *files: dict[str, Any], **more: Any) -> None:
    """The folder's manifest."""
    (folder / "files.json").write_text(json.dumps({"files": files, **more}))


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """A day's folder with two files, and no manifest yet."""
    folder = tmp_path / "in" / "2026-01-05"
    folder.mkdir(parents=True)
    rows().write_parquet(folder / ODD)
    rows(hour=8).write_csv(folder / "b.csv")
    return folder


def told(landing: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    return entry(landing / ODD), entry(landing / "b.csv")


def height(found: Any) -> int:
    return found.data.collect(engine="streaming").height


@pytest.mark.parametrize("kind", [parquet, dask])
def test_a_day_that_is_as_its_manifest_says_is_read(tmp_path, landing, kind) -> None:
    """Whatever else stands there, and whatever the files are called."""
    one, two = told(landing)
    note(landing, one | {"by": "us"}, two, made="today")
    given = kind.Settings(path="in", manifest="in/{day}/files.json")
    context = Context("m", str(tmp_path), "UTC", Roles(Task.BINARY, "at", "p"))
    data = kind.build(given, context).read(DAY).data
    parts = data if isinstance(data, list) else [data]
    assert sum(part.collect().height for part in parts) == 6


def test_a_day_without_its_manifest_is_missed(tmp_path, landing) -> None:
    """Its files may not be all there; once it is written, they are read."""
    waits = source(tmp_path)
    with pytest.raises(
        SliceMissing, match=r"no manifest in/2026-01-05/files\.json yet"
    ):
        waits.read(DAY)
    note(landing, *told(landing))
    assert height(waits.read(DAY)) == 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: files[0].update(path="c.parquet"), "'c.parquet', which"),
        (
            lambda files: files.extend(
                {"path": f"{n}.csv", "rows": 1} for n in range(3)
            ),
            "'0.csv' and 2 more, which the manifest",
        ),
    ],
)
def test_a_file_that_is_named_and_not_there_is_waited_for(
    tmp_path, landing, change, words
) -> None:
    """It is wanting, not damaged; and no day of rest, since the manifest says so."""
    files = list(told(landing))
    change(files)
    note(landing, *files)
    with pytest.raises(SliceUnavailable, match=words) as caught:
        source(tmp_path).read(DAY)
    assert not isinstance(caught.value, SliceMissing)
    assert not caught.value.retryable


def test_a_manifest_that_is_not_complete_is_waited_for(tmp_path, landing) -> None:
    """Also where all that it names is there."""
    note(landing, *told(landing), complete=False)
    with pytest.raises(SliceUnavailable, match="says that more files will come"):
        source(tmp_path).read(DAY)


WRONG = {
    "size": (7, r"bytes \d+, and its manifest says 7"),
    "rows": (4000, "rows 3, and its manifest says 4,000"),
    "sha256": ("0" * 64, "and its manifest says 000000000000"),
    "md5": ("F" * 32, "and its manifest says ffffffffffff"),
}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("figure", WRONG)
def test_a_figure_that_is_another_is_corrupt(tmp_path, landing, number, figure) -> None:
    """With the file, what is found, what is said, and what to do."""
    files = told(landing)
    said, words = WRONG[figure]
    files[number][figure] = said
    note(landing, *files)
    with pytest.raises(SliceCorrupt, match=words) as caught:
        source(tmp_path).read(DAY)
    assert files[number]["path"] in str(caught.value)
    assert "write it and its manifest again" in str(caught.value)


def test_a_flipped_bit_is_seen_by_its_checksum(tmp_path, landing) -> None:
    """Inside a value Parquet does not see it, and the size and the rows are right."""
    note(landing, *told(landing))
    read = source(tmp_path)
    assert height(read.read(DAY)) == 6
    whole = bytearray((landing / ODD).read_bytes())
    whole[40] ^= 1
    (landing / ODD).write_bytes(whole)
    with pytest.raises(SliceCorrupt, match="sha256"):
        read.read(DAY)


def test_rows_in_a_file_that_nobody_named_are_corrupt(tmp_path, landing) -> None:
    """A file that is half written, or left over, is never judged with the others."""
    note(landing, *told(landing))
    rows(hour=9).write_parquet(landing / "stray.parquet")
    with pytest.raises(SliceCorrupt, match=r"stray\.parquet holds rows of 2026-01-05"):
        source(tmp_path).read(DAY)
    rows(9).write_parquet(landing / "stray.parquet")
    assert height(source(tmp_path).read(DAY)) == 6


def test_a_file_of_the_next_day_is_named_by_its_own_manifest(tmp_path, landing) -> None:
    """It may hold the last rows of this one, and is as sound as that manifest says."""
    note(landing, *told(landing))
    later = tmp_path / "in" / "2026-01-06"
    later.mkdir()
    rows(count=9, hour=23).write_parquet(later / "a.parquet")
    with pytest.raises(SliceCorrupt, match=r"a\.parquet holds rows of 2026-01-05"):
        source(tmp_path).read(DAY)
    note(later, entry(later / "a.parquet", 9))
    assert height(source(tmp_path).read(DAY)) == 15
    note(later, entry(later / "a.parquet", 10))
    with pytest.raises(SliceCorrupt, match="rows 9, and its manifest says 10"):
        source(tmp_path).read(DAY)


def test_a_day_of_no_files_is_a_day_without_rows(tmp_path, landing) -> None:
    """Its manifest says so, and nobody waits for it."""
    note(landing, *told(landing))
    (tmp_path / "in" / "2026-01-06").mkdir()
    note(tmp_path / "in" / "2026-01-06")
    assert height(source(tmp_path).read(DAY.following)) == 0


@pytest.mark.parametrize(
    "path",
    ["../../b.csv", "/etc/passwd", "../../../b.csv", "s3://other/in/b.csv"],
)
def test_no_path_leads_out_of_the_folder(tmp_path, landing, path) -> None:
    """Such a manifest is refused, whether or not there is such a file."""
    (tmp_path / "b.csv").write_text("at,n\n2026-01-05,1\n")
    note(landing, *told(landing), {"path": path, "rows": 1})
    with pytest.raises(SliceCorrupt, match=f"'{path}', which is not in the source's"):
        source(tmp_path).read(DAY)


@pytest.mark.parametrize("pattern", ["in/*", "in/2026-01-05/*", "in/**/*.*"])
def test_manifests_may_lie_in_a_folder_of_their_own(tmp_path, landing, pattern) -> None:
    """Paths are read from there, through as many folders as it takes."""
    (tmp_path / "lists").mkdir()
    one, two = told(landing)
    files = [each | {"path": f"../in/2026-01-05/{each['path']}"} for each in (one, two)]
    text = json.dumps({"files": files})
    (tmp_path / "lists" / "20260105.json").write_text(text)
    own = source(tmp_path, manifest="lists/{day:%Y%m%d}.json")
    assert height(own.read(DAY)) == 6
    if pattern != "in/*":
        by_pattern = source(tmp_path, path=pattern, manifest="lists/{day:%Y%m%d}.json")
        assert height(by_pattern.read(DAY)) == 6


BROKEN = {
    "cut": ('{"files": [{"path": "b.c', "Invalid JSON"),
    "a list": ("[]", "object"),
    "no files": ("{}", "files: Field required"),
    "no figure": ('{"files": [{"path": "b.csv"}]}', "files.0: .*give size, rows"),
    "no number": ('{"files": [{"path": "b.csv", "size": "x"}]}', "files.0.size"),
    "less than none": ('{"files": [{"path": "b.csv", "rows": -1}]}', "files.0.rows"),
    "no sum": ('{"files": [{"path": "b.csv", "md5": "secret"}]}', "files.0.md5"),
    "too deep": ("[" * 9000, "Invalid JSON"),
    "not UTF-8": ("\udcff", "Invalid JSON"),
    "twice": (
        '{"files": [{"path": "b.csv", "size": 1}, {"path": "./b.csv", "size": 1}]}',
        "names './b.csv', twice",
    ),
    "an ETag on disk": ('{"files": [{"path": "b.csv", "etag": "x"}]}', "an ETag alone"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_manifest_without_sense_is_corrupt(tmp_path, landing, kind) -> None:
    """It is named with the entry that is wrong, and nothing of it is quoted."""
    text, words = BROKEN[kind]
    raw = text.encode(errors="surrogateescape")
    (landing / "files.json").write_bytes(raw)
    with pytest.raises(SliceCorrupt, match=words) as caught:
        source(tmp_path).read(DAY)
    assert "secret" not in str(caught.value)


def test_a_huge_manifest_is_not_read(tmp_path, landing, monkeypatch) -> None:
    """Before a byte of it is."""
    note(landing, *told(landing))
    monkeypatch.setattr(_manifests, "LARGEST", 100)
    with pytest.raises(SliceTooLarge, match="more than the 100 that are read"):
        source(tmp_path).read(DAY)


def test_a_file_that_is_too_large_is_not_looked_at(tmp_path, landing) -> None:
    """Its checksum would take as long as it is large; an object would be fetched."""
    note(landing, *told(landing))
    with pytest.raises(SliceTooLarge, match="more than the 9 that its source allows"):
        source(tmp_path, limits={"file_bytes": 9}).read(DAY)


@pytest.mark.parametrize("template", ["in/{date}.json", "in/{day", "in/{day:}.json"])
def test_a_template_is_filled_in_or_refused(template) -> None:
    """When the monitor file is read."""
    with pytest.raises(ValidationError, match=r"only \{day\} and such as"):
        parquet.Settings(path="in", manifest=template)


def test_an_hour_has_a_manifest_of_its_own() -> None:
    """By the clock of the monitor."""
    hour = window_at(datetime(2026, 1, 5, 23, tzinfo=UTC), Every.HOUR, "Europe/Oslo")
    assert _manifests.filled("{day:%Y-%m-%dT%H}.json", hour) == "2026-01-06T00.json"


@given(st.lists(st.sampled_from(["..", ".", "a", "in", "/", "b.csv"]), max_size=8))
def test_no_name_has_a_place_outside(parts) -> None:
    """However a path is put together."""
    found = files_at("in", "/data", S3Settings())
    place = found.place_of("/".join(parts), "/data/in/m.json")
    assert place is None or Path(place).is_relative_to("/data/in")
