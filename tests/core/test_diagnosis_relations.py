"""Another unit, told from another world by the columns that a column stands to."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, named
from driftline.core.diagnosis._by_grid import _strange
from driftline.core.diagnosis._numbers import Numbers
from driftline.core.diagnosis._relations import goes_along
from driftline.core.diagnosis._strange import coming_home
from driftline.core.diagnosis.offset import _plus
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference

ROWS, DAYS = 300, 40
KILOMETRES, NAUTICAL = 1.609344, 1.150779
NUMBERS = ("speed", "gust", "draw", "dial")
PLAN = Plan(
    {name: ColumnPlan(Kind.NUMERIC, "Float64") for name in NUMBERS}
    | {"sail": ColumnPlan(Kind.CATEGORICAL, "String", categories=("jib", "main"))}
)


def winds(number: int, speed: float = 1.0, gust: float = 1.0) -> pl.DataFrame:
    """A day's winds, their gusts, what a mill draws of them and the sail they want.

    A dial has nothing to do with them. Speeds and gusts are so many times the usual ones.
    """
    rng = np.random.default_rng([3, number])
    wind = rng.normal(50 + rng.normal(0, 0.3), 8, ROWS).clip(20)
    return pl.DataFrame(
        {
            "speed": wind * speed,
            "gust": (wind + rng.normal(0, 3, ROWS)) * 1.3 * gust,
            "draw": wind * 2 + rng.normal(0, 12, ROWS),
            "dial": rng.uniform(0, 360, ROWS),
            "sail": np.where(wind + rng.normal(0, 2, ROWS) > 50, "jib", "main"),
        }
    )


@cache
def sample() -> pl.DataFrame:
    """Forty days."""
    return pl.concat(
        [winds(n).with_columns(pl.lit(f"{n:02}").alias(WINDOW)) for n in range(DAYS)]
    )


def is_called(cause: str, rows: pl.DataFrame, *beside: str) -> bool:
    """Whether this is said to have happened to the speeds, seen beside these columns."""
    before = sample()
    day = Day(
        Reference(PLAN, {}, sample=before),
        before,
        rows,
        Profile(ROWS, {}, PLAN.digest),
        judged=("speed", *beside),
    )
    return named(cause)(day, "speed") is not None


def is_other_unit(rows: pl.DataFrame, *beside: str) -> bool:
    """Whether the speeds are said to be in another unit."""
    return is_called("unit_scale", rows, *beside)


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        (("gust",), True),
        (("draw",), True),
        (("sail",), True),
        (("dial",), False),
        ((), False),
        (("dial", "gust"), True),
    ],
)
def test_another_unit_is_told_by_a_column_that_is_related(
    beside: tuple[str, ...], told: bool
) -> None:
    """Faster winds have stronger gusts: kilometres for miles have the gusts of miles."""
    assert is_other_unit(winds(50, KILOMETRES), *beside) is told
    assert not is_other_unit(winds(50), *beside)


def test_an_amount_that_was_chosen_to_fit_is_told_by_no_relation() -> None:
    """Some amount brings any steady rise back to its gusts."""
    rows = winds(50).with_columns(pl.col("speed") + 30)

    assert not is_called("offset", rows, "gust", "draw")


def test_a_unit_that_is_nearly_the_same_is_told_by_no_relation() -> None:
    """A seventh more is what a stormy season brings, with gusts that lag behind."""
    assert not is_other_unit(winds(50, NAUTICAL), "gust", "draw")


@pytest.mark.parametrize("gust", [KILOMETRES, 3.0])
def test_a_storm_that_nobody_has_seen_is_in_no_other_unit(gust: float) -> None:
    """Gusts are where they have never been, so a mill that draws as usual says nothing."""
    storm = winds(50, KILOMETRES, gust)

    assert not is_other_unit(storm, "gust")
    assert not is_other_unit(storm, "gust", "draw")


def test_a_column_that_is_not_as_usual_is_passed_over() -> None:
    """Gusts are a bit stronger; by what the mill draws the speeds are in another unit."""
    rows = winds(50, KILOMETRES, 1.05)

    assert not is_other_unit(rows, "gust")
    assert is_other_unit(rows, "gust", "draw")


def test_a_column_with_new_values_is_passed_over() -> None:
    """Sails that nobody knew stand to no speed."""
    rows = winds(50, KILOMETRES).with_columns(
        pl.col("sail").replace("jib", "spinnaker")
    )

    assert not is_other_unit(rows, "sail")


def test_a_unit_that_would_leave_the_relation_broken_is_none() -> None:
    """The same speeds in another order fit their gusts in no unit."""
    rows = winds(50, KILOMETRES)
    rows = rows.with_columns(pl.col("speed").shuffle(seed=1))

    assert not is_other_unit(rows, "gust", "draw")


def along(before: pl.DataFrame, today: pl.DataFrame) -> bool | None:
    """Whether today's speeds go along with what tells most of them."""
    whole = Profile(today.height, {}, PLAN.digest)
    day = Day(
        Reference(PLAN, {}, sample=before),
        before,
        today,
        whole,
        judged=("speed", "draw"),
    )
    return goes_along(day, day.numbers("speed"), {"speed"})


@pytest.mark.parametrize("times", [1, 20])
def test_how_closely_columns_go_along_is_no_matter_of_rows(times: int) -> None:
    """A relation that is nearly gone is so in a day of many more rows than usual, too."""
    today = pl.concat([winds(DAYS + n) for n in range(times)])
    rng = np.random.default_rng(7)
    mixed = pl.Series(rng.permutation(today["draw"].to_numpy()))
    loose = today.with_columns(draw=0.9 * mixed + 0.1 * today["draw"])
    assert along(sample(), today) is True
    assert along(sample(), loose) is False


def test_a_column_of_one_value_a_day_says_nothing_within_a_day() -> None:
    """What tells a column from day to day alone is asked for no slope within one."""
    days = [
        winds(n).with_columns(
            pl.lit(f"{n:02}").alias(WINDOW),
            speed=pl.col("speed") + 10.0 * (n % 9),
            draw=pl.lit(float(n % 9)),
        )
        for n in range(DAYS)
    ]
    assert along(pl.concat(days), days[0].drop(WINDOW)) is None


SCALE = np.sort(np.random.default_rng(5).uniform(15, 140, 400))
"""All speeds that a dial can show, at uneven distances."""


def on_dial(rows: pl.DataFrame) -> pl.DataFrame:
    """The same winds as the dial shows them: each the nearest below."""
    at = np.searchsorted(SCALE, rows["speed"].to_numpy(), side="right") - 1
    return rows.with_columns(speed=SCALE[at.clip(0)])


@pytest.mark.parametrize("moved", [False, True])
def test_numbers_that_the_column_takes_are_in_no_other_unit(moved: bool) -> None:
    """Speeds moved along the dial are speeds; in kilometres the dial has none of them."""
    before = on_dial(sample())
    rows = winds(50, KILOMETRES) if moved else winds(50)
    rows = on_dial(rows)
    if not moved:
        rows = rows.with_columns(pl.col("speed") * KILOMETRES)
    whole = Profile(ROWS, {}, PLAN.digest)
    known = Reference(PLAN, {}, sample=before)
    day = Day(known, before, rows, whole, judged=("speed", "gust"))

    assert (named("unit_scale")(day, "speed") is None) is moved


def test_what_lies_out_of_range_does_not_say_that_nothing_was_done() -> None:
    """In another unit hardly a speed is in the range: its gusts tell of it."""
    rows = on_dial(winds(50)).with_columns(pl.col("speed") * 2.54)
    before = on_dial(sample())
    known = Reference(PLAN, {}, sample=before)
    whole = Profile(ROWS, {}, PLAN.digest)
    day = Day(known, before, rows, whole, judged=("speed", "gust"))

    assert named("unit_scale")(day, "speed") is not None


@cache
def sums() -> np.ndarray:
    """Whole numbers, of which a few are very large."""
    return np.round(np.exp(np.random.default_rng(3).normal(3.1, 0.9, 6_000)) * 24)


def means(number: int, high: float = 0.0) -> pl.DataFrame:
    """Forty-five means of 24 whole numbers, to three digits; `high` prefers large ones."""
    odds = sums() ** high
    rng = np.random.default_rng([11, number])
    picked = rng.choice(sums(), 45, p=odds / odds.sum())
    return pl.DataFrame({"speed": np.round(picked / 24, 3)})


def test_an_amount_explains_nothing_where_no_more_is_new_than_usual() -> None:
    """Means lie on an even grid of a 24th, on which many amounts bring some home."""
    days = [means(n).with_columns(pl.lit(f"{n:02}").alias(WINDOW)) for n in range(90)]
    before = pl.concat(days)
    known = Reference(PLAN, {}, sample=before)
    whole = Profile(45, {}, PLAN.digest)
    found = [
        named("offset")(Day(known, before, today, whole, judged=("speed",)), "speed")
        for today in (means(number, 0.8) for number in range(100, 140))
    ]
    assert found == [None] * 40


def smoke(low: float, high: float, values: int, seed: int) -> np.ndarray:
    """Means of 24 whole numbers, to three digits; of one in eight, 23 were there."""
    rng = np.random.default_rng([13, seed])
    of = np.where(rng.random(values) < 1 / 8, 23, 24)
    return np.round(np.round(rng.uniform(low, high, values) * of) / of, 3)


@pytest.mark.parametrize("added", [0.0, 19.21])
def test_a_day_where_few_have_been_is_no_amount_off(added: float) -> None:
    """Values are dense below and sparse above: below, most of the grid is known."""
    before = np.concatenate([smoke(5, 30, 4_000, 1), smoke(5, 70, 200, 2)])
    days = np.random.default_rng(1).integers(0, 90, len(before))
    now = smoke(36, 46, 45, 3) if not added else smoke(12, 28, 45, 3) + added
    column = Numbers(before, days, now)
    [strange] = _strange(column)
    amount = _plus(column, added or 19.25, 1)

    assert (coming_home(column, strange, amount, 2) is not None) is bool(added)
    assert coming_home(column, strange, replace(amount, rivals=()), 2) is not None


@pytest.mark.parametrize(("times", "digits", "told"), [(1, 0, True), (1000, 3, False)])
def test_decimals_that_are_lost_leave_numbers_where_they_were(
    times: int, digits: int, told: bool
) -> None:
    """In thousandths they are whole as well, and that says nothing of their decimals."""
    days = [means(n).with_columns(pl.lit(f"{n:02}").alias(WINDOW)) for n in range(90)]
    before = pl.concat(days)
    known = Reference(PLAN, {}, sample=before)
    rows = means(100).with_columns((pl.col("speed") * times).round(digits))
    day = Day(known, before, rows, Profile(45, {}, PLAN.digest), judged=("speed",))

    assert (named("precision")(day, "speed") is not None) is told
