"""One data file as a lazy frame, after its bytes were found whole."""

import csv
from collections import Counter
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import polars as pl

from driftline.adapters.sources._limits import (
    Limits,
    check_columns,
    check_schema,
    check_size,
    check_text,
)
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.errors import (
    SchemaMismatch,
    SettingsError,
    SliceCorrupt,
    SliceUnavailable,
)

MAGIC = b"PAR1"
SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}

UNDECODABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What Polars raises of damage; a panic is no `Exception`."""


def open_file(path: Path) -> Slice:
    """All rows of one local file, whatever their times; there is no window to speak of.

    Raises `SliceUnavailable`, `SliceCorrupt`, `SliceTooLarge` or `SettingsError`.
    """
    if path.is_dir():
        raise SettingsError(f"{path} is a folder; name a file in it")
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise SettingsError(
            f"cannot tell the format of {path.name}; known endings: {', '.join(SUFFIXES)}"
        )
    if not path.is_file():
        raise SliceUnavailable(f"there is no file {path}", retryable=False)
    check_size(path.name, path.stat().st_size, Limits())
    try:
        frame = frame_of(path, kind, path.name, Limits(), dated=True)
        schema = frame.collect_schema()
    except UNDECODABLE as error:
        raise SliceCorrupt(
            f"{path.name} cannot be decoded as {kind} ({type(error).__name__})"
        ) from error
    names = {name: str(dtype) for name, dtype in schema.items()}
    always = day_window(date(1970, 1, 1))
    return Slice(always, frame, names, digest_of(path, kind), path.name)


def frame_of(
    path: Path, kind: str, name: str, limits: Limits, *, dated: bool = False
) -> pl.LazyFrame:
    """The file's rows. `SliceCorrupt` names the file, its size and, in CSV, the line.

    `SliceTooLarge` names the limit, before anything is unpacked. With `dated`, text in
    a CSV that reads as times are times, as a Parquet file would have them.
    """
    size = path.stat().st_size
    if size == 0:
        raise SliceCorrupt(f"{name} is empty: 0 bytes, not even a header")
    match kind:
        case "parquet":
            _check_parquet(path, name, size)
            check_schema(path, name, limits)
            return pl.scan_parquet(path, glob=False, hive_partitioning=False)
        case "csv":
            check_text(path, name, limits)
            check_columns(name, len(_header(path, name)), limits)
            _check_csv(path, name)
            return _csv(path, dated)
        case _:
            check_text(path, name, limits)
            return _ndjson(path, name, limits)


def _csv(path: Path, dated: bool) -> pl.LazyFrame:
    """With the names that were quoted: Polars leaves a quote in a header doubled."""
    frame = pl.scan_csv(
        path, glob=False, infer_schema_length=None, try_parse_dates=dated
    )
    doubled = [name for name in frame.collect_schema() if '""' in name]
    return frame.rename({name: name.replace('""', '"') for name in doubled})


def _ndjson(path: Path, name: str, limits: Limits) -> pl.LazyFrame:
    frame = pl.scan_ndjson(path, infer_schema_length=None)
    check_columns(name, len(frame.collect_schema()), limits)
    return frame


def decode(frame: pl.LazyFrame, name: str, size: int, kind: str) -> None:
    """Every value of the file has been decoded, some rows at a time; or `SliceCorrupt`."""
    try:
        for _ in frame.collect_batches():
            pass
    except UNDECODABLE as error:
        raise undecodable(name, size, kind, error) from error


def undecodable(name: str, size: int, kind: str, error: BaseException) -> SliceCorrupt:
    """What Polars raised of a file, in our words."""
    return SliceCorrupt(
        f"{name} ({size} bytes) cannot be decoded as {kind} ({type(error).__name__}); "
        "write it again and run the window again"
    )


def digest_of(path: Path, kind: str) -> str:
    """A digest of the footer (Parquet) or of the content."""
    with path.open("rb") as file:
        if kind == "parquet":
            file.seek(-8, 2)
            length = int.from_bytes(file.read(4), "little")
            file.seek(-8 - length, 2)
        digest = blake2b(digest_size=16)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _check_parquet(path: Path, name: str, size: int) -> None:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(-min(size, 8), 2)
        tail = file.read(8)
    length = int.from_bytes(tail[:4], "little")
    if head != MAGIC or tail[4:] != MAGIC or length + 12 > size:
        what = (
            "an HTML page" if head.lstrip().startswith(b"<") else "cut or overwritten"
        )
        raise SliceCorrupt(
            f"{name} ({size} bytes) is not a whole Parquet file: it is {what}. Write it "
            "again and run the window again."
        )


def _check_csv(path: Path, name: str) -> None:
    """Every record must have as many fields as the header."""
    _check_header(path, name)
    from pyarrow import ArrowInvalid
    from pyarrow import csv as arrow

    def refuse(row: Any) -> str:
        bad.append((row.number, row.actual_columns, row.expected_columns))
        return "error"

    bad: list[tuple[int | None, int, int]] = []
    one = arrow.ReadOptions(use_threads=False)
    strict = arrow.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse)
    raw = arrow.ConvertOptions(check_utf8=False, column_types=_as_bytes(path))
    try:
        with arrow.open_csv(path, one, strict, raw) as reader:
            for _ in reader:
                pass
    except ArrowInvalid as error:
        raise SliceCorrupt(_csv_message(name, path.stat().st_size, bad)) from error


def _csv_message(name: str, size: int, bad: list[tuple[int | None, int, int]]) -> str:
    if not bad:
        return f"{name} ({size} bytes) cannot be read as CSV"
    line, here, expected = bad[0]
    return (
        f"{name} ({size} bytes), line {line}: {here} fields where the header has "
        f"{expected}; the file is cut or its fields are not quoted. Write it again."
    )


def _check_header(path: Path, name: str) -> None:
    repeated = [field for field, n in Counter(_header(path, name)).items() if n > 1]
    if repeated:
        raise SchemaMismatch(
            f"{name} has two columns named {repeated[0]!r}; rename one"
        )


def _header(path: Path, name: str) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise SliceCorrupt(
            f"{name} ({path.stat().st_size} bytes) is not CSV text in UTF-8"
        ) from error


def _as_bytes(path: Path) -> dict[str, Any]:
    """No field is converted: only the structure is looked at here."""
    import pyarrow

    return dict.fromkeys(_header(path, path.name), pyarrow.binary())
