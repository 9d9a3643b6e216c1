"""Files that are there whole or not at all."""

from pathlib import Path

import polars as pl


def replace_with(path: Path, table: pl.DataFrame) -> Path:
    """The table under `path`, in one step: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    table.write_parquet(unfinished)
    return unfinished.replace(path)
