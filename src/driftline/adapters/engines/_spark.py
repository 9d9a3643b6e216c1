"""Spark's types and faults, as the rest of Driftline knows them."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import polars as pl
import polars.selectors as cs

from driftline.adapters.engines._arrow import polars_of
from driftline.errors import (
    DriftlineError,
    SliceCorrupt,
    SliceUnavailable,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Result = TypeVar("Result")

GONE = ("PATH_NOT_FOUND", "FAILED_READ_FILE.FILE_NOT_EXIST", "TABLE_OR_VIEW_NOT_FOUND")
"""Spark's names for data that was there when the slice was read."""

UNREADABLE = ("FAILED_READ_FILE", "CAST_", "CANNOT_", "MALFORMED", "INVALID_")
"""How Spark's names for rows that cannot be decoded begin."""

WIDER: dict[type[pl.DataType], pl.DataType] = {
    pl.UInt8: pl.Int16(),
    pl.UInt16: pl.Int32(),
    pl.UInt32: pl.Int64(),
    pl.UInt64: pl.Decimal(20, 0),
    pl.Int128: pl.Decimal(38, 0),
    pl.Categorical: pl.String(),
    pl.Enum: pl.String(),
}
"""What Spark has instead of types that it lacks."""


def schema_of(frame: "DataFrame") -> pl.Schema:
    """The frame's columns as Polars types."""
    from pyspark.sql.pandas.types import to_arrow_schema

    clock = frame.sparkSession.conf.get("spark.sql.session.timeZone")
    empty = to_arrow_schema(frame.schema, timezone=clock).empty_table()
    return polars_of(empty, frame.columns, "").schema


def carried(table: pl.DataFrame) -> pl.DataFrame:
    """The same values in types that Spark has."""
    return table.select(
        cs.by_name(name).cast(_carried(dtype)) for name, dtype in table.schema.items()
    )


def guarded(work: Callable[[], Result], origin: str) -> Result:
    """Spark's own errors may quote rows, so their text is not passed on."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return work()
    except DriftlineError:
        raise
    except (PySparkException, Py4JError) as error:
        raise _named(error, origin) from error


def _named(error: Exception, origin: str) -> DriftlineError:
    condition = _condition(error)
    if condition.startswith(GONE):
        return SliceUnavailable(
            f"{origin}: a file or table of the slice can no longer be read "
            f"({condition}). Nothing of the slice was used."
        )
    if condition.startswith(UNREADABLE) or SliceCorrupt.__name__ in str(error):
        return SliceCorrupt(
            f"{origin}: the rows could not be decoded ({condition}). Nothing of the slice "
            "was used; restore the data and run the window again."
        )
    return SliceUnavailable(
        f"{origin}: Spark could not run the job ({condition}); its own log has the "
        "reason. Nothing of the slice was used."
    )


def _condition(error: Exception) -> str:
    """Spark's name for the fault, without the values that its message shows."""
    named = re.findall(r"\[([A-Z_]+(?:\.[A-Z_]+)?)\]", str(error))
    known = (name for name in named if name.startswith((*GONE, *UNREADABLE)))
    return next(known, type(error).__name__)


def _carried(dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.List | pl.Array):
        return pl.List(_carried(dtype.inner))  # type: ignore[arg-type]  # an instance
    if isinstance(dtype, pl.Struct):
        return pl.Struct({f.name: _carried(f.dtype) for f in dtype.fields})  # type: ignore[arg-type]  # too
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us", dtype.time_zone)
    if isinstance(dtype, pl.Duration):
        return pl.Duration("us")
    return WIDER.get(type(dtype), dtype)
