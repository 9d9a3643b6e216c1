"""Rows as a folder of Parquet files that Spark reads."""

from pathlib import Path
from typing import Any

import polars as pl

from tests.servers.spark import SMALL


def seed(rows: pl.DataFrame, folder: Path) -> dict[str, Any]:
    """Settings of a source that holds these rows."""
    half = rows.height // 2
    (folder / "spark").mkdir(parents=True)
    rows[:half].write_parquet(folder / "spark" / "a.parquet")
    rows[half:].write_parquet(folder / "spark" / "b.parquet")
    return {"path": "spark", "master": "local[2]", "config": SMALL}
