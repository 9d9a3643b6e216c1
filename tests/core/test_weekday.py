"""Weekdays count where they matter, and are left alone where they do not."""

from datetime import date, timedelta

import numpy as np
import pytest

from driftline.core.bounds.reference_days import History, measure_spreads
from driftline.core.bounds.threshold import Spread
from driftline.core.bounds.weekday import (
    is_rest_day,
    is_usual_gap,
    weekday_effects,
    weekday_of,
)
from driftline.core.drift import named
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile

SATURDAY, TUESDAY = 5, 1
PLAIN = ColumnPlan(Kind.OPAQUE, "")


def row_counts(days: int, quiet_saturday: bool) -> Spread:
    """Days of about 900 rows, Saturdays of 600 where they are quiet."""
    rng = np.random.default_rng(3)
    weekdays = [day % 7 for day in range(days)]
    usual = [600 if quiet_saturday and day == SATURDAY else 900 for day in weekdays]
    parts = [ColumnProfile(int(rng.normal(rows, 15))) for rows in usual]
    [spread] = measure_spreads(
        [named("row_count")], History(parts, weekdays), PLAIN, rng
    )
    return spread


def test_a_quiet_saturday_is_bounded_by_saturdays() -> None:
    """600 rows are usual on a Saturday and far outside on a Tuesday."""
    spread = row_counts(56, quiet_saturday=True)

    assert spread.on(SATURDAY).bounds(600, 0.001).contain(600)
    assert not spread.on(TUESDAY).bounds(600, 0.001).contain(600)
    assert spread.bounds(600, 0.001).contain(600)


def test_weekdays_that_do_not_matter_change_nothing() -> None:
    """Every weekday has the bounds of all days."""
    spread = row_counts(56, quiet_saturday=False)

    assert spread.effects is None
    assert spread.on(SATURDAY) is spread


@pytest.mark.parametrize("days", [7, 21, 27])
def test_few_weeks_tell_nothing_of_weekdays(days: int) -> None:
    """Below four weeks no effect is believed, however clear it looks."""
    assert row_counts(days, quiet_saturday=True).effects is None


def test_chance_alone_rarely_makes_a_weekday_matter() -> None:
    """In 400 references of noise, about one in a hundred has effects."""
    rng = np.random.default_rng(5)
    weekdays = [day % 7 for day in range(42)]
    found = [weekday_effects(rng.normal(size=42), weekdays) for _ in range(400)]

    assert np.mean([effects is not None for effects in found]) <= 0.025


def test_labels_of_other_windows_have_no_weekday() -> None:
    """Hours and weeks are cut otherwise."""
    assert weekday_of("2026-03-08") == 6
    assert weekday_of("2026-03-08T05+0000") is None
    assert weekday_of("2026-W10") is None


def weeks_without(*rest: int, weeks: int = 5) -> list[str]:
    """The labels of so many weeks from a Monday on, but for these weekdays."""
    days = (date(2026, 3, 2) + timedelta(days=n) for n in range(7 * weeks + 1))
    return [day.isoformat() for day in days if day.weekday() not in rest]


def test_a_weekday_that_never_comes_is_one_of_rest() -> None:
    """Weekends without rows for weeks are known; a Tuesday that is missing is not."""
    known = weeks_without(SATURDAY, SATURDAY + 1)

    assert is_rest_day("2026-05-02", known)
    assert is_rest_day("2026-05-03", known)
    assert not is_rest_day("2026-05-05", known)


def test_few_weeks_or_a_missing_month_make_no_day_of_rest() -> None:
    """Three weekends could be chance, and a gap of weeks says nothing of weekdays."""
    far = ["2026-03-02", "2026-06-01", "2026-08-31"]

    assert not is_rest_day("2026-05-02", weeks_without(SATURDAY, weeks=3))
    assert not is_rest_day("2026-05-02", [*far, "2026-11-30", "2027-03-01"])
    assert not is_rest_day("2026-05-02", [])
    assert not is_rest_day("2026-W10", ["2026-W08", "2026-W09"])


def days_on(*apart: int, times: int = 10) -> list[str]:
    """Days of which each is so many after the one before, in a round."""
    steps = np.cumsum([0, *(apart * times)])
    return [(date(2026, 3, 2) + timedelta(days=int(n))).isoformat() for n in steps]


def test_gaps_of_no_fixed_weekday_are_usual_for_as_long_as_they_often_are() -> None:
    """A team plays every second or third day: one or two days without a game are usual."""
    games = days_on(2, 3, 2, 1)

    assert is_usual_gap(1, games)
    assert is_usual_gap(2, games)
    assert not is_usual_gap(3, games)


def test_closed_sundays_missed_files_and_a_missing_month_make_no_usual_gap() -> None:
    """None of them says that a day without rows is as usual."""
    missed = days_on(*([1] * 9), 2, times=9)
    month = days_on(*([1] * 30), 31, *([1] * 30), times=1)

    assert not is_usual_gap(1, weeks_without(SATURDAY + 1, weeks=13))
    assert not is_usual_gap(1, missed)
    assert not is_usual_gap(1, month)
    assert not is_usual_gap(1, [])


def test_a_share_moved_to_another_weekday_stays_a_share() -> None:
    """Days that lack nothing, brought to the level of a better weekday, lack nothing."""
    rng = np.random.default_rng(8)
    weekdays = [n % 7 for n in range(63)]
    lacks = [0 if day == SATURDAY else int(rng.integers(0, 9)) for day in weekdays]
    parts = [ColumnProfile(36, nulls=nulls) for nulls in lacks]
    [spread] = measure_spreads(
        [named("null_rate")], History(parts, weekdays), PLAIN, rng
    )
    saturday = spread.on(SATURDAY)

    assert saturday is not spread
    assert (saturday.values >= 0).all()
    assert saturday.bounds(36, 0.001).contain(0.0)
