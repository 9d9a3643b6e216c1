"""The files that `parquet` reads, one partition each, for the Dask engine.

Settings and windows are those of `parquet`. Workers on other machines open the files
themselves, so they must see them under the same path; objects of S3 are fetched by the
process that reads the slice, and serve workers of the same machine.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from driftline.adapters.sources import parquet
from driftline.ports import Context, SliceSource


class Settings(parquet.Settings):
    """Which files, and how their time stamps are written."""


def build(settings: Settings, context: Context) -> SliceSource:
    """The source of the monitor's files, one partition each."""
    return PartitionSource(settings, context)


class PartitionSource(parquet.FileSource):
    """`Slice.data` is a list of Polars LazyFrames, at least one.

    Each is a path for a worker to open, and never the rows themselves.
    """

    held_bytes = 0

    def _data(
        self, frames: list[pl.LazyFrame], schema: Mapping[str, pl.DataType]
    ) -> Any:
        return frames or [pl.LazyFrame(schema=schema)]
