"""The table that everything is measured on: seeded, written group by group.

40 numeric columns of eight shapes (8 of them with 5 % nulls), 10 of text with 3 to
10,000 values, and a score. Every block of rows has its own seed, so that a table of any
size is written in the memory of one block, and the same everywhere.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

GROUP = 250_000
"""Rows per row group of the Parquet files, and per seeded block."""

NUMERIC, NULLABLE = 40, 8
CATEGORIES = (3, 5, 8, 12, 25, 60, 150, 500, 2_000, 10_000)

Draw = Callable[[np.random.Generator, int], np.ndarray]

SHAPES: tuple[Draw, ...] = (
    lambda rng, n: rng.normal(10, 3, n),
    lambda rng, n: rng.lognormal(2, 1, n),
    lambda rng, n: rng.standard_t(2.5, n),
    lambda rng, n: rng.exponential(5, n) * (rng.random(n) > 0.6),
    lambda rng, n: rng.poisson(4, n),
    lambda rng, n: rng.integers(0, 100_000, n),
    lambda rng, n: np.round(rng.gamma(2, 50, n), 2),
    lambda rng, n: rng.normal(0, 1, n).astype(np.float32),
)


def block(rows: int, seed: tuple[int, ...], numeric: int = NUMERIC) -> pl.DataFrame:
    """One block of the table; with more numeric columns the shapes are repeated."""
    rng = np.random.default_rng(seed)
    columns = [_numbers(rng, rows, i) for i in range(numeric)]
    columns += [_texts(rng, rows, i, n) for i, n in enumerate(CATEGORIES)]
    score = pl.Series("prediction", rng.beta(2, 5, rows))
    return pl.DataFrame([*columns, score])


def written(
    path: Path, rows: int, seed: int = 1, numeric: int = NUMERIC, group: int = GROUP
) -> Path:
    """The table as zstd Parquet; a file that is there already is taken as it is."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    schema = block(1, (seed,), numeric).to_arrow().schema
    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for start in range(0, rows, group):
            size = min(group, rows - start)
            table = block(size, (seed, start), numeric).to_arrow()
            writer.write_table(table.cast(schema), row_group_size=group)
    part.rename(path)
    return path


def identifiers(path: Path, rows: int) -> Path:
    """One text column in which no value comes twice."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    schema = pa.schema([("id", pa.large_string())])
    with pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for start in range(0, rows, 1_000_000):
            numbers = pl.int_range(start, min(start + 1_000_000, rows), eager=True)
            ids = numbers.hash(seed=7).cast(pl.String) + "-" + numbers.cast(pl.String)
            writer.write_table(pl.DataFrame({"id": ids}).to_arrow().cast(schema))
    part.rename(path)
    return path


def _numbers(rng: np.random.Generator, rows: int, i: int) -> pl.Series:
    values = pl.Series(f"n{i:02d}", SHAPES[i % len(SHAPES)](rng, rows))
    if i % (NUMERIC // NULLABLE) == 0 and i < NUMERIC:
        missing = pl.Series(rng.random(rows) < 0.05)
        return values.to_frame().select(pl.when(~missing).then(pl.first())).to_series()
    return values


def _texts(rng: np.random.Generator, rows: int, i: int, n: int) -> pl.Series:
    """Zipf-like frequencies, as names of shops or cities have."""
    weights = 1 / np.arange(1, n + 1) ** 0.8
    picked = rng.choice(n, rows, p=weights / weights.sum())
    names = pl.Series([f"value-{k}" for k in range(n)])
    return names.gather(picked).alias(f"c{i}")
