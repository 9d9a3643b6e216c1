"""What Spark reads off files, and types and names as it writes them."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

TEXT = ("csv", "json", "xml")
"""Formats that have no types of their own: Spark infers them."""

TYPE_OF_STAMPS = "spark.sql.timestampType"
"""What Spark takes a stamp without a zone for: by default, one of the session's zone."""

ONE_AT_A_TIME = Lock()
"""Monitors that are judged in threads of one process have one session."""


def typed(
    spark: "SparkSession", reader: "DataFrameReader", kind: str, place: str
) -> "DataFrameReader":
    """The reader, to which stamps that are text without a zone are such."""
    if kind.lower() not in TEXT:
        return reader
    with _bare_stamps(spark):
        schema = reader.load(place).schema
    return reader.schema(schema)


@contextmanager
def _bare_stamps(spark: "SparkSession") -> "Iterator[None]":
    with ONE_AT_A_TIME:
        before = spark.conf.get(TYPE_OF_STAMPS)
        spark.conf.set(TYPE_OF_STAMPS, "TIMESTAMP_NTZ")
        try:
            yield
        finally:
            spark.conf.set(TYPE_OF_STAMPS, before)


def is_there(spark: "SparkSession", folder: str) -> bool:
    """Whether a folder of any store is there, whatever is in it.

    A reader that knows its schema asks for nothing but the path.
    """
    from pyspark.errors import AnalysisException

    try:
        return bool(spark.read.format("binaryFile").load(folder).columns)
    except AnalysisException:
        return False


def schema_of(frame: "DataFrame") -> pl.Schema:
    """The frame's columns as Polars types."""
    from pyspark.sql.pandas.types import to_arrow_schema

    empty = to_arrow_schema(frame.schema, timezone="UTC").empty_table()
    return pl.DataFrame(pl.from_arrow(empty)).schema


def moment(at: datetime) -> "Column":
    """A literal to the microsecond, in UTC or as a wall clock shows it."""
    from pyspark.sql import functions as f

    micros = (at.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
    return f.timestamp_micros(f.lit(micros))


def quoted(name: str) -> str:
    """A name that is a name, whatever is in it."""
    return "`" + name.replace("`", "``") + "`"
