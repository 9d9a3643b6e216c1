"""Two columns that changed places, and what only looks like it."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, Diagnosis, named
from driftline.core.diagnosis._numbers import Numbers
from driftline.core.diagnosis.column_swap import _one_alien
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import Reference
from tests.core.day_by_day import sample_of

DAYS, ROWS = 30, 400
TEXT = {"origin": ("JFK", "LGA", "EWR"), "carrier": ("AA", "B6", "DL", "UA", "WN")}
DAILY = {
    "weekday": ("Mon", "Tue", "Wed", "Thu", "Fri"),
    "crew": ("red", "blue", "green"),
}
NUMBERS = ("age", "income", "low", "high", "bid", "ask", "listed", "paid")


def rows_of(number: int) -> pl.DataFrame:
    """Numbers and texts of several kinds, of which some stand in an order or tell the day.

    Asks are a bit above their bids; few of what is listed is paid less for.
    """
    rng = np.random.default_rng([71, number])
    low, bid = rng.normal(80, 2, ROWS).round(1), rng.normal(500, 40, ROWS).round(2)
    listed = rng.integers(10, 500, ROWS).astype(float)
    return pl.DataFrame(
        {
            "age": rng.integers(18, 91, ROWS).astype(float),
            "income": rng.integers(200, 901, ROWS) * 100.0,
            "low": low,
            "high": low + rng.integers(200, 600, ROWS) / 10,
            "bid": bid,
            "ask": bid + rng.uniform(0.1, 3, ROWS).round(2),
            "listed": listed,
            "paid": listed - (rng.random(ROWS) < 0.02),
            **{name: rng.choice(TEXT[name], ROWS) for name in TEXT},
            **{
                name: np.full(ROWS, said[number % len(said)])
                for name, said in DAILY.items()
            },
        }
    )


@cache
def before() -> pl.DataFrame:
    """Thirty days."""
    return sample_of([rows_of(n) for n in range(DAYS)])


def swap(rows: pl.DataFrame, name: str) -> Diagnosis | None:
    """What is said of a column on a day of these rows."""
    columns = {n: ColumnPlan(Kind.NUMERIC, "") for n in NUMBERS}
    for n, values in (TEXT | DAILY).items():
        columns[n] = ColumnPlan(Kind.CATEGORICAL, "", categories=values)
    plan = Plan(columns)
    known, profile = Reference(plan, {}, sample=before()), Profile(ROWS, {}, "")
    day = Day(known, before(), rows, profile, judged=(*NUMBERS, *TEXT, *DAILY))
    return named("column_swap")(day, name)


def changed(count: int, values: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """A day whose first rows have other values."""
    first = count > pl.int_range(pl.len())
    return rows_of(DAYS).with_columns(
        pl.when(first).then(value).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def crossed(one: str, other: str) -> dict[str, pl.Expr]:
    """Each of two columns holds the other's values."""
    return {one: pl.col(other), other: pl.col(one)}


@pytest.mark.parametrize("count", [3, 40, ROWS])
@pytest.mark.parametrize("name", ["origin", "carrier"])
def test_texts_in_each_others_place_are_named_in_however_few_rows(
    name: str, count: int
) -> None:
    """Three rows, a tenth and all: with the share of them, whichever is asked about."""
    found = swap(changed(count, crossed("origin", "carrier")), name)

    assert found is not None
    assert found.columns == ("carrier", "origin")
    assert found.explains == 1.0
    assert found.share == pytest.approx(count / ROWS)


@pytest.mark.parametrize(
    "values",
    [
        {"origin": pl.lit("HPN"), "carrier": pl.lit("XX")},
        {"origin": pl.col("carrier")},
        {"origin": pl.col("carrier"), "carrier": pl.lit("XX")},
        {"origin": pl.lit("HPN"), "carrier": pl.col("origin")},
    ],
    ids=["both new", "copied", "one known", "other known"],
)
@pytest.mark.parametrize("name", ["origin", "carrier"])
def test_texts_that_are_new_in_one_place_or_everywhere_are_no_swap(
    name: str, values: dict[str, pl.Expr]
) -> None:
    """Both have to hold what the other held, and what it did not hold itself."""
    assert swap(changed(40, values), name) is None


def test_two_rows_of_text_are_a_slip() -> None:
    """Two rows that cross are no evidence of what was done to a file."""
    assert swap(changed(2, crossed("origin", "carrier")), "origin") is None


@pytest.mark.parametrize(("lost", "is_named"), [(6, True), (14, False)])
def test_nearly_all_rows_that_are_strange_in_two_texts_have_to_cross(
    lost: int, is_named: bool
) -> None:
    """Of forty such rows a few may be of another fault besides, and a third may not."""
    rows = changed(40, crossed("origin", "carrier"))
    strange = pl.when(pl.int_range(pl.len()) < lost).then(pl.lit("?"))
    rows = rows.with_columns(strange.otherwise("origin").alias("origin"))

    assert (swap(rows, "carrier") is not None) is is_named


@pytest.mark.parametrize("count", [8, 40, ROWS])
@pytest.mark.parametrize("name", ["age", "income"])
def test_numbers_in_each_others_place_are_named(name: str, count: int) -> None:
    """In two rows of a hundred, a tenth and all, whichever of the two is asked about."""
    found = swap(changed(count, crossed("age", "income")), name)

    assert found is not None
    assert found.columns == ("age", "income")
    assert found.explains == pytest.approx(1, abs=0.01)
    assert found.share == pytest.approx(count / ROWS)


@pytest.mark.parametrize(
    ("count", "values"),
    [
        (2, crossed("age", "income")),
        (40, {"age": pl.col("income")}),
        (40, {"age": pl.col("income"), "income": pl.lit(12.5)}),
        (40, {"age": pl.lit(-3.0), "income": pl.col("age")}),
        (40, {"age": pl.lit(44_000.0), "income": pl.lit(40.0)}),
    ],
    ids=["two rows", "copied", "one possible", "other possible", "two defaults"],
)
@pytest.mark.parametrize("name", ["age", "income"])
def test_numbers_that_do_not_cross_in_several_pairs_are_no_swap(
    name: str, count: int, values: dict[str, pl.Expr]
) -> None:
    """Both have to be possible in the other's place, and not one pair in many rows."""
    assert swap(changed(count, values), name) is None


def test_numbers_that_are_possible_in_both_places_are_told_by_their_order() -> None:
    """The higher of two pressures is below the lower one in all rows."""
    found = swap(changed(ROWS, crossed("low", "high")), "low")

    assert found is not None
    assert found.columns == ("high", "low")


def test_texts_that_tell_the_day_are_named_in_each_others_place() -> None:
    """A weekday among crews is no news as another weekday would be."""
    found = swap(changed(ROWS, crossed("weekday", "crew")), "crew")

    assert found is not None
    assert found.columns == ("crew", "weekday")


@pytest.mark.parametrize(("lost", "is_named"), [(6, True), (14, False)])
def test_nearly_all_rows_that_are_strange_in_two_numbers_have_to_cross(
    lost: int, is_named: bool
) -> None:
    """As of texts."""
    rows = changed(40, crossed("age", "income"))
    strange = pl.when(pl.int_range(pl.len()) < lost).then(-7.5)
    rows = rows.with_columns(strange.otherwise("age").alias("age"))

    assert (swap(rows, "income") is not None) is is_named


@pytest.mark.parametrize(("count", "is_named"), [(4, False), (8, True)])
def test_numbers_that_cross_in_one_row_of_two_hundred_are_a_slip(
    count: int, is_named: bool
) -> None:
    """However many rows that is."""
    first = count > pl.int_range(pl.len())
    rows = pl.concat([rows_of(DAYS), rows_of(DAYS + 1), rows_of(DAYS + 2)])
    rows = rows.with_columns(
        pl.when(first).then(pl.col(value)).otherwise(pl.col(name)).alias(name)
        for name, value in (("age", "income"), ("income", "age"))
    )

    assert (swap(rows, "age") is not None) is is_named


def test_columns_that_are_equal_today_have_not_changed_places() -> None:
    """Mostly they are; that nobody paid less today turns nothing round."""
    assert swap(changed(ROWS, {"paid": pl.col("listed")}), "paid") is None


def test_an_order_that_is_turned_by_another_distance_is_no_swap() -> None:
    """Asks are far below their bids, where they had been a bit above."""
    assert swap(changed(ROWS, crossed("bid", "ask")), "bid") is not None
    assert swap(changed(ROWS, {"ask": pl.col("bid") - 30}), "bid") is None


def test_a_column_that_fell_below_another_by_itself_has_not_changed_places() -> None:
    """The lower pressure stays where it was, and the gap is as wide as ever."""
    fallen = {"high": 2 * pl.col("low") - pl.col("high")}
    assert swap(changed(ROWS, fallen), "high") is None


def test_whole_numbers_among_amounts_are_told_by_the_amounts_among_them() -> None:
    """Amounts hold whole numbers without looking strange; pieces are no fractions."""
    rng = np.random.default_rng(4)

    def orders(busy: float) -> tuple[np.ndarray, np.ndarray]:
        pieces = np.ceil(rng.lognormal(3.0 + busy, 0.8, 80))
        return pieces, np.round(rng.lognormal(4.5 + busy, 0.9, 80), 2)

    days = [orders(busy) for busy in rng.normal(0, 0.3, 40)]
    window = np.repeat(np.arange(40), 80)
    pieces, amounts = orders(0.0)
    before = [np.concatenate(side) for side in zip(*days, strict=True)]

    def columns(first: np.ndarray, second: np.ndarray) -> tuple[Numbers, Numbers]:
        return (
            Numbers(before[0], window, first),
            Numbers(before[1], window, second),
        )

    assert _one_alien(*columns(amounts, pieces)) is not None
    assert _one_alien(*columns(pieces, amounts)) is None
    assert _one_alien(*columns(pieces * 1.61, amounts)) is None
