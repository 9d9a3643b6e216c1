"""How large a file or a window may be, asked before it is opened or while it is fetched.

Few bytes can unpack to many.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline.adapters.sources._memory import usable_bytes
from driftline.adapters.sources._pages import Held, held, varint
from driftline.adapters.sources._trial import check_decoding
from driftline.errors import SliceCorrupt, SliceTooLarge

if TYPE_CHECKING:
    from driftline.adapters.sources._window_limits import WindowLimits

GIB = 1 << 30
LARGEST_GROUP, SMALL_GROUP = 8 * GIB, GIB // 4
"""The most that a row group may hold where no limit is set, and what any memory takes."""

FOOTER_END = 8
"""Bytes at the end of a Parquet file: the footer's length and the magic word."""

WIDTHS = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12, "BYTE_ARRAY": 16}
"""Bytes that one decoded value takes in memory; 8 for the other types."""

PACKED: tuple[bytes, ...] = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x78\x01")
PACKED += (b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How gzip, zstd and zlib streams begin."""


@dataclass(frozen=True)
class Limits:
    """The most that one file may hold. A larger one is not opened.

    `rows` are those of Parquet, `group_bytes` those of one of its row groups unpacked:
    None is half of the memory, since about as much is taken to read it, and 8 GiB at most.
    """

    columns: int = 10_000
    rows: int = 2_000_000_000
    file_bytes: int = 64 * GIB
    group_bytes: int | None = None


def check_window(name: str, what: str, count: int, limits: "WindowLimits") -> None:
    """`SliceTooLarge` where a window has more columns, rows or bytes than it may."""
    _check(name, what, count, what, limits)


def check_size(name: str, size: int, limits: Limits) -> None:
    """`SliceTooLarge` where the file has more bytes than it may; nothing is fetched."""
    _check(name, "bytes", size, "file_bytes", limits)


def check_columns(name: str, count: int, limits: Limits) -> None:
    """`SliceTooLarge` where the file has more columns than it may."""
    _check(name, "columns", count, "columns", limits)


def check_text(path: Path, name: str, limits: Limits) -> None:
    """The first line is short enough to be looked at, and nothing is packed.

    Polars unpacks a packed file whatever its name says, without a limit.
    """
    with path.open("rb") as file:
        # A name of 255 bytes with quotes and a comma, for every column.
        first = file.readline(258 * limits.columns + 2)
        whole = first.endswith(b"\n") or not file.read(1)
    if first.startswith(PACKED):
        raise SliceCorrupt(f"{name} is packed, although its name says text; unpack it")
    if not whole:
        raise SliceTooLarge(
            f"{name}: the first line alone has over {len(first):,} bytes, more than a "
            f"header of {limits.columns:,} columns; set `limits: {{columns: …}}` if it "
            "is right"
        )


def check_schema(path: Path, name: str, limits: Limits) -> None:
    """The columns that a Parquet footer announces, read off its beginning.

    Parsing the rest of it takes time and memory in proportion to them.
    """
    check_columns(name, _announced(path), limits)


def check_groups(
    path: Path, name: str, limits: Limits, column: str | None = None
) -> None:
    """The rows that a Parquet footer announces, and its largest row group unpacked.

    With `column` the footer is believed of the others, until they are read: a year of
    files has many pages. Raises `SliceCorrupt` where footer or pages are broken. Imports
    PyArrow, which a day has imported anyway.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    try:
        footer = read_metadata(path)
        _check(name, "rows", footer.num_rows, "rows", limits)
        groups = list(_unpacked(path, footer, column))
    except (ArrowException, OSError, ValueError) as error:
        raise SliceCorrupt(
            f"{name} ({path.stat().st_size} bytes) cannot be decoded: its footer or "
            f"a page is broken ({type(error).__name__}). Write it again and run the window "
            "again."
        ) from error
    largest, delta = (
        max((g.size for g in groups), default=0),
        any(g.delta for g in groups),
    )
    if limits.group_bytes is None and (delta or largest > SMALL_GROUP):
        limits = replace(limits, group_bytes=min(LARGEST_GROUP, usable_bytes() // 2))
    _check(name, "bytes in one row group", largest, "group_bytes", limits)
    if delta and limits.group_bytes is not None:
        check_decoding(path, name, limits.group_bytes, column)


def _check(
    name: str, what: str, count: int, setting: str, limits: "Limits | WindowLimits"
) -> None:
    most = getattr(limits, setting)
    if most is not None and count > most:
        raise SliceTooLarge(
            f"{name} has {count:,} {what}, more than the {most:,} that its source "
            f"allows; set `limits: {{{setting}: …}}` if it is right"
        )


def _announced(path: Path) -> int:
    """Columns and groups of columns, by the footer's second field; 0 where it has none.

    A footer is a structure in Thrift's compact protocol: the version, a varint, under
    the byte 0x15, then the schema, a list of structures, under 0x19.
    """
    with path.open("rb") as file:
        file.seek(-FOOTER_END, 2)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-FOOTER_END - length, 2)
        start = file.read(24)
    try:
        _, after = varint(start, 1)
        if start[:1] != b"\x15" or start[after : after + 1] != b"\x19":
            return 0
        size = start[after + 1] >> 4
        return (size if size < 15 else varint(start, after + 2)[0]) - 1
    except (ValueError, IndexError):
        return 0


def _unpacked(path: Path, footer: Any, column: str | None) -> Iterator[Held]:
    """What each row group takes in memory: as encoded, or as plain values where more.

    A column of one value over and over takes next to nothing until it is decoded. Of
    footer and pages whichever says more is believed.
    """
    widths = [_width(footer.schema.column(i)) for i in range(footer.num_columns)]
    for number, pages in enumerate(held(path, footer, column)):
        group = footer.row_group(number)
        chunks = [group.column(i) for i in range(group.num_columns)]
        values = [
            max(group.num_rows, chunk.num_values, page.values)
            for chunk, page in zip(chunks, pages, strict=True)
        ]
        plain = sum(w * n for w, n in zip(widths, values, strict=True))
        size = max(group.total_byte_size, sum(page.size for page in pages), plain)
        yield Held(size, group.num_rows, any(page.delta for page in pages))


def _width(column: Any) -> int:
    if column.physical_type == "FIXED_LEN_BYTE_ARRAY":
        return int(column.length)
    return WIDTHS.get(column.physical_type, 8)
