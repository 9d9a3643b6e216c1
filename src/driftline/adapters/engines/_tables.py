"""What every engine asks of columns and keys, and how it names what it made."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from io import BytesIO

import polars as pl

from driftline.adapters.engines._types import family
from driftline.core.slice import Slice
from driftline.errors import SchemaMismatch


def require(schema: Iterable[str], wanted: Iterable[str], origin: str) -> None:
    """`SchemaMismatch` with a near miss unless every wanted column is there."""
    names = list(schema)
    for name in wanted:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SchemaMismatch(f"{origin} has no column {name!r}{hint}")


def require_joinable(
    ours: Mapping[str, object], theirs: Mapping[str, object], key: Sequence[str]
) -> None:
    """`SchemaMismatch` unless every key column has types of one family on both sides."""
    for name in key:
        if family(str(ours[name])) != family(str(theirs[name])):
            raise SchemaMismatch(
                f"key column {name!r} is {ours[name]} in the slice and {theirs[name]} in "
                "the labels; write both with the same type"
            )


def digest_of_join(rows: Slice, labels: Slice, key: Sequence[str], label: str) -> str:
    """Changes whenever either side does."""
    text = f"{rows.manifest}|{labels.manifest}|{list(key)}|{label}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def digest_of_table(table: pl.DataFrame) -> str:
    """Equal for equal tables."""
    content = BytesIO()
    table.rechunk().write_ipc(content)
    return blake2b(content.getbuffer(), digest_size=16).hexdigest()
