"""What seasons and machines do by themselves, beside the bugs that look like it."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, named
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import Reference
from tests.core.day_by_day import sample_of

DAYS, ROWS = 30, 144
FIRST = datetime(2026, 9, 1)


def rows_of(values: np.ndarray, number: int = DAYS) -> pl.DataFrame:
    """A day of a thermometer or a meter, from midnight to midnight."""
    step = timedelta(days=1) / len(values)
    at = [FIRST + timedelta(days=number) + n * step for n in range(len(values))]
    return pl.DataFrame({"at": at, "value": values, "row": np.arange(len(values))})


def causes(days: list[np.ndarray], today: np.ndarray, undo: str) -> bool:
    """Whether an undo names the column on a day after these days."""
    return causes_of(days, rows_of(today), undo)


def causes_of(days: list[np.ndarray], rows: pl.DataFrame, undo: str) -> bool:
    """The same of rows with time stamps of their own."""
    sample = sample_of([rows_of(day, n) for n, day in enumerate(days)])
    plan = Plan({"value": ColumnPlan(Kind.NUMERIC, "Float64")})
    day = Day(
        Reference(plan, {}, sample=sample),
        sample,
        rows,
        Profile(rows.height, {}, plan.digest),
        "at",
        judged=("value",),
    )
    return named(undo)(day, "value") is not None


def degrees(level: float, seed: int) -> np.ndarray:
    """A day around a level: cold before dawn, and warm after noon."""
    rng = np.random.default_rng([11, seed])
    hours = np.linspace(0, 2 * np.pi, ROWS)
    found = level - 3 * np.sin(hours + 0.5) + rng.normal(0, 0.3, ROWS)
    return np.round(found, 1)


def autumn() -> list[np.ndarray]:
    """Thirty days that become colder, and never freeze."""
    return [np.maximum(degrees(18 - 0.45 * n, n), 0.2) for n in range(DAYS)]


@pytest.mark.parametrize("level", [0.0, -1.0, -2.0])
def test_the_first_frost_has_not_lost_its_sign(level: float) -> None:
    """Degrees fall through zero: those above it are as near to it as those below."""
    assert not causes(autumn(), degrees(level, 99), "sign_flip")


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_thermometer_whose_sign_is_turned_is_named(share: float) -> None:
    """In a part of the rows of any size, or in all."""
    today = degrees(9, 99)
    turned = np.random.default_rng(5).random(ROWS) < share

    assert causes(autumn(), np.where(turned, -today, today), "sign_flip")


IDLE = np.array([0.6, 0.633, 0.667, 0.7, 0.733])


def meter(idle: list[float], share: float, seed: int) -> np.ndarray:
    """A machine that idles a part of the day at some of five values, and works at any."""
    rng = np.random.default_rng([13, seed])
    working = np.round(rng.uniform(2, 20, ROWS), 2)
    idles = rng.random(ROWS) < share
    return np.where(idles, rng.choice(IDLE, ROWS, p=idle), working)


USUAL = [0.1, 0.6, 0.3, 0.0, 0.0]


def weeks() -> list[np.ndarray]:
    """Thirty days of the machine, which idles for a third of the day to nearly all of it."""
    return [meter(USUAL, 0.3 + 0.5 * (n % 7) / 6, n) for n in range(DAYS - 1)] + [
        meter([0.0, 0.4, 0.5, 0.1, 0.0], 0.3, 98)
    ]


def test_a_machine_that_idles_at_other_values_was_not_filled_in() -> None:
    """The value beside the most frequent one is more frequent than ever as well."""
    quiet = meter([0.0, 0.1, 0.7, 0.2, 0.0], 0.75, 99)

    assert not causes(weeks(), quiet, "null_fill")


def test_an_idle_value_in_rows_that_should_work_is_filled_in() -> None:
    """A fill is one value, and leaves the share of the values beside it as it was."""
    today = meter(USUAL, 0.5, 99)
    lost = np.random.default_rng(6).random(ROWS) < 0.6

    assert causes(weeks(), np.where(lost, 0.667, today), "null_fill")


@pytest.mark.parametrize(("value", "named_"), [(0.25, False), (-999.0, True)])
def test_a_column_that_was_always_nought_says_nothing_of_a_first_value(
    value: float, named_: bool
) -> None:
    """It may rain at last. What people write for none stands for none in it too."""
    rng = np.random.default_rng(7)
    dry = [np.zeros(ROWS) for _ in range(DAYS)]
    wet = np.where(rng.random(ROWS) < 0.6, value, 0.0)

    assert causes(dry, wet, "sentinel") is named_


def gusts(level: float, seed: int) -> np.ndarray:
    """A day of wind in metres a second, with calms and a few gusts far from the rest."""
    rng = np.random.default_rng([17, seed])
    found = level + rng.normal(0, 0.4, ROWS)
    found[:: ROWS // 5] = level + 12.0
    return np.round(np.abs(found), 1)


def test_a_day_in_another_unit_has_no_rest_that_its_gusts_belong_to() -> None:
    """All of it is unknown: what lies far from the others was changed as they were."""
    rng = np.random.default_rng(8)
    days = [gusts(level, n) for n, level in enumerate(rng.uniform(3, 11, DAYS))]
    odd = [np.round(day + 0.03, 2) for day in days]

    assert causes(odd, np.round((gusts(8.0, 99) + 0.03) * 3.6, 3), "unit_scale")
    assert not causes(odd, np.round(gusts(14.0, 99) + 0.03, 2), "unit_scale")


def loads(level: float, seed: int) -> np.ndarray:
    """A day of kilowatts to the watt, each value of its own."""
    rng = np.random.default_rng([19, seed])
    return np.round(level * rng.lognormal(0, 0.8, ROWS), 3)


def test_a_power_of_ten_leaves_a_coarser_grid_and_a_usual_day() -> None:
    """Where both hold it is no rounding: of a rounded day the numbers stay where they were."""
    rng = np.random.default_rng(9)
    days = [loads(level, n) for n, level in enumerate(rng.uniform(0.6, 1.6, DAYS))]
    tenfold = loads(1.0, 99) * 10

    assert causes(days, tenfold, "unit_scale")
    assert not causes(days, np.round(loads(1.0, 99), 2), "unit_scale")
    assert causes(days, np.round(loads(1.0, 99), 2), "precision")


def digits(level: float, seed: int) -> np.ndarray:
    """A thermometer of four digits: hundredths from ten degrees on, thousandths below."""
    rng = np.random.default_rng([23, seed])
    found = level + rng.normal(0, 0.7, ROWS)
    return np.where(found >= 10, np.round(found, 2), np.round(found, 3))


@pytest.mark.parametrize(("last", "level"), [(12.0, 12.0), (9.0, 13.0)])
def test_a_logger_of_so_many_digits_has_lost_none_on_a_warm_day(
    last: float, level: float
) -> None:
    """Large numbers have fewer decimals, on days as warm and on the first warm one."""
    spring = [digits(level, n) for n, level in enumerate(np.linspace(6, last, DAYS))]

    assert not causes(spring, digits(level, 99), "precision")
    assert causes(spring, np.round(digits(7.5, 99), 1), "precision")


def test_the_first_row_of_another_class_has_no_wrong_sign() -> None:
    """A model that always said 0 says 1 of one row: the others are what they were."""
    never = [np.zeros(ROWS) for _ in range(DAYS)]
    once = np.where(np.arange(ROWS) == 70, 1.0, 0.0)

    assert not causes(never, once, "sign_flip")


@pytest.mark.parametrize(("minutes", "stuck"), [(55, False), (24 * 60, True)])
def test_hours_that_the_time_stamps_tell_are_not_stuck(
    minutes: int, stuck: bool
) -> None:
    """A day that ended after its first hour holds nothing but zeros."""
    days = [np.arange(ROWS) * 24.0 // ROWS for _ in range(DAYS)]
    rows = rows_of(np.zeros(ROWS))
    late = rows["row"] * minutes * 60 / ROWS
    start = FIRST + timedelta(days=DAYS)
    at = [start + timedelta(seconds=float(second)) for second in late]

    assert causes_of(days, rows.with_columns(at=pl.Series(at)), "stuck_value") is stuck


@pytest.mark.parametrize("share", [0.1, 1.0])
@pytest.mark.parametrize("factor", [3.6, 1.944, 1.94384, 3600 / 1852, 2.23694])
def test_units_have_the_factors_that_people_write(factor: float, share: float) -> None:
    """Knots for metres a second, with as many digits of 1.943844492 as somebody knew."""
    rng = np.random.default_rng(12)
    days = [loads(level, n) for n, level in enumerate(rng.uniform(0.6, 1.6, DAYS))]
    changed = np.random.default_rng(5).random(ROWS) < share
    today = loads(1.0, 99)

    assert causes(days, np.where(changed, today * factor, today), "unit_scale")
    assert not causes(days, np.where(changed, today * 1.873, today), "unit_scale")


@pytest.mark.parametrize(("value", "stuck"), [(100.0, False), (87.3, True)])
def test_a_day_at_the_end_of_a_scale_is_not_stuck(value: float, stuck: bool) -> None:
    """Fog all day, where most hours of some days had it: air holds no more than all."""
    rng = np.random.default_rng(14)
    levels = rng.uniform(60, 104, DAYS)
    days = [np.round(rng.normal(level, 6, ROWS), 1).clip(20, 100) for level in levels]

    assert causes(days, np.full(ROWS, value), "stuck_value") is stuck


def test_a_day_at_the_end_of_a_scale_is_stuck_where_no_day_comes_near() -> None:
    """Four rows in five see as far as can be seen, every day: not all of them do."""
    days = [np.random.default_rng([15, n]).permutation(sights()) for n in range(DAYS)]

    assert causes(days, np.full(ROWS, 10.0), "stuck_value")


def sights() -> np.ndarray:
    """How far is seen in a day, to ten miles."""
    return np.minimum(np.linspace(0.1, 50, ROWS).round(1), 10.0)


@pytest.mark.parametrize(("finer", "named_"), [(False, False), (True, True)])
def test_a_cold_day_is_no_tenth_of_a_warm_one(finer: bool, named_: bool) -> None:
    """Ten times any degrees are degrees again; a tenth of them has a decimal more."""
    days = [degrees(22 - 0.5 * n, n) for n in range(DAYS)]
    cold = np.round(np.abs(degrees(12, 99)) / 10, 2 if finer else 1)

    assert causes(days, cold, "unit_scale") is named_


def seven(values: np.ndarray) -> np.ndarray:
    """As a 32-bit number is written: so many digits, wherever the point is."""
    return np.array([float(f"{value:.7g}") for value in values])


def yaw(seed: int, north: float) -> np.ndarray:
    """A day of directions, a part of them a few degrees from north."""
    rng = np.random.default_rng([43, seed])
    is_north = rng.random(ROWS) < north
    return seven(
        np.where(is_north, rng.uniform(1, 9, ROWS), rng.uniform(100, 350, ROWS))
    )


def test_small_numbers_that_have_more_decimals_are_no_tenths() -> None:
    """The few that the reference has are as fine: a wind from the north all day."""
    days = [yaw(n, 0.004) for n in range(DAYS)]

    assert not causes(days, yaw(99, 0.95), "unit_scale")
