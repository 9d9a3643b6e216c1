"""Which Polars types are counted alike, and how each becomes numbers or text."""

import polars as pl
import polars.selectors as cs


def number(name: str, dtype: pl.DataType) -> pl.Expr:
    column = cs.by_name(name)
    if isinstance(dtype, pl.Date):
        return column.cast(pl.Int32).cast(pl.Float64) * 86_400.0
    if isinstance(dtype, pl.Datetime | pl.Duration):
        ticks = {"ms": 1e3, "us": 1e6, "ns": 1e9}[dtype.time_unit]
        return column.cast(pl.Int64).cast(pl.Float64) / ticks
    if isinstance(dtype, pl.Time):
        return column.cast(pl.Int64).cast(pl.Float64) / 1e9
    return column.cast(pl.Float64)


def text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = cs.by_name(name)
    return column if dtype == pl.String else column.cast(pl.String)


def is_numeric(dtype: pl.DataType) -> bool:
    return dtype.is_numeric() or dtype.is_temporal()


def is_text(dtype: pl.DataType) -> bool:
    return family(str(dtype)) in ("text", "Boolean")


def family(dtype: str) -> str:
    """Types of one family are counted alike.

    >>> family("Int8") == family("Decimal(precision=9, scale=2)") == "number"
    True
    """
    name = dtype.partition("(")[0]
    if name.startswith(("Int", "UInt", "Float", "Decimal")):
        return "number"
    known = {"Null": "null", "Categorical": "text", "Enum": "text", "String": "text"}
    return known.get(name, {"Date": "time", "Datetime": "time"}.get(name, name))
