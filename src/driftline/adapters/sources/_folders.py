"""Columns that folders named `key=value` add to the rows of the files in them."""

import re
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import unquote

import polars as pl

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"

Value = int | str | date | None


def values_of(name: str) -> dict[str, Value]:
    """What the folders in a file's name say.

    >>> values_of("date=2026-01-31/site=7/city=New%20York/a.parquet")
    {'date': datetime.date(2026, 1, 31), 'site': 7, 'city': 'New York'}
    """
    pairs = (
        part.split("=", 1) for part in PurePosixPath(name).parts[:-1] if "=" in part
    )
    return {key: _value(unquote(text)) for key, text in pairs}


def with_folders(frame: pl.LazyFrame, name: str, left_out: set[str]) -> pl.LazyFrame:
    """The file's rows with its folders' columns; its own stay as they are."""
    known = {*frame.collect_schema(), *left_out}
    added = {key: v for key, v in values_of(name).items() if key not in known}
    return frame.with_columns(_literal(v).alias(k) for k, v in added.items())


def _value(text: str) -> Value:
    if text == NO_VALUE:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    return int(text) if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text) else text


def _literal(value: Value) -> pl.Expr:
    return pl.lit(value, dtype=pl.Int64) if isinstance(value, int) else pl.lit(value)
