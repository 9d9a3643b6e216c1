"""Bugs in a few rows of a day of 48, and what a quiet day of so few is not called."""

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, diagnose, named
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.reference import Reference
from driftline.core.values.judge import judge_values
from driftline.core.values.order import Order, orders
from driftline.core.values.spread import measure_values
from driftline.core.window import day_window
from tests.core.day_by_day import ENGINE, reference_of

DAYS, ROWS = 60, 48
FIRST = datetime(2026, 1, 1)
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NUMBERS = ("hour", "warm", "dew", "humid", "wind", "month", "sight")
WATCHED = (*NUMBERS, "station", "weekday")


def fahrenheit(celsius: np.ndarray) -> np.ndarray:
    return np.round(np.round(celsius, 1) * 1.8 + 32, 2)


def rows_of(number: int) -> pl.DataFrame:
    """Half-hours of a day; the dew point is below the air, each station reports once.

    Every third night is without wind, which rises slowly; every third day begins with fog.
    """
    rng = np.random.default_rng([53, number])
    hours = np.arange(ROWS) // 2
    air = rng.uniform(8, 24) + 4 * np.sin((hours - 9) / 24 * 2 * np.pi)
    blows = np.clip((hours - 2) / 10, 0, 1) if number % 3 == 0 else np.ones(ROWS)
    air = air + rng.normal(0, 0.4, ROWS)
    dry, clear = rng.uniform(0, 9, ROWS), np.full(ROWS, 10.0)
    return pl.DataFrame(
        {
            "at": [FIRST + timedelta(days=number, minutes=30 * n) for n in range(ROWS)],
            "hour": hours.astype(float),
            "warm": fahrenheit(air),
            "dew": fahrenheit(air - dry),
            "humid": np.round(100 - 6 * dry + rng.normal(0, 3, ROWS)),
            "wind": np.round(blows * 40) + rng.integers(0, 3, ROWS) * (blows > 0),
            "month": np.full(ROWS, 4.0 + number // 20),
            "sight": np.minimum(hours + 0.4, 10.0) if number % 3 == 1 else clear,
            "station": rng.permutation([f"K{n:02}" for n in range(ROWS)]),
            "weekday": np.full(
                ROWS, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][number % 7]
            ),
        }
    )


@cache
def reference() -> Reference:
    """Sixty days of three months."""
    return reference_of(FIRST, [rows_of(n) for n in range(DAYS)], WATCHED)


def day_of(rows: pl.DataFrame, lacking: frozenset[str] = frozenset()) -> Day:
    known = reference()
    assert known.sample is not None
    window = day_window((FIRST + timedelta(days=DAYS)).date())
    profile = ENGINE.profile(ENGINE.from_table(rows, window, "rows"), known.plan)
    return Day(
        known, known.sample, rows, profile, "at", judged=WATCHED, lacking=lacking
    )


def causes(rows: pl.DataFrame, column: str) -> list[str]:
    breach = Finding(Topic.DRIFT, column, "x", Outcome.BREACHED, Severity.WARNING, "")
    return [f.evidence["cause"] for f in diagnose(day_of(rows), [breach])]


def some(rows: pl.DataFrame, name: str, value: pl.Expr, count: int) -> pl.DataFrame:
    """The value in so many rows, evenly over the day."""
    at = np.linspace(1, ROWS - 2, count).astype(int)
    mask = pl.Series(np.isin(np.arange(ROWS), at))
    return rows.with_columns(pl.when(mask).then(value).otherwise(name).alias(name))


CELSIUS = ((pl.col("warm") - 32) / 1.8).round(1)


@pytest.mark.parametrize("number", range(60, 66))
def test_a_tenth_of_few_rows_in_another_unit_is_named(number: int) -> None:
    """Five values far from their neighbours in time belong beside them once undone."""
    assert causes(some(rows_of(number), "warm", CELSIUS, 5), "warm") == ["unit_scale"]


@pytest.mark.parametrize("name", WATCHED)
@pytest.mark.parametrize("number", range(60, 66))
def test_a_quiet_day_is_called_no_bug(number: int, name: str) -> None:
    """Whichever column is asked about."""
    assert causes(rows_of(number), name) == []


@pytest.mark.parametrize("number", range(60, 66))
def test_a_value_filled_in_is_known_by_the_clock(number: int) -> None:
    """Midnight is an hour as any other, but not at noon."""
    filled = some(rows_of(number), "hour", pl.lit(0.0), 8)

    assert causes(filled, "hour") == ["null_fill"]


@pytest.mark.parametrize("number", [61, 62, 64, 65])
def test_a_value_filled_in_is_known_by_its_neighbours(number: int) -> None:
    """Nothing of a wind that blew before and after it."""
    filled = some(rows_of(number), "wind", pl.lit(0.0), 8)

    assert causes(filled, "wind") == ["null_fill"]


def test_a_column_below_what_it_is_never_below_is_found_and_named() -> None:
    """Air and dew point changed places, and the day looks like a usual one of both."""
    rows = rows_of(61)
    swapped = rows.with_columns(warm="dew", dew="warm")
    spread = measure_values(reference(), NUMBERS, "at")

    assert Order("warm", "dew") in orders(rows, NUMBERS)
    assert [f.subject for f in judge_values(spread, swapped, 1e-4)] == ["warm"]
    assert causes(swapped, "warm") == ["column_swap"]


def test_a_missing_value_breaks_no_order() -> None:
    """Whether it is none or no number, and on which side."""
    rows = pl.DataFrame(
        {"warm": [1.0, np.nan, None, 3.0, 2.0], "dew": [np.nan, 1.0, 1.0, None, 5.0]}
    )
    assert Order("warm", "dew").strange(rows).tolist() == [False] * 4 + [True]


def test_an_order_broken_by_one_column_is_no_swap() -> None:
    """The air in Celsius is colder than its dew point, which is where it was."""
    colder = rows_of(61).with_columns(CELSIUS.alias("warm"))

    assert causes(colder, "warm") == ["unit_scale"]


@pytest.mark.parametrize("number", range(60, 66))
def test_a_column_that_rose_past_another_has_not_changed_places(number: int) -> None:
    """The gap looks like a usual one, but it is widest where the air is damp."""
    rows = rows_of(number)
    gap = float((rows["warm"] - rows["dew"]).to_numpy().mean())
    risen = rows.with_columns((pl.col("dew") + 2 * gap).round(2))

    assert "column_swap" not in causes(risen, "dew")
    assert causes(rows.with_columns(warm="dew", dew="warm"), "dew") == ["column_swap"]


def test_a_name_of_one_row_that_no_day_was_without_is_known() -> None:
    """A station that reports once a day goes by another name, once."""
    renamed = rows_of(62).with_columns(pl.col("station").str.replace("K07", "k07_v2"))
    strange = rows_of(62).with_columns(pl.col("station").str.replace("K07", "Z99"))

    assert causes(renamed, "station") == ["category_rename"]
    assert causes(strange, "station") == []


def test_the_only_name_of_a_day_is_known_under_another() -> None:
    """Each day has one weekday: spelled otherwise it is no new one."""
    renamed = rows_of(62).with_columns(pl.col("weekday").str.to_lowercase() + "_v2")

    assert causes(renamed, "weekday") == ["category_rename"]


@pytest.mark.parametrize(("by", "cause"), [(100.0, "unit_scale"), (-1.0, "sign_flip")])
def test_the_only_number_of_a_day_is_undone(by: float, cause: str) -> None:
    """The month times a hundred, and below zero; the next month is no bug."""
    rows = rows_of(62)

    assert causes(rows.with_columns(pl.col("month") * by), "month") == [cause]
    assert causes(rows.with_columns(pl.col("month") + 1), "month") == []


def test_the_only_number_of_a_day_is_that_of_a_day() -> None:
    """A clear day sees ten miles, all day: 42 is no tenth of the 4.2 of an hour of fog."""
    rows = rows_of(62)

    assert causes(rows.with_columns(pl.lit(42.0).alias("sight")), "sight") == []
    assert causes(rows.with_columns(pl.lit(1000.0).alias("sight")), "sight") == [
        "unit_scale"
    ]


def test_what_is_missing_beyond_its_bounds_is_named() -> None:
    """The bounds of its share know more of a column than the worst day does."""
    rows = some(rows_of(63), "wind", pl.lit(None), 1)

    assert named("missing_values")(day_of(rows), "wind") is None
    rows = some(rows_of(63), "wind", pl.lit(None), 2)
    found = named("missing_values")(day_of(rows, frozenset({"wind"})), "wind")
    assert found is not None
    assert found.share == pytest.approx(2 / ROWS)


@pytest.mark.parametrize("count", [6, 24])
def test_one_number_of_many_digits_tells_the_unit_by_itself(count: int) -> None:
    """Miles of kilometres end in no digit, and one factor makes them the month again."""
    miles = some(rows_of(62), "month", pl.col("month") / 1.609344, count)

    assert causes(miles, "month") == ["unit_scale"]
