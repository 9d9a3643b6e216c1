"""Half a day, told from days that are short and hours that are quiet for other reasons."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from driftline.core.diagnosis import Day, Diagnosis, named
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference

FIRST = date(2026, 1, 5)
"""A Monday."""


def hourly(number: int, rows: Sequence[int], opens: int = 8) -> pl.DataFrame:
    """A day with so many rows in each hour from its opening on."""
    midnight = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=number)
    at = [
        midnight + timedelta(hours=opens + i, minutes=k % 60)
        for i, n in enumerate(rows)
        for k in range(n)
    ]
    return pl.DataFrame({"at": at}, schema={"at": pl.Datetime("us", "UTC")})


def said(
    days: Sequence[pl.DataFrame],
    rows: pl.DataFrame,
    short: bool = True,
    recent: Sequence[int] = (),
) -> Diagnosis | None:
    """What is said of the day after these days, the `recent` ones since with so many rows."""
    labels = [(FIRST + timedelta(days=n)).isoformat() for n in range(len(days) + 1)]
    sample = pl.concat(
        [
            t.with_columns(pl.lit(n).alias(WINDOW))
            for n, t in zip(labels, days, strict=False)
        ]
    )
    plan = Plan({})
    counts = {
        n: Profile(t.height, {}, plan.digest)
        for n, t in zip(labels, days, strict=False)
    }
    day = Day(
        Reference(plan, counts, sample=sample),
        sample,
        rows,
        Profile(rows.height, {}, plan.digest),
        "at",
        recent_rows=dict(zip(labels[-1 - len(recent) : -1], recent, strict=True)),
        label=labels[-1],
        short=short,
    )
    return named("partial_day")(day, "rows")


OPEN = [hourly(n, [10] * 12) for n in range(28)]
"""Four weeks, from eight to eight."""


def test_the_missing_hours_are_those_that_are_usually_there() -> None:
    """A morning that was not loaded is named, and the night that never has rows is not."""
    found = said(OPEN, hourly(28, [0] * 4 + [10] * 8))

    assert found is not None
    assert found.parameters["hours"] == [8, 9, 10, 11]
    assert found.certain


@pytest.mark.parametrize(
    "rows",
    [
        [0] + [10] * 11,  # an hour holds few of the rows
        [0] * 4 + [15] * 8,  # all rows are there, later
        [0] * 4 + [13] * 8,  # most of them are
        [0, 0] + [10] * 3 + [0, 0] + [10] * 5,  # two gaps
        [0] * 12,  # nothing was loaded at all
    ],
)
def test_hours_without_rows_are_no_part_of_a_day(rows: list[int]) -> None:
    """Unless they are one gap, hold many rows, and these are missing from the sum."""
    assert said(OPEN, hourly(28, rows), short=False) is None


def test_rows_that_all_lack_their_time_stamp_miss_no_hours() -> None:
    """Few as they are, nothing says when they were."""
    unstamped = hourly(28, [3] * 12).with_columns(
        pl.lit(None, pl.Datetime("us", "UTC")).alias("at")
    )

    assert said(OPEN, unstamped, short=False) is None


@pytest.mark.parametrize("short", [True, False])
def test_few_rows_within_their_bounds_are_no_part_of_a_day(short: bool) -> None:
    """Half of the rows in every hour are a part of it only where that is too few."""
    assert (said(OPEN, hourly(28, [5] * 12), short=short) is not None) is short


def test_a_monday_is_held_against_mondays() -> None:
    """Sundays are as short as half of a Monday, and that says nothing of it."""
    days = [hourly(n, [5 if n % 7 == 6 else 10] * 12) for n in range(35)]

    assert said(days, hourly(35, [6] * 12)) is not None
    assert said(days[:34], hourly(34, [5] * 12)) is None


@pytest.mark.parametrize(("usual", "named"), [(84, True), (42, False)])
def test_a_sunday_is_held_against_the_days_before_it_as_sundays(
    usual: int, named: bool
) -> None:
    """Half of it is no quiet weekday; where the week had half of its rows too it is whole."""
    days = [hourly(n, [10 if n % 7 == 6 else 7] * 12) for n in range(34)]

    assert (said(days, hourly(34, [5] * 12), recent=[usual] * 6) is not None) is named


@pytest.mark.parametrize(("rows", "named"), [(64, False), (52, True)])
def test_a_holiday_is_no_half_of_a_day(rows: int, named: bool) -> None:
    """A third fewer flights leave on Thanksgiving; of Saturdays before it, a fourth."""
    days = [hourly(n, [72 if n % 7 == 5 else 98] * 12) for n in range(31)]
    recent = [t.height for t in days[-14:]]

    assert (said(days, hourly(31, [rows] * 12), recent=recent) is not None) is named


@pytest.mark.parametrize(("rows", "named"), [(6, False), (5, True)])
def test_a_day_as_short_as_one_before_is_whole(rows: int, named: bool) -> None:
    """One Monday in twelve was short, and nothing was wrong with it."""
    days = [hourly(n, [10 if n else 6] * 12) for n in range(84)]

    assert (said(days, hourly(84, [rows] * 12)) is not None) is named


@pytest.mark.parametrize(("rows", "named"), [(9, False), (7, True)])
def test_among_days_that_are_small_by_nature_a_part_is_smaller(
    rows: int, named: bool
) -> None:
    """One day in three has a third of the rows: a part of a day has fewer than these."""
    days = [hourly(n, [30 if n % 3 else 10] * 12) for n in range(27)]

    assert (said(days, hourly(27, [rows] * 12)) is not None) is named


def test_four_fifths_of_the_rows_are_a_quiet_day() -> None:
    """Though no day had so few."""
    assert said(OPEN, hourly(28, [8] * 12)) is None
