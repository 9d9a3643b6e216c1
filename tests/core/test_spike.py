"""One value in many rows: what was filled in, what stands for none, and what is neither."""

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis._spike import Spike, find_spike, looks_made_up
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from tests.core.day_by_day import day_after, sample_of

DAYS, ROWS, EVERY = 30, 480, 5
FIRST = datetime(2026, 1, 1)


def rows_of(number: int, rows: int = ROWS) -> pl.DataFrame:
    """Orders all day long, of a whole price from 20 to 79, each of another number."""
    rng = np.random.default_rng([97, number])
    at = [FIRST + timedelta(days=number, minutes=3 * n) for n in range(rows)]
    return pl.DataFrame(
        {
            "at": at,
            "price": rng.integers(20, 80, rows).astype(float),
            "order": rng.permutation(rows),
        }
    )


@cache
def before() -> pl.DataFrame:
    """Thirty days."""
    return sample_of([rows_of(n) for n in range(DAYS)])


def spike(rows: pl.DataFrame, reference: pl.DataFrame | None = None) -> Spike | None:
    """What stands out of the prices of a day."""
    known = before() if reference is None else reference
    plan = Plan({"price": ColumnPlan(Kind.NUMERIC, "")})
    return find_spike(day_after(known, rows, plan, timestamp="at"), "price")


def put(value: float, where: pl.Expr, name: str = "price") -> pl.DataFrame:
    """A day of which some rows have this value."""
    return rows_of(DAYS).with_columns(
        pl.when(where).then(value).otherwise(name).alias(name)
    )


PLACE = pl.int_range(pl.len())
SPREAD = PLACE % EVERY == 0


def test_a_value_filled_in_all_day_long_is_found_with_its_share() -> None:
    """A fifth of the rows are one price more than usual, which it could be."""
    found = spike(put(50.0, SPREAD))

    assert found is not None
    assert (found.value, found.known) == (50.0, True)
    assert found.share == pytest.approx(1 / EVERY + found.usual, abs=0.01)
    assert found.usual == pytest.approx(1 / 60, abs=0.005)


def test_a_usual_day_has_no_spike() -> None:
    """Of sixty prices one is always the most frequent."""
    assert [spike(rows_of(DAYS + n)) for n in range(8)] == [None] * 8


@pytest.mark.parametrize("value", [50.0, -999.0])
def test_a_value_of_one_part_of_the_day_was_not_filled_in(value: float) -> None:
    """Whether possible or not: what comes for some hours has a cause of its own."""
    hours = put(value, PLACE < ROWS // 12)

    assert spike(hours) is None
    assert spike(hours.drop("at")) is not None


@pytest.mark.parametrize("value", [50.0, -999.0])
def test_one_row_that_comes_again_and_again_is_no_default(value: float) -> None:
    """The rows of a default differ in everything else."""
    same = put(value, SPREAD).with_columns(
        pl.when(SPREAD).then(7).otherwise("order").alias("order")
    )

    assert spike(same.drop("at")) is None


def test_two_rows_of_a_code_far_from_all_prices_are_enough() -> None:
    """Nobody writes -999 by mistake twice; of 5,000 two rows may be a dear day."""
    assert spike(put(-999.0, PLACE % 240 == 0)) is not None
    assert spike(put(5_000.0, PLACE % 240 == 0)) is None


@pytest.mark.parametrize(
    ("value", "known"), [(-999.0, False), (33.5, True), (0.0, False), (5_000.0, False)]
)
def test_a_few_rows_of_what_never_was_are_enough(value: float, known: bool) -> None:
    """A code for none, what is off the grid, and a nought below all prices: in five rows."""
    found = spike(put(value, PLACE % 96 == 0))

    assert found is not None
    assert (found.value, found.known, found.explains) == (value, known, 1.0)


def test_a_single_row_is_no_spike() -> None:
    """One row is a slip, however far off."""
    assert spike(put(-999.0, PLACE == 100)) is None


@pytest.mark.parametrize("start", [-999.0, 33.5, 5_000.0])
def test_of_several_strange_values_one_has_most_rows_or_none_stands_out(
    start: float,
) -> None:
    """Three values that could not be are no default, whichever is the most frequent."""
    strange = put(start, SPREAD).with_columns(
        pl.when(SPREAD).then(start + PLACE % 3).otherwise("price").alias("price")
    )

    assert spike(strange) is None


@pytest.mark.parametrize("value", [-1.0, 81.0])
def test_only_what_people_write_for_none_is_strange_beside_the_range(
    value: float,
) -> None:
    """A bit below all prices -1 is no price; a bit above them 81 is one."""
    found = spike(put(value, PLACE % 96 == 0))

    assert (found is not None) is (value == -1.0)


def test_two_values_more_frequent_than_ever_are_a_fashion() -> None:
    """A default is one value: two popular prices have to leave the others as they were."""
    two = put(50.0, SPREAD).with_columns(
        pl.when(PLACE % 5 == 1).then(31.0).otherwise("price").alias("price")
    )
    dear = two.with_columns(
        pl.when(pl.col("price") < 40)
        .then(pl.col("price") + 10)
        .otherwise("price")
        .alias("price")
    )

    assert spike(dear) is None


@pytest.mark.parametrize("number", [0, 4])
def test_too_few_values_have_no_spike(number: int) -> None:
    """Of a column that is all but empty nothing is said."""
    some = rows_of(DAYS).with_columns(
        price=pl.when(number > PLACE).then(-999.0).otherwise(None)
    )
    assert spike(some) is None


@pytest.mark.parametrize("value", [-1, 0, 99, -999, 999_999, 1e6, 32_767, 2**31 - 1])
def test_what_people_write_for_none_looks_made_up(value: float) -> None:
    """Nines, a one with noughts, a nought, minus one and the largest that a type holds."""
    assert looks_made_up(float(value))


@pytest.mark.parametrize(
    "value", [9, -9, 90, 991, 1e4, 1_000_001, 0.5, 99.9, 2**31 - 2]
)
def test_other_numbers_do_not(value: float) -> None:
    """A nine may be counted, and ten thousand earned."""
    assert not looks_made_up(float(value))
