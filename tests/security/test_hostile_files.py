"""Files made to fill the memory, and names made to leave their folder."""

import gzip
import json
import resource
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import polars as pl
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.adapters.reports.html import HtmlReports
from driftline.adapters.sources import _limits, _memory, parquet
from driftline.adapters.sources._limits import _announced
from driftline.core.roles import Roles, Task
from driftline.core.window import day_window
from driftline.errors import DriftlineError, SliceCorrupt, SliceTooLarge
from driftline.ports import Context
from tests.golden.contents import content

DAY = day_window(date(2026, 1, 5))
STAMP = datetime(2026, 1, 5, 1)


def read(folder: Path, name: str, **limits: int) -> object:
    """The day's slice of one file."""
    settings = parquet.Settings(path=name, limits=limits)
    context = Context("m", str(folder), "UTC", Roles(Task.BINARY, "at", "p"))
    return parquet.build(settings, context).read(DAY)


def bomb(file: Path, rows: int) -> None:
    """One value over and over, in one row group: bytes on disk, gigabytes decoded."""
    codes = pa.array([0], pa.int32()).take(pa.array([0] * 1000))
    repeated = pa.chunked_array([codes] * (rows // 1000)).combine_chunks()
    stamps = pa.DictionaryArray.from_arrays(repeated, pa.array([STAMP]))
    values = pa.DictionaryArray.from_arrays(repeated, pa.array([1.5]))
    table = pa.table({"at": stamps, **{f"x{i}": values for i in range(9)}})
    pq.write_table(table, file, row_group_size=rows, store_schema=False)


def wide(file: Path, columns: int) -> None:
    """One row with so many columns."""
    names = ["at", *(f"c{i}" for i in range(columns - 1))]
    values = [STAMP.isoformat(), *([1] * (columns - 1))]
    if file.suffix == ".csv":
        file.write_text(f"{','.join(names)}\n{','.join(map(str, values))}\n")
    elif file.suffix == ".jsonl":
        file.write_text(json.dumps(dict(zip(names, values, strict=True))) + "\n")
    else:
        columned = {name: [v] for name, v in zip(names, values, strict=True)}
        pq.write_table(pa.table(columned), file)


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_too_many_columns_are_refused_with_a_word(suffix, tmp_path):
    """The message has the number, the limit and the setting; one less is read."""
    name = f"w.{suffix}"
    wide(tmp_path / name, 21)
    with pytest.raises(SliceTooLarge, match=r"21 columns.* 20 .*limits: {columns: …}"):
        read(tmp_path, name, columns=20)
    assert len(read(tmp_path, name, columns=21).schema) == 21


def test_a_million_columns_are_refused_in_little_memory(tmp_path):
    """A process that may use 1 GiB says the word, and needs no more than that."""
    names = ",".join(f"c{i}" for i in range(1_000_000))
    (tmp_path / "w.csv").write_text(f"{names}\n{'1,' * 999_999}1\n")
    entry = b'"c":1,' * 1_000_000
    (tmp_path / "w.jsonl").write_bytes(b"{" + entry[:-1] + b"}\n")
    _huge_footer(tmp_path / "w.parquet", 1_000_000)
    for name in ("w.csv", "w.jsonl", "w.parquet"):
        done = _in_a_gibibyte(tmp_path, name)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("SliceTooLarge"), (name, done.stdout)


def _huge_footer(file: Path, columns: int) -> None:
    """A Parquet file whose footer begins as that of so many columns does."""
    number = b""
    while columns:
        columns, low = columns >> 7, columns & 127
        number += bytes([low | (128 if columns else 0)])
    footer = b"\x15\x02\x19\xfc" + number + b"\x00" * 40_000_000
    length = len(footer).to_bytes(4, "little")
    file.write_bytes(b"PAR1" + footer + length + b"PAR1")


def _in_a_gibibyte(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys, pathlib\n"
        "from tests.security.test_hostile_files import read\n"
        "from driftline.errors import DriftlineError\n"
        "try: read(pathlib.Path(sys.argv[1]), sys.argv[2])\n"
        "except DriftlineError as error: print(type(error).__name__, error)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script, str(folder), name],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        preexec_fn=_limited,
        env={"PYTHONPATH": ":".join(sys.path), "POLARS_MAX_THREADS": "1"},
    )


def _limited() -> None:
    # Libraries and their threads reserve addresses that they never touch: data is meant.
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path):
    """One value over and over is counted as what it is once decoded."""
    bomb(tmp_path / "b.parquet", 2_000_000)
    assert (tmp_path / "b.parquet").stat().st_size < 200_000

    with pytest.raises(SliceTooLarge, match="160,000,000 bytes in one row group"):
        read(tmp_path, "b.parquet", group_bytes=100_000_000)
    with pytest.raises(SliceTooLarge, match="2,000,000 rows"):
        read(tmp_path, "b.parquet", rows=1_999_999)
    with pytest.raises(SliceTooLarge, match="bytes, more than the 1,000 "):
        read(tmp_path, "b.parquet", file_bytes=1000)


def test_a_row_group_may_fill_half_of_the_memory(tmp_path, monkeypatch):
    """Where no limit is set, it is the machine's; one that is set counts instead."""
    bomb(tmp_path / "b.parquet", 4_000_000)
    monkeypatch.setattr(_limits, "usable_bytes", lambda: 600_000_000)

    with pytest.raises(
        SliceTooLarge, match=r"320,000,000 bytes.* the 300,000,000 that"
    ):
        read(tmp_path, "b.parquet")
    read(tmp_path, "b.parquet", group_bytes=400_000_000)


@pytest.mark.parametrize("limit", ["1000000", "max"])
def test_the_memory_is_the_containers_where_that_has_less(limit, tmp_path, monkeypatch):
    """A control group without a limit leaves the machine's."""
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    monkeypatch.setattr(_memory, "CONTAINER", (tmp_path / "memory.max",))
    machine = psutil.virtual_memory().total
    assert _memory.usable_bytes() == (machine if limit == "max" else int(limit))


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_packed_text_is_not_unpacked(suffix, tmp_path):
    """A gzip bomb under a name of text is refused before Polars unpacks it."""
    line = b"at,n\n" if suffix == "csv" else b'{"at":"2026-01-05T01:00:00","n":1}\n'
    (tmp_path / f"z.{suffix}").write_bytes(gzip.compress(line * 100_000))
    with pytest.raises(SliceCorrupt, match="is packed"):
        read(tmp_path, f"z.{suffix}")


def test_lists_count_by_their_elements(tmp_path):
    """A row may hold a list of a million numbers."""
    rows = pl.DataFrame({"at": [STAMP], "x": [[1.5] * 1_000_000]})
    rows.write_parquet(tmp_path / "l.parquet")
    with pytest.raises(SliceTooLarge, match="bytes in one row group"):
        read(tmp_path, "l.parquet", group_bytes=7_000_000)
    read(tmp_path, "l.parquet", group_bytes=9_000_000)


@pytest.mark.parametrize("columns", [1, 14, 15, 200])
def test_columns_are_counted_off_the_footers_beginning(columns, tmp_path):
    """The same number as PyArrow and Polars wrote, in both forms of a list's length."""
    frame = pl.DataFrame({f"c{i}": [1] for i in range(columns)})
    frame.write_parquet(tmp_path / "polars.parquet")
    pq.write_table(frame.to_arrow(), tmp_path / "arrow.parquet")
    assert _announced(tmp_path / "polars.parquet") == columns
    assert _announced(tmp_path / "arrow.parquet") == columns


@pytest.mark.parametrize("footer", [b"", b"\x00" * 30, b"\x15", b"\x15\x02\x19\xfc"])
def test_a_made_up_footer_is_a_corrupt_slice(footer, tmp_path):
    """No other error leaves the source, whatever stands where the footer is."""
    length = len(footer).to_bytes(4, "little")
    (tmp_path / "f.parquet").write_bytes(b"PAR1" + footer + length + b"PAR1")
    with pytest.raises(DriftlineError):
        read(tmp_path, "f.parquet")


def test_a_day_too_large_to_read_is_a_verdict(watched, tmp_path):
    """Cannot tell, exit code 2, with the word in the verdict; the next day is judged."""
    file = tmp_path / "monitors" / "orders.yaml"
    text = file.read_text()
    small = "orders.parquet, limits: {rows: 100}"
    file.write_text(text.replace("orders.parquet", small, 1))
    assert small in file.read_text()

    said = watched("run", "--day", "2026-03-11")

    assert said.code == 2
    assert "cannot-tell" in said.out
    assert "more than the 100 that its source allows" in said.out
    file.write_text(text)
    assert watched("run", "--day", "2026-03-11").code in (0, 1)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..", "a/../../x", "\x00x"])
def test_a_page_stays_in_its_folder(name, tmp_path):
    """No monitor's name leads out of the folder of reports."""
    folder = tmp_path / "reports"
    page = Path(HtmlReports(folder, None).write(content([], monitor=name)))
    assert page.resolve().is_relative_to(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["reports"]


def test_a_partition_folder_is_text_and_no_path(tmp_path):
    """A folder named to climb out is a column's value."""
    folder = tmp_path / "d" / "city=..%2F..%2Fetc"
    folder.mkdir(parents=True)
    pl.DataFrame({"at": [STAMP], "n": [1]}).write_parquet(folder / "a.parquet")
    rows = read(tmp_path, "d").data.collect()
    assert rows["city"].to_list() == ["../../etc"]
