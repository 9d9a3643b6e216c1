"""Hours that the time stamps tell: one hour off is seen, and no hour is invented."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference
from driftline.core.values.clock import Clock, clocks
from driftline.core.values.judge import judge_values
from driftline.core.values.spread import measure_values

FIRST = datetime(2026, 3, 1)


def day(number: int, rows: int = 120) -> pl.DataFrame:
    """Orders from eleven to eleven, with the hour, three hours behind, and a size."""
    rng = np.random.default_rng([29, number])
    minutes = np.sort(rng.integers(11 * 60, 23 * 60, rows))
    at = [FIRST + timedelta(days=number, minutes=int(m)) for m in minutes]
    return pl.DataFrame(
        {
            "at": at,
            "hour": (minutes // 60).astype(float),
            "west": minutes // 60 - 3,
            "size": rng.integers(1, 12, rows),
        }
    )


def sample(days: int = 30) -> pl.DataFrame:
    labelled = (
        day(n).with_columns(pl.lit(f"day {n:02}").alias(WINDOW)) for n in range(days)
    )
    return pl.concat(labelled)


def test_hours_that_the_stamps_tell_are_known() -> None:
    """As far ahead as they are, and no other column of small numbers."""
    assert clocks(sample(), ["hour", "west", "size"], "at") == [
        Clock("hour", "at", 0),
        Clock("west", "at", 21),
    ]


@pytest.mark.parametrize("by", [1, -1, 5])
def test_an_hour_off_is_seen_where_the_day_looks_usual(by: int) -> None:
    """Its distribution hardly moves; every row is wrong."""
    names = ["hour", "west", "size"]
    plan = Plan({name: ColumnPlan(Kind.NUMERIC, "Float64") for name in names})
    spread = measure_values(Reference(plan, {}, sample=sample()), names, "at")
    later = day(40).with_columns((pl.col("hour") + by) % 24)

    assert judge_values(spread, day(40), 0.001) == []
    [found] = judge_values(spread, later, 0.001)
    assert (found.subject, found.statistic, found.value) == ("hour", "off_clock", 1.0)


@pytest.mark.parametrize(
    "changed",
    [
        pl.col("hour").cast(pl.String) + "h",
        pl.col("at").dt.date(),
        pl.col("at").cast(pl.String),
        pl.col("at").dt.replace_time_zone("UTC"),
    ],
)
def test_hours_or_stamps_of_another_type_are_not_compared(changed: pl.Expr) -> None:
    """That a type has changed is said elsewhere, and breaks nothing here."""
    clock = Clock("hour", "at", 3)
    plan = Plan({"hour": ColumnPlan(Kind.NUMERIC, "Float64")})
    spread = measure_values(Reference(plan, {}, sample=sample()), ["hour"], "at")

    assert clock.fits(day(40))
    assert not clock.fits(day(40).with_columns(changed))
    assert judge_values(spread, day(40).with_columns(changed), 0.001) == []


def test_stamps_of_a_zone_or_of_midnight_tell_no_hour() -> None:
    """Summer time would look like a fault, and a date has no hour."""
    zoned = sample().with_columns(pl.col("at").dt.replace_time_zone("UTC"))
    dated = sample().with_columns(pl.col("at").dt.truncate("1d"), hour=pl.lit(7.0))

    assert clocks(zoned, ["hour"], "at") == []
    assert clocks(dated, ["hour"], "at") == []
    assert clocks(sample(), ["hour"], "nowhere") == []
