"""Bugs in orders from a short menu: few prices, and rows that look alike by nature."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, diagnose
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.reference import WINDOW, Reference
from driftline.core.window import day_window
from tests.core.day_by_day import ENGINE, reference_of

DAYS, ORDERS = 60, 70
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
WATCHED = ("price", "size", "ordered", "calories")
MENU = np.arange(12) * 0.75 + 9.75


def rows_of(number: int, dearer: float = 0.0) -> pl.DataFrame:
    """A day's pizzas, each order at its own minute; `dearer` tilts what is chosen."""
    rng = np.random.default_rng([47, number])
    weight = np.exp(dearer * (MENU - MENU.mean()) / MENU.std())
    hours, ordered = rng.integers(11, 23, ORDERS), rng.integers(1, 4, ORDERS)
    at = [FIRST + timedelta(days=number, hours=int(h)) for h in np.sort(hours)]
    price = rng.choice(MENU, ordered.sum(), p=weight / weight.sum())
    return pl.DataFrame(
        {
            "at": [
                moment for moment, n in zip(at, ordered, strict=True) for _ in range(n)
            ],
            "price": price,
            "size": np.where(price > MENU.mean(), "L", "S"),
            "ordered": np.repeat(ordered, ordered),
            "calories": np.round(rng.gamma(9, 120, len(price))),
        }
    )


@cache
def reference() -> Reference:
    """Sixty days whose keys never repeat, though their rows do."""
    return reference_of(FIRST, [rows_of(n) for n in range(DAYS)], WATCHED, repeats=0.0)


def found(
    rows: pl.DataFrame,
    about: Sequence[Finding],
    columns: Sequence[str] = WATCHED,
    repeats: float = 0.0,
) -> list[Finding]:
    """What is diagnosed on these columns, when so large a share of the keys repeats."""
    known = reference()
    assert known.sample is not None
    window = day_window((FIRST + timedelta(days=DAYS)).date())
    profile = ENGINE.profile(ENGINE.from_table(rows, window, "rows"), known.plan)
    before = known.sample.select("at", WINDOW, *columns)
    day = Day(
        known,
        before,
        rows.select("at", *columns),
        profile,
        "at",
        judged=tuple(columns),
        label=window.label,
        repeats=repeats,
    )
    return diagnose(day, about)


def breach(column: str, statistic: str = "x") -> Finding:
    topic = Topic.SLICE if column == "rows" else Topic.DRIFT
    return Finding(topic, column, statistic, Outcome.BREACHED, Severity.WARNING, "")


def cause(findings: Sequence[Finding]) -> list[str]:
    return [finding.evidence["cause"] for finding in findings]


ALIKE = ("price", "size", "ordered")
TWICE = [breach("rows", "duplicates")]


def test_a_load_that_came_twice_is_named_among_rows_that_look_alike() -> None:
    """A fifth of the keys repeats; without keys two equal pizzas are nothing strange."""
    rows = rows_of(60)
    twice = pl.concat([rows, rows.sample(fraction=0.2, seed=1)])

    assert cause(found(twice, TWICE, ALIKE, 1 / 6)) == ["duplicated_load"]
    assert cause(found(rows, TWICE, ALIKE, 0.0)) == []


def test_keys_that_repeat_in_different_rows_are_no_load() -> None:
    """A key that was given to many rows has another cause than a second load."""
    assert cause(found(rows_of(60), TWICE, WATCHED, 0.4)) == []


@pytest.mark.parametrize("number", [60, 61, 63])
def test_dearer_orders_are_no_default(number: int) -> None:
    """More of all dear prices pile up at the dearest; a filled price moves no other."""
    rows = rows_of(number)
    mask = np.random.default_rng(5).random(rows.height) < 0.3
    filled = rows.with_columns(
        pl.when(pl.Series(mask)).then(MENU[-1]).otherwise("price").alias("price")
    )

    assert cause(found(rows_of(number, dearer=1.2), [breach("price")])) == []
    assert cause(found(filled, [breach("price")])) == ["null_fill"]


def test_a_price_that_is_stuck_is_named_among_rows_that_look_alike() -> None:
    """Without the price, rows are as different as on any day."""
    stuck = rows_of(60).with_columns(pl.lit(MENU[4]).alias("price"))

    assert cause(found(stuck, [breach("price")], ALIKE)) == ["stuck_value"]


@pytest.mark.parametrize(
    ("value", "named"), [(-999.0, "sentinel"), (None, "sign_flip")]
)
def test_one_value_is_not_many_of_another_sign(value: float | None, named: str) -> None:
    """999 calories are possible; that often they are not."""
    rows = rows_of(60)
    mask = np.random.default_rng(7).random(rows.height) < 0.1
    wrong = pl.lit(value) if value else -pl.col("calories")
    changed = rows.with_columns(
        pl.when(pl.Series(mask)).then(wrong).otherwise("calories").alias("calories")
    )

    assert cause(found(changed, [breach("calories")])) == [named]


def test_a_code_among_some_numbers_of_another_sign_is_a_code() -> None:
    """Most that are negative are -999, and far more than were ever 999."""
    codes = [-999.0] * 20 + [-600.0, -800.0, -900.0, -1100.0, -1250.0, -1300.0, -1500.0]
    rows = rows_of(60)
    wrong = np.random.default_rng(7).permutation(rows.height)[: len(codes)]
    calories = rows["calories"].to_numpy().copy()
    calories[wrong] = codes

    changed = rows.with_columns(calories=pl.Series(calories))

    assert cause(found(changed, [breach("calories")])) == ["sentinel"]
