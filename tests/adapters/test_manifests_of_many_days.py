"""An interval of several days is read by the manifests of its days, as a reference is."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from driftline.adapters.sources import parquet
from driftline.adapters.sources._files import Found, LocalFiles
from driftline.core.roles import Roles, Task
from driftline.core.window import Window, day_window, spanning
from driftline.errors import SliceCorrupt, SliceMissing, SliceUnavailable
from driftline.ports import Context, SliceSource

ROLES = Roles(Task.BINARY, "at", "p")


def window(number: int) -> Window:
    return day_window(date(2026, 1, number))


def deliver(root: Path, number: int) -> Path:
    """A day's file of three rows, and the manifest that names it."""
    folder = root / "in" / f"2026-01-{number:02}"
    folder.mkdir(parents=True)
    start = datetime(2026, 1, number, 6, tzinfo=UTC)
    stamps = [start + timedelta(minutes=i) for i in range(3)]
    pl.DataFrame({"at": stamps}).write_parquet(folder / "a.parquet")
    said = {"files": [{"path": "a.parquet", "rows": 3}]}
    (folder / "files.json").write_text(json.dumps(said))
    return folder


def source(root: Path) -> SliceSource:
    given = {"path": "in", "manifest": "in/{day}/files.json"}
    settings = parquet.Settings.model_validate(given)
    return parquet.build(settings, Context("m", str(root), "UTC", ROLES))


def height(found) -> int:
    return found.data.collect().height


@pytest.mark.parametrize("first", [4, 5])
def test_days_without_a_delivery_may_begin_or_interrupt_it(tmp_path, first) -> None:
    """On the 4th and the 7th nobody delivers, and so nobody writes a manifest."""
    for number in (5, 6, 8, 9):
        deliver(tmp_path, number)
    assert height(source(tmp_path).read(spanning(window(first), window(9)))) == 12


def test_without_any_manifest_nothing_is_complete(tmp_path) -> None:
    """Rows that lie there already may be half of what will come."""
    (deliver(tmp_path, 5) / "files.json").unlink()
    with pytest.raises(SliceMissing, match=r"2026-01-04/files\.json yet"):
        source(tmp_path).read(spanning(window(4), window(9)))


def test_rows_that_no_days_manifest_names_are_refused(tmp_path) -> None:
    """And the manifests are named among which the file's is to be looked for."""
    deliver(tmp_path, 5)
    (deliver(tmp_path, 7) / "files.json").unlink()
    said = r"07/a.parquet is in none of the manifests in/2026-01-04.* to in/2026-01-09"
    with pytest.raises(SliceCorrupt, match=said):
        source(tmp_path).read(spanning(window(4), window(9)))


@pytest.mark.parametrize("name", ["a.parquet", "files.json"])
def test_a_file_that_goes_while_it_is_looked_at_is_unavailable(
    tmp_path, monkeypatch, name
) -> None:
    """Another delivery takes its place: that is no fault of the monitor, and may pass."""
    folder = deliver(tmp_path, 5)

    def path(_: LocalFiles, file: Found) -> Path:
        if file.place.endswith(name):
            (folder / name).unlink()
        return Path(file.place)

    monkeypatch.setattr(LocalFiles, "path", path)
    with pytest.raises(SliceUnavailable, match=f"{name} cannot be read") as caught:
        source(tmp_path).read(window(5))
    assert caught.value.retryable


def test_a_delivery_while_files_are_listed_is_not_called_incomplete(
    tmp_path, monkeypatch
) -> None:
    """The manifest is written last and so read first: it names no file that came later."""
    deliver(tmp_path, 4)
    listed = LocalFiles.found

    def found(files: LocalFiles) -> list[Found]:
        known = listed(files)
        deliver(tmp_path, 5)
        return known

    monkeypatch.setattr(LocalFiles, "found", found)
    with pytest.raises(SliceMissing, match=r"no manifest in/2026-01-05"):
        source(tmp_path).read(window(5))
