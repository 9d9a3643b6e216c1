"""A plan run over Arrow batches, as Spark's workers hold them.

Results travel as JSON text or plain numbers, so that no machine unpickles what another
one wrote.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from driftline.adapters.engines._polars import BATCH_ROWS, profile_of
from driftline.adapters.engines._repeats import Repeats, repeats_of, together
from driftline.adapters.engines._segments import profile_segments_of
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.slice import Slice
from driftline.errors import SliceCorrupt

if TYPE_CHECKING:
    import pyarrow as pa

RESULT = "profile"
REPEATS = "rows long, held long, classes long, hashes binary"


def counter(
    shell: Slice, names: Sequence[str], plan: Plan
) -> Callable[[Iterable["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]:
    """What turns a partition's batches into the JSON of its profiles.

    `shell` is the slice without its rows; `names` are what the batches' columns are
    called, in their order.
    """

    def count(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        for table in tables_of(batches, names, shell.origin):
            profile = profile_of(replace(shell, data=table.lazy()), plan)
            yield pa.RecordBatch.from_pydict({RESULT: [json.dumps(profile.to_json())]})

    return count


def segments_counter(
    shell: Slice,
    names: Sequence[str],
    plan: Plan,
    by: tuple[str, Sequence[str]],
) -> Callable[[Iterable["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]:
    """As `counter`, with the JSON of the whole and of each segment in a list."""

    def count(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        for table in tables_of(batches, names, shell.origin):
            part = replace(shell, data=table.lazy())
            whole, segments = profile_segments_of(part, plan, *by)
            profiles = [found.to_json() for found in (whole, *segments.values())]
            yield pa.RecordBatch.from_pydict({RESULT: [json.dumps(profiles)]})

    return count


def segments_read_back(
    texts: Iterable[str], values: Sequence[str]
) -> list[tuple[Profile, dict[str, Profile]]]:
    """The profiles that `segments_counter` wrote."""
    parts = [[Profile.from_json(p) for p in json.loads(text)] for text in texts]
    return [(whole, dict(zip(values, rest, strict=True))) for whole, *rest in parts]


def tables_of(
    batches: Iterable["pa.RecordBatch"], names: Sequence[str], origin: str
) -> Iterator[pl.DataFrame]:
    """A partition's rows as Polars tables with these column names, some batches each."""
    import pyarrow as pa

    for group in _grouped(batches):
        yield polars_of(pa.Table.from_batches(group), names, origin)


def read_back(texts: Iterable[str]) -> list[Profile]:
    """The profiles that `counter` wrote."""
    return [Profile.from_json(json.loads(text)) for text in texts]


def repeats_counter(
    shell: Slice, names: Sequence[str]
) -> Callable[[Iterable["pa.RecordBatch"]], Iterator["pa.RecordBatch"]]:
    """What turns a partition's batches into one row of `REPEATS`."""

    def count(batches: Iterable["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        import pyarrow as pa

        groups = (pa.Table.from_batches(group) for group in _grouped(batches))
        tables = (polars_of(group, names, shell.origin) for group in groups)
        parts = (repeats_of(replace(shell, data=t.lazy()), names) for t in tables)
        found = together(parts)
        row = {name: [getattr(found, name)] for name in ("rows", "held", "classes")}
        hashes = [found.hashes.tobytes()]
        yield pa.RecordBatch.from_pydict({**row, "hashes": hashes})

    return count


def repeats_read_back(table: "pa.Table") -> list[Repeats]:
    """The rows that `repeats_counter` wrote."""
    return [
        Repeats(**{**row, "hashes": np.frombuffer(row["hashes"], np.uint64)})
        for row in table.to_pylist()
    ]


def polars_of(table: "pa.Table", names: Sequence[str], origin: str) -> pl.DataFrame:
    """The same rows as a Polars table with these column names, even an empty one."""
    _require_text(table, origin)
    numbered = table.rename_columns([str(i) for i in range(table.num_columns)])
    frame = pl.DataFrame(pl.from_arrow(numbered))
    frame.columns = list(names)
    return frame


def _grouped(batches: Iterable["pa.RecordBatch"]) -> Iterator[list["pa.RecordBatch"]]:
    """Small batches together, so that each pass has enough to do."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(b.num_rows for b in held) >= BATCH_ROWS:
            yield held
            held = []
    if held:
        yield held


def _require_text(table: "pa.Table", origin: str) -> None:
    """Spark lets bytes pass as text that Polars would not survive."""
    import pyarrow as pa

    for field, column in zip(table.schema, table.columns, strict=True):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            try:
                column.validate(full=True)
            except pa.ArrowInvalid as error:
                raise SliceCorrupt(
                    f"{origin}: a text column holds bytes that are not UTF-8. Nothing of "
                    "the slice was used; read the column as binary, or write it again."
                ) from error
