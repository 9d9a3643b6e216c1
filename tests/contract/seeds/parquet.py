"""Rows as a folder of Parquet files, one of them in a partition folder."""

from pathlib import Path
from typing import Any

import polars as pl


def seed(rows: pl.DataFrame, folder: Path) -> dict[str, Any]:
    """Settings of a source that holds these rows."""
    half = rows.height // 2
    (folder / "files" / "part=1").mkdir(parents=True)
    rows[:half].write_parquet(folder / "files" / "a.parquet")
    rows[half:].write_parquet(folder / "files" / "part=1" / "b.parquet")
    return {"path": "files"}
