"""Parquet files whose footer says less than their pages hold."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.adapters.engines.local import LocalEngine
from driftline.adapters.engines.local import Settings as EngineSettings
from driftline.adapters.sources import _pages
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.errors import SliceCorrupt, SliceTooLarge
from tests.security.test_hostile_files import bomb, read

STAMP = datetime(2026, 1, 5, 1)
TEXT, COUNT = 5_000_000, 20
"""Bytes of a value, and how many there are: nothing but one letter, over and over."""


def number(n: int, width: int = 0) -> bytes:
    """As Thrift's compact protocol writes it, in no fewer bytes than `width`."""
    digits = [n << 1 & 127]
    while n := n >> (7 if len(digits) > 1 else 6):
        digits.append(n & 127)
    digits += [0] * (width - len(digits))
    return bytes([*(d | 128 for d in digits[:-1]), digits[-1]])


def lie(file: Path, truth: int, said: int, *, in_pages: bool = False) -> None:
    """Every such number of the footer, or of all that lies before it, is another."""
    whole, true = file.read_bytes(), number(truth)
    start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    pages, footer = whole[:start], whole[start:]
    told = number(said, len(true))
    assert true in (pages if in_pages else footer)
    if in_pages:
        file.write_bytes(pages.replace(true, told) + footer)
    else:
        file.write_bytes(pages + footer.replace(true, told))


def long_text(file: Path) -> int:
    """Few values that are long, in few bytes; what they unpack to."""
    text = pa.array(["a" * TEXT] * COUNT, pa.large_string())
    table = pa.table({"at": [STAMP] * COUNT, "text": text})
    how = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    pq.write_table(table, file, **how, store_schema=False)
    assert file.stat().st_size < 10_000
    return int(pq.read_metadata(file).row_group(0).column(1).total_uncompressed_size)


def test_bytes_that_the_footer_hides_are_counted(tmp_path):
    """Whatever a footer makes of its pages: their own headers are asked."""
    size = long_text(tmp_path / "a.parquet")
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(0).total_byte_size
    lie(tmp_path / "a.parquet", size, 100)
    lie(tmp_path / "a.parquet", group, 100)
    told = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    assert told.total_byte_size == told.column(1).total_uncompressed_size == 100

    with pytest.raises(SliceTooLarge, match=r"100,000,.* bytes in one row group"):
        read(tmp_path, "a.parquet", group_bytes=99_000_000)
    read(tmp_path, "a.parquet", group_bytes=101_000_000)


def test_values_that_the_footer_hides_are_counted(tmp_path):
    """A hundred rows by the footer, two millions by the pages."""
    bomb(tmp_path / "b.parquet", 2_000_000)
    lie(tmp_path / "b.parquet", 2_000_000, 100)
    assert pq.read_metadata(tmp_path / "b.parquet").num_rows == 100

    with pytest.raises(SliceTooLarge, match="bytes in one row group"):
        read(tmp_path, "b.parquet", group_bytes=10_000_000)


def test_a_page_that_unpacks_to_more_than_its_header_says_is_corrupt(tmp_path):
    """It is unpacked into as much room as its header asks for, and no more."""
    long_text(tmp_path / "a.parquet")
    page = TEXT * COUNT + COUNT * 4
    found = [held for held in _all(tmp_path / "a.parquet") if held.size > page]
    lie(tmp_path / "a.parquet", found[0].size, 1000, in_pages=True)
    rows = read(tmp_path, "a.parquet")
    with pytest.raises(SliceCorrupt):
        LocalEngine(EngineSettings()).table(rows)


def _all(file: Path) -> list[_pages.Held]:
    return [h for group in _pages.held(file, pq.read_metadata(file)) for h in group]


WRITERS: dict[str, Callable[[pl.DataFrame, Path], object]] = {
    "polars": lambda rows, file: rows.write_parquet(file, row_group_size=1000),
    "arrow": lambda rows, file: pq.write_table(rows.to_arrow(), file),
    "second version": lambda rows, file: pq.write_table(
        rows.to_arrow(), file, data_page_version="2.0", write_page_checksum=True
    ),
    "small pages": lambda rows, file: pq.write_table(
        rows.to_arrow(), file, data_page_size=100, write_batch_size=10
    ),
    "text as it is": lambda rows, file: pq.write_table(
        rows.to_arrow(), file, use_dictionary=False, compression="NONE"
    ),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_pages_hold_what_an_honest_footer_says(tmp_path, writer):
    """All values of every column, and no byte more than the footer counts."""
    rows = pl.DataFrame(
        {
            "at": [STAMP] * 3000,
            "x": [i / 7 for i in range(3000)],
            "city": ["Oslo", "Bern", None] * 1000,
            "list": [[1, 2], [], None] * 1000,
        }
    )
    WRITERS[writer](rows, tmp_path / "a.parquet")
    footer = pq.read_metadata(tmp_path / "a.parquet")
    for number_, pages in enumerate(_pages.held(tmp_path / "a.parquet", footer)):
        group = footer.row_group(number_)
        for i, page in enumerate(pages):
            assert page.values == group.column(i).num_values
            assert 0 < page.size <= group.column(i).total_uncompressed_size


def test_a_header_without_sense_is_corrupt(tmp_path):
    """A page that is overwritten is named with its file before anything is decoded."""
    long_text(tmp_path / "a.parquet")
    whole = bytearray((tmp_path / "a.parquet").read_bytes())
    whole[4:20] = b"\xff" * 16
    (tmp_path / "a.parquet").write_bytes(whole)
    with pytest.raises(SliceCorrupt, match=r"a\.parquet \(\d+ bytes\)"):
        read(tmp_path, "a.parquet")


@given(st.binary(max_size=60))
def test_any_bytes_are_a_header_or_none(data):
    """No other error leaves the parser, and what it finds lies within or at the end."""
    try:
        page, after = _pages._page(data, 0)
    except ValueError:
        return
    assert min(page.size, page.values) >= 0
    assert after > 0


@given(st.integers(0, 2**40), st.integers(0, 8))
def test_numbers_are_read_as_they_are_written(n, width):
    """In as many bytes as it takes, or in more."""
    coded = number(n, width)
    assert _pages._number(coded + b"\x7f", 0) == (n, len(coded))


def test_a_slice_of_honest_pages_is_read(tmp_path):
    """What is counted costs nobody a row."""
    rows = pl.DataFrame({"at": [STAMP] * 9, "x": range(9)})
    rows.write_parquet(tmp_path / "a.parquet")
    found = read(tmp_path, "a.parquet")
    assert isinstance(found, Slice)
    assert found.window == day_window(date(2026, 1, 5))
    assert LocalEngine(EngineSettings()).table(found).equals(rows)
