"""Parquet pages of differences: what they unpack to is in no header."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.adapters.engines.local import LocalEngine
from driftline.adapters.engines.local import Settings as EngineSettings
from driftline.adapters.sources import _pages
from driftline.adapters.sources._trial import check_decoding
from driftline.errors import SliceCorrupt, SliceTooLarge
from tests.security.test_hostile_files import read

STAMP = datetime(2026, 1, 5, 1)
ENCODINGS = {"n": "DELTA_BINARY_PACKED", "text": "DELTA_BYTE_ARRAY"}


def write(file: Path, texts: list[str], version: str = "1.0") -> None:
    table = pa.table(
        {
            "at": [STAMP] * len(texts),
            "n": pa.array(range(len(texts)), pa.int64()),
            "text": pa.array(texts, pa.large_string()),
        }
    )
    how = {"compression": "zstd", "use_dictionary": False, "write_statistics": False}
    pq.write_table(
        table, file, **how, column_encoding=ENCODINGS, data_page_version=version
    )


def test_texts_that_share_a_long_beginning_are_refused(tmp_path: Path) -> None:
    """A kilobyte of a file would be two gigabytes; the process lives and says so."""
    write(tmp_path / "a.parquet", ["a" * 1_000_000] * 2000)
    assert (tmp_path / "a.parquet").stat().st_size < 3000
    with pytest.raises(SliceTooLarge, match=r"a\.parquet takes more than 200,000,000"):
        read(tmp_path, "a.parquet", group_bytes=100_000_000)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_honest_differences_are_read(tmp_path: Path, version: str) -> None:
    """With the usual limits, by either version of pages."""
    write(tmp_path / "a.parquet", [f"id-{i}" for i in range(5000)], version)
    rows = LocalEngine(EngineSettings()).table(read(tmp_path, "a.parquet"))
    assert rows["text"].to_list() == [f"id-{i}" for i in range(5000)]
    assert rows["n"].to_list() == list(range(5000))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_pages_say_by_what_they_are_encoded(tmp_path: Path, version: str) -> None:
    """Whatever the footer calls it: by that a file is found that needs a trial."""
    write(tmp_path / "a.parquet", ["a", "b"] * 9, version)
    footer = pq.read_metadata(tmp_path / "a.parquet")
    [pages] = _pages.held(tmp_path / "a.parquet", footer)
    assert [page.delta for page in pages] == [False, True, True]


def test_what_is_broken_is_said_by_its_reader(tmp_path: Path) -> None:
    """The trial refuses what is too large, and nothing else."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing PAR1")
    check_decoding(tmp_path / "a.parquet", "a.parquet", 1000)
    with pytest.raises(SliceCorrupt):
        read(tmp_path, "a.parquet")


def test_what_takes_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial ends, whatever a file makes of its reader."""
    write(tmp_path / "a.parquet", ["a"] * 9)
    monkeypatch.setattr("driftline.adapters.sources._trial.LONGEST_S", 0.01)
    with pytest.raises(SliceTooLarge, match=r"takes over 0\.01 s to decode"):
        check_decoding(tmp_path / "a.parquet", "a.parquet", 1000)
