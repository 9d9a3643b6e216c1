"""The rows of one window, before anybody has looked at them."""

from dataclasses import dataclass, replace
from typing import Any

from driftline.core.window import Window


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file whose rows are not in the slice, and the sentence that says why."""

    name: str
    size_bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class Partial:
    """What a slice lacks, where its source may leave out files that are damaged.

    `read` files with `read_bytes` are in it; whether those left out held rows of the window
    is not known.
    """

    read: int
    read_bytes: int
    left_out: tuple[LeftOut, ...]

    @property
    def coverage(self) -> float:
        """The share of the bytes that was read, 0 to 1.

        >>> Partial(2, 900, (LeftOut("c.parquet", 100, "it is cut"),)).coverage
        0.9
        """
        whole = self.read_bytes + sum(file.size_bytes for file in self.left_out)
        return self.read_bytes / max(whole, 1)


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that stay where they are until an engine opens them.

    `data` is the engine's lazy frame (a Polars LazyFrame for the local engine) and is
    touched by engines alone. `schema` maps column names to the engine's type names.
    `manifest` is a digest of what the source holds for the window (files with their
    sizes and checksums, or a table's row count and latest change): the same manifest
    means the same bytes. Stamps without a zone were read by the `clock` of that zone, the
    window's where it is empty. `partial` has, for rows and for labels that were joined,
    what was left out of them.
    """

    window: Window
    data: Any
    schema: dict[str, str]
    manifest: str
    origin: str
    clock: str = ""
    partial: tuple[Partial, ...] = ()

    def with_data(self, data: Any, schema: dict[str, str], manifest: str) -> "Slice":
        """The same window with other rows or columns."""
        return replace(self, data=data, schema=schema, manifest=manifest)
