"""The rows of one window, before anybody has looked at them."""

from dataclasses import dataclass, replace
from typing import Any

from driftline.core.window import Window


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows that stay where they are until an engine opens them.

    `data` is the engine's lazy frame (a Polars LazyFrame for the local engine) and is
    touched by engines alone. `schema` maps column names to the engine's type names.
    `manifest` is a digest of what the source holds for the window (files with their
    sizes and checksums, or a table's row count and latest change): the same manifest
    means the same bytes. Stamps without a zone were read by the `clock` of that zone, the
    window's where it is empty.
    """

    window: Window
    data: Any
    schema: dict[str, str]
    manifest: str
    origin: str
    clock: str = ""

    def with_data(self, data: Any, schema: dict[str, str], manifest: str) -> "Slice":
        """The same window with other rows or columns."""
        return replace(self, data=data, schema=schema, manifest=manifest)
