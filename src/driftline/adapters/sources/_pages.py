"""What the pages of a Parquet file say that they hold, whatever its footer says.

A reader makes room for a page by the page's own header, and stops at what that states: a
page that unpacks to more is refused by the reader. So headers are all that has to be
looked at, and nothing is unpacked for it.

A header is a structure in Thrift's compact protocol: its bytes unpacked are field 2 and
those packed field 3; how many values there are is the first field of the structure in
field 5, or 8 in the second version, where the encoding is the second or the fourth one. The
bytes of the page follow it.

A page of differences has a count of its own inside, and its texts may share a long beginning:
what it unpacks to is not in its header.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNPACKED, PACKED, FIRST, SECOND, COUNT = 2, 3, 5, 8, 1
"""Fields of a page's header; `COUNT` is a field of `FIRST` and of `SECOND`."""

ENCODING = {FIRST: 2, SECOND: 4}
DELTA = (5, 6, 7)
"""Encodings by differences: of numbers, of lengths, and of texts."""

TRUE, FALSE, BYTE, DOUBLE, TEXT, STRUCTURE = 1, 2, 3, 7, 8, 12
WHOLE = (4, 5, 6)
"""Types of the protocol that a header may have; true and false take no bytes."""

LONGEST = 10
"""Bytes of a number."""

DEEPEST = 8
"""Structures within structures; a header has three."""


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes (unpacked, headers left out) and values, nulls among them, of some pages.

    With `delta` some of them may unpack to more than that.
    """

    size: int
    values: int
    delta: bool = False


def held(path: Path, footer: Any, column: str | None = None) -> Iterator[list[Held]]:
    """For each row group of PyArrow's footer what the pages of each column hold.

    With `column` the others are not looked at, and hold nothing. `ValueError` where
    there is no header that a reader would find.
    """
    with path.open("rb") as file, _mapped(file) as data:
        for number in range(footer.num_row_groups):
            group = footer.row_group(number)
            chunks = (group.column(i) for i in range(group.num_columns))
            yield [
                _chunk(data, chunk)
                if column in (None, chunk.path_in_schema)
                else Held(0, 0)
                for chunk in chunks
            ]


def _mapped(file: Any) -> mmap.mmap:
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _chunk(data: mmap.mmap, chunk: Any) -> Held:
    """All pages in the bytes of a column, also those that it has no values for.

    Some writers state a few bytes too many: what is no page may follow the last one.
    """
    at = chunk.data_page_offset
    if chunk.dictionary_page_offset:
        at = min(at, chunk.dictionary_page_offset)
    size, values, delta = 0, 0, False
    end = at + chunk.total_compressed_size
    while at < end:
        try:
            page, at = _page(data, at)
        except ValueError:
            if values < chunk.num_values:
                raise
            break
        size, values = size + page.size, values + page.values
        delta |= page.delta
    return Held(size, values, delta)


def _page(data: mmap.mmap, at: int) -> tuple[Held, int]:
    """The page that begins there, and where the next one does."""
    header, at = _structure(data, at)
    version = FIRST if FIRST in header else SECOND
    counted: dict[int, Any] = header.get(version) or {}
    sizes = [header.get(UNPACKED), header.get(PACKED), counted.get(COUNT, 0)]
    whole = [size for size in sizes if isinstance(size, int) and size >= 0]
    if len(whole) < len(sizes):
        raise ValueError("a page's header says no size")
    delta = counted.get(ENCODING[version]) in DELTA
    return Held(whole[0], whole[2], delta), at + whole[1]


def _structure(
    data: mmap.mmap | bytes, at: int, depth: int = 0
) -> tuple[dict[int, Any], int]:
    """The fields of the structure that begins there, and where it ends.

    >>> _structure(bytes([0x15, 0x02, 0x2C, 0x15, 0x54, 0x00, 0x00]), 0)
    ({1: 1, 3: {1: 42}}, 7)
    """
    fields: dict[int, Any] = {}
    number = 0
    try:
        while head := data[at]:
            number, at = number + (head >> 4), at + 1
            if head < 16:
                number, at = _number(data, at)
            fields[number], at = _value(data, at, head & 15, depth)
    except IndexError as error:
        raise ValueError("a page's header has no end") from error
    return fields, at + 1


def _value(data: mmap.mmap | bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    """A field's value, where a number or a structure; else None. And where it ends."""
    fixed = {TRUE: 0, FALSE: 0, BYTE: 1, DOUBLE: 8}
    if kind in fixed:
        return None, at + fixed[kind]
    if kind in WHOLE:
        return _number(data, at)
    if kind == TEXT:
        length, at = varint(data, at)
        return None, at + length
    if kind == STRUCTURE and depth < DEEPEST:
        return _structure(data, at, depth + 1)
    raise ValueError("a page's header holds what none has")


def _number(data: mmap.mmap | bytes, at: int) -> tuple[int, int]:
    """A whole number with its sign in the last bit."""
    coded, at = varint(data, at)
    return coded >> 1 ^ -(coded & 1), at


def varint(data: mmap.mmap | bytes, at: int) -> tuple[int, int]:
    """The number that begins there, seven bits a byte, and where the next one does.

    `ValueError` where it has no end, or more than 64 bits.

    >>> varint(bytes([0xAC, 0x02]), 0)
    (300, 2)
    """
    number = shift = 0
    for byte in data[at : at + LONGEST]:
        number |= (byte & 127) << shift
        shift, at = shift + 7, at + 1
        if byte < 128:
            return number, at
    raise ValueError("a number has no end")
