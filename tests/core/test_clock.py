"""Hours that the time stamps tell: one hour off is seen, and no hour is invented."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis.time_zone import time_zone
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference
from driftline.core.values.clock import Clock, clocks
from driftline.core.values.judge import judge_values
from driftline.core.values.spread import ValuesSpread, measure_values
from tests.core.day_by_day import day_after, sample_of

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
        Clock("hour", "at", (0,)),
        Clock("west", "at", (21,)),
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
    clock = Clock("hour", "at", (3,))
    plan = Plan({"hour": ColumnPlan(Kind.NUMERIC, "Float64")})
    spread = measure_values(Reference(plan, {}, sample=sample()), ["hour"], "at")

    assert clock.fits(day(40))
    assert not clock.fits(day(40).with_columns(changed))
    assert judge_values(spread, day(40).with_columns(changed), 0.001) == []


@pytest.mark.parametrize("by", [1, 5])
def test_hours_of_summer_and_winter_are_told_by_two_numbers(by: int) -> None:
    """A reference across a change of clocks still tells an hour that neither has."""
    known = sample().with_columns(
        pl.col("hour") - (pl.col(WINDOW) > "day 21").cast(pl.Float64)
    )
    plan = Plan({"hour": ColumnPlan(Kind.NUMERIC, "Float64")})
    spread = measure_values(Reference(plan, {}, sample=known), ["hour"], "at")
    winter = day(40).with_columns(pl.col("hour") - 1)
    later = day(40).with_columns((pl.col("hour") + by) % 24)

    assert clocks(known, ["hour"], "at") == [Clock("hour", "at", (23, 0))]
    assert judge_values(spread, day(40), 0.001) == []
    assert judge_values(spread, winter, 0.001) == []
    assert [f.statistic for f in judge_values(spread, later, 0.001)] == ["off_clock"]
    reference = Reference(plan, {}, sample=known)
    found = [
        time_zone(
            Day(reference, known, rows, Profile(rows.height, {}, ""), "at"), "hour"
        )
        for rows in (later, winter)
    ]
    assert found[0] is not None
    assert found[0].parameters["hours"] == by
    assert found[1] is None


def test_stamps_of_a_zone_or_of_midnight_tell_no_hour() -> None:
    """Summer time would look like a fault, and a date has no hour."""
    zoned = sample().with_columns(pl.col("at").dt.replace_time_zone("UTC"))
    dated = sample().with_columns(pl.col("at").dt.truncate("1d"), hour=pl.lit(7.0))

    assert clocks(zoned, ["hour"], "at") == []
    assert clocks(dated, ["hour"], "at") == []
    assert clocks(sample(), ["hour"], "nowhere") == []


def utc_day(at: datetime, local: str) -> pl.DataFrame:
    """A row for every quarter of an hour of a day in UTC, and the hour somewhere else."""
    stamps = [at + timedelta(minutes=15 * n) for n in range(96)]
    there = (stamp.replace(tzinfo=UTC).astimezone(ZoneInfo(local)) for stamp in stamps)
    return pl.DataFrame({"at": stamps, "hour": [float(t.hour) for t in there]})


def reference_in_utc(first: datetime, days: int, local: str) -> Reference:
    """So many days of it."""
    known = [
        utc_day(first + timedelta(days=n), local).with_columns(
            pl.lit(f"day {n:02}").alias(WINDOW)
        )
        for n in range(days)
    ]
    plan = Plan({"hour": ColumnPlan(Kind.NUMERIC, "Float64")})
    return Reference(plan, {}, sample=pl.concat(known))


def in_utc(first: datetime, days: int, local: str) -> ValuesSpread:
    """What is known after so many days."""
    return measure_values(reference_in_utc(first, days, local), ["hour"], "at")


@pytest.mark.parametrize("local", ["America/New_York", "Australia/Sydney"])
def test_summer_time_is_no_fault_and_an_hour_beside_it_is(local: str) -> None:
    """Local hours beside stamps in UTC move when that zone's clocks are changed."""
    spread = in_utc(datetime(2026, 1, 5), 30, local)
    summer = utc_day(datetime(2026, 5, 6), local)
    off = summer.with_columns((pl.col("hour") + 2) % 24)

    assert judge_values(spread, summer, 0.001) == []
    assert [f.statistic for f in judge_values(spread, off, 0.001)] == ["off_clock"]


def test_an_hour_off_is_a_fault_while_no_clock_has_changed() -> None:
    """In winter the same hour off is no summer time."""
    spread = in_utc(datetime(2026, 1, 5), 30, "America/New_York")
    later = utc_day(datetime(2026, 2, 17), "America/New_York")
    off = later.with_columns((pl.col("hour") + 1) % 24)

    assert judge_values(spread, later, 0.001) == []
    assert [f.statistic for f in judge_values(spread, off, 0.001)] == ["off_clock"]


def test_hours_of_the_stamps_themselves_have_no_summer_time() -> None:
    """London shows the hour of UTC in winter: such hours are taken to be those of UTC."""
    spread = in_utc(datetime(2026, 1, 5), 30, "UTC")
    summer = utc_day(datetime(2026, 5, 6), "UTC")
    off = summer.with_columns((pl.col("hour") + 1) % 24)

    assert [f.statistic for f in judge_values(spread, off, 0.001)] == ["off_clock"]


@pytest.mark.parametrize(
    ("month", "by", "named"),
    [(5, 0, None), (5, 2, 3), (2, 0, None), (2, 1, 1), (5, -1, None)],
)
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_a_diagnosis_knows_summer_time(
    month: int, by: int, named: int | None, zone: str | None
) -> None:
    """An hour that a zone's clocks explain is not called one, whatever the stamps' zone.

    Hours that stayed on winter time are as they were in the reference: nobody can tell.
    """
    reference = reference_in_utc(datetime(2026, 1, 5), 30, "America/New_York")
    later = utc_day(datetime(2026, month, 17), "America/New_York")
    later = later.with_columns((pl.col("hour") + by) % 24)
    assert reference.sample is not None
    before, now = (
        table.with_columns(pl.col("at").dt.replace_time_zone("UTC")) if zone else table
        for table in (reference.sample, later)
    )
    today = Day(
        replace(reference, sample=before),
        before,
        now,
        Profile(later.height, {}, ""),
        timestamp="at",
        zone=zone or "UTC",
        judged=("hour",),
    )

    found = time_zone(today, "hour")

    assert (found and found.parameters["hours"]) == named


def stamped(
    number: int, by: int = 0, rows: int = 400, zone: str = "Europe/Oslo"
) -> pl.DataFrame:
    """Visits by the time stamp alone, most of them at noon; so many hours off."""
    rng = np.random.default_rng([41, number])
    hours = (rng.triangular(7, 12, 22, rows) + by) % 24
    midnight = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)) + timedelta(days=number)
    at = [midnight + timedelta(hours=float(h)) for h in np.sort(hours)]
    return pl.DataFrame({"at": at}, schema={"at": pl.Datetime("us", zone)})


def stamps_off(
    rows: pl.DataFrame, days: int = 20, zone: str = "Europe/Oslo", even: bool = False
) -> int | None:
    """By how many hours a slice's time stamps are said to be off."""
    made = [stamped(n, by=n * 7 % 24 if even else 0, zone=zone) for n in range(days)]
    day = day_after(sample_of(made), rows, Plan({}), timestamp="at", zone=zone)
    found = time_zone(day, "rows")
    return found.parameters["hours"] if found else None


@pytest.mark.parametrize("by", [-5, -2, 0, 1, 2, 6])
def test_a_slice_on_another_clock_is_told_by_the_shape_of_its_day(by: int) -> None:
    """Everything happens so many hours later or earlier than it used to."""
    assert stamps_off(stamped(40, by)) == (by or None)


def test_an_hour_of_stamps_in_utc_may_be_summer_time() -> None:
    """Two hours are none."""
    hour, two = (stamps_off(stamped(40, by, zone="UTC"), zone="UTC") for by in (1, 2))

    assert (hour, two) == (None, 2)


def test_another_day_is_no_day_on_another_clock() -> None:
    """All happens within an hour, or it is a day like any other of days that all differ."""
    night = stamped(40).with_columns(pl.col("at").dt.truncate("12h"))

    assert stamps_off(night) is None
    assert stamps_off(stamped(40, 5), even=True) is None


@pytest.mark.parametrize(("days", "rows"), [(7, 400), (20, 20)])
def test_few_days_or_rows_have_no_shape(days: int, rows: int) -> None:
    """Seven days, or twenty rows, are too few to compare."""
    assert stamps_off(stamped(40, 5, rows), days) is None
