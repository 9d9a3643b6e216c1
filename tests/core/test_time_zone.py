"""A column of hours whose day is turned, where no time stamp tells it."""

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Diagnosis, named
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from tests.core.day_by_day import day_after, sample_of

DAYS, ROWS = 30, 300


def hours(number: int, rows: int = ROWS, centre: float = 9) -> pl.DataFrame:
    """A day with a rush in the morning and a long evening."""
    rng = np.random.default_rng([83, number])
    early, late = rng.normal(centre, 1.5, rows // 3), rng.normal(17, 3, rows)
    drawn = np.concatenate([early, late])[:rows]
    return pl.DataFrame({"hour": np.mod(drawn.astype(int), 24).astype(float)})


def told(rows: pl.DataFrame, tables: list[pl.DataFrame]) -> Diagnosis | None:
    """What is said of a day after these."""
    plan = Plan({"hour": ColumnPlan(Kind.NUMERIC, "")})
    return named("time_zone")(day_after(sample_of(tables), rows, plan), "hour")


def month() -> list[pl.DataFrame]:
    """Thirty days."""
    return [hours(n) for n in range(DAYS)]


def turned(rows: pl.DataFrame, by: int) -> pl.DataFrame:
    """The same rows on a clock that is so many hours ahead."""
    return rows.with_columns((pl.col("hour") + by) % 24)


@pytest.mark.parametrize(("by", "word"), [(5, "5 h ahead"), (-7, "7 h behind")])
def test_the_day_is_turned_back_and_said_to_be_ahead_or_behind(
    by: int, word: str
) -> None:
    """By so many hours as make it a usual day, in words and as a number."""
    found = told(turned(hours(DAYS), by), month())

    assert found is not None
    assert f"hour is {word}" in found.sentence
    assert found.parameters == {"hours": by}
    assert found.share == 1.0


def test_a_usual_day_is_not_turned() -> None:
    """However many days are asked about."""
    assert [told(hours(DAYS + n), month()) for n in range(10)] == [None] * 10


def test_a_shape_that_no_turn_makes_usual_is_another_day() -> None:
    """Everything at noon is no hour of another clock."""
    noon = pl.DataFrame({"hour": np.full(ROWS, 12.0)})
    assert told(noon, month()) is None


def test_a_day_that_two_turns_make_usual_tells_neither() -> None:
    """Two equal rushes twelve hours apart look alike the other way round."""

    def rushes(number: int, rows: int = ROWS) -> pl.DataFrame:
        rng = np.random.default_rng([89, number])
        hour = rng.choice([7.0, 8, 9, 10, 19, 20, 21, 22], rows)
        return pl.DataFrame({"hour": hour})

    assert (
        told(turned(rushes(DAYS, 20 * ROWS), 6), [rushes(n) for n in range(DAYS)])
        is None
    )


@pytest.mark.parametrize(
    ("scale", "shift"),
    [(1.0, -12.0), (1.0, 12.0), (0.5, 0.0)],
    ids=["below 0", "to 35", "halves"],
)
def test_numbers_that_are_no_hours_are_not_turned(scale: float, shift: float) -> None:
    """Hours are whole and lie between 0 and 24."""
    other = pl.col("hour") * scale + shift
    days = [rows.with_columns(other) for rows in month()]

    assert told(turned(hours(DAYS), 5).with_columns(other), days) is None


def test_days_of_one_hour_each_have_no_shape() -> None:
    """A run at a random hour of each day is no clock."""
    drawn = np.random.default_rng(5).integers(0, 24, DAYS)
    days = [hours(0).with_columns(hour=pl.lit(float(n))) for n in drawn]

    assert told(hours(DAYS), days) is None


def test_an_hour_that_a_float_puts_just_below_0_is_one_of_the_day() -> None:
    """Rounding leaves such numbers; the day is judged by all of its others."""
    late = turned(hours(DAYS), 5)
    grain = pl.when(pl.col("hour") == 0).then(-1e-17).otherwise("hour")
    found = told(late.with_columns(hour=grain), month())

    assert found is not None
    assert "5 h ahead" in found.sentence
