"""Rows of every kind, and how to check rows against entries."""

from datetime import datetime

import polars as pl
import pytest

from tests.adapters.gx.suites import validator


@pytest.fixture
def validate(tmp_path):
    """Check rows against entries; further arguments are settings."""

    def run(rows, *entries, total=None, **settings):
        built = validator(tmp_path, {"expectations": list(entries)}, **settings)
        return built.check(rows, rows.height if total is None else total)

    return run


@pytest.fixture(scope="module")
def rows():
    """Four rows of every kind of column."""
    times = [datetime(2026, 1, day) for day in (1, 2, 3)]
    return pl.DataFrame(
        {
            "id": [10, 11, 12, 13],
            "amount": [1.0, 2.0, float("inf"), None],
            "count": [1, 2, 3, None],
            "word": ["aa", "bb", "c", None],
            "empty": pl.Series([None] * 4, dtype=pl.Float64),
            "nothing": [None] * 4,
            "nan": [float("nan")] * 4,
            "mixed": pl.Series(["a", 1, 2.5, None], dtype=pl.Object),
            "list": [[1], [2, 3], [4], None],
            "flag": [True, False, True, None],
            "money": pl.Series([1, 2, 3, 4]).cast(pl.Decimal(10, 2)),
            "colour": pl.Series(["red", "red", "blue", None], dtype=pl.Categorical),
            "at": [*times, None],
            "day": [*(time.date() for time in times), None],
            "zoned": pl.Series([*times, None]).dt.replace_time_zone("America/New_York"),
        }
    )
