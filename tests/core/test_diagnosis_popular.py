"""One popular price: filled in it is named, and chosen more often it is not."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, named
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference

PLAN = Plan({"price": ColumnPlan(Kind.NUMERIC, "Float64")})
DAYS, ROWS = 60, 600
AMID, DEAR, CAP = 28.0, 36.0, 45.0


def prices(number: int, popular: float, dearer: float = 0.0) -> np.ndarray:
    """A day's prices, a fifth of them the popular one; `dearer` tilts what is chosen.

    Each day is a bit dearer or cheaper than the others. Where the cap is the popular one,
    fewer are it, none is dearer, and days differ more.
    """
    rng = np.random.default_rng([5, number])
    wander, share = (0.2, 0.05) if popular == CAP else (0.05, 0.2)
    tilt = dearer + rng.normal(0, wander)
    menu = np.round(rng.gamma(6, 4, 20 * ROWS), 2)
    menu = np.minimum(menu, CAP) if popular == CAP else menu
    menu[rng.random(len(menu)) < share] = popular
    weight = np.exp(tilt * (menu - 24) / 10)
    return rng.choice(menu, ROWS, p=weight / weight.sum())


def rows_of(values: np.ndarray) -> pl.DataFrame:
    """Rows that differ in another column."""
    return pl.DataFrame({"price": values, "order": np.arange(len(values))})


@cache
def sample(popular: float) -> pl.DataFrame:
    """Sixty days."""
    days = (
        rows_of(prices(n, popular)).with_columns(pl.lit(f"{n:02}").alias(WINDOW))
        for n in range(DAYS)
    )
    return pl.concat(days)


def is_filled(values: np.ndarray, popular: float) -> bool:
    """Whether these prices are said to hold a default."""
    before = sample(popular)
    day = Day(
        Reference(PLAN, {}, sample=before),
        before,
        rows_of(values),
        Profile(len(values), {}, PLAN.digest),
        judged=("price",),
    )
    return named("null_fill")(day, "price") is not None


@pytest.mark.parametrize("dearer", [0.6, 0.8])
@pytest.mark.parametrize("number", [60, 61])
def test_a_popular_price_is_no_default_where_the_others_rose(
    number: int, dearer: float
) -> None:
    """Dearer things are chosen, the popular dear one among them."""
    assert not is_filled(prices(number, DEAR, dearer), DEAR)


@pytest.mark.parametrize("number", [60, 61])
@pytest.mark.parametrize("popular", [AMID, DEAR])
def test_a_filled_price_is_a_default_on_a_day_that_is_a_bit_dearer(
    number: int, popular: float
) -> None:
    """Few days are dearer than the second one, and that is no reason for a pile amid them."""
    values = prices(number, popular)
    values[np.random.default_rng(3).random(ROWS) < 0.2] = popular

    assert is_filled(values, popular)


@pytest.mark.parametrize("number", range(60, 72))
def test_prices_at_a_cap_are_no_default_on_a_day_that_is_a_bit_dearer(
    number: int,
) -> None:
    """What is dearer than the cap piles up there."""
    assert not is_filled(prices(number, CAP, dearer=0.1), CAP)


LEAST, MOST = 9.0, 60.0


def whole(number: int, tilt: float | None = None) -> np.ndarray:
    """Prices in whole numbers within two limits, on some days dearer than on others."""
    rng = np.random.default_rng([41, number])
    menu = np.clip(np.round(rng.gamma(6, 4, 20 * ROWS)), LEAST, MOST)
    level = rng.normal(0, 0.3) if tilt is None else tilt
    weight = np.exp(level * (menu - 24) / 10)
    return rng.choice(menu, ROWS, p=weight / weight.sum())


@pytest.mark.parametrize(("share", "said"), [(0.1, False), (0.0, True)])
def test_a_pile_at_both_ends_is_a_world_that_spread(share: float, said: bool) -> None:
    """What was filled in is one value, and leaves as many at the other end as there were."""
    before = pl.concat(
        rows_of(whole(n)).with_columns(pl.lit(f"{n:02}").alias(WINDOW))
        for n in range(DAYS)
    )
    drawn, today = np.random.default_rng(3).random(ROWS), whole(99, tilt=0.0)
    today = np.where(drawn < 0.4, LEAST, np.where(drawn > 1 - share, MOST, today))
    profile = Profile(ROWS, {}, PLAN.digest)
    reference = Reference(PLAN, {}, sample=before)
    day = Day(reference, before, rows_of(today), profile, judged=("price",))

    assert (named("null_fill")(day, "price") is not None) is said


@cache
def tags() -> np.ndarray:
    """The prices of a shop to the cent: thousands of cheap ones, and a few dear ones."""
    rng = np.random.default_rng(31)
    cheap = np.round(rng.lognormal(0.6, 0.8, 3000), 2)
    dear = np.round([*rng.uniform(32.5, 36, 40), *rng.uniform(40, 200, 12)], 2)
    return np.sort([*cheap, *dear])


def bought(number: int, dearer: float | None = None) -> np.ndarray:
    """What is bought in a day: on some days cheaper things than on others."""
    rng = np.random.default_rng([37, number])
    weight = tags() ** (rng.normal(0, 0.2) if dearer is None else dearer)
    return rng.choice(tags(), ROWS, p=weight / weight.sum())


@pytest.mark.parametrize("by", [32.0, 17.03])
def test_an_amount_added_to_every_price_is_the_one_that_brings_most_home(
    by: float,
) -> None:
    """Though one a little larger would make the day more like the others."""
    before = pl.concat(
        rows_of(bought(n)).with_columns(pl.lit(f"{n:02}").alias(WINDOW))
        for n in range(DAYS)
    )
    rows = rows_of(np.round(bought(99, dearer=-0.2) + by, 2))
    profile = Profile(ROWS, {}, PLAN.digest)
    reference = Reference(PLAN, {}, sample=before)
    found = named("offset")(
        Day(reference, before, rows, profile, judged=("price",)), "price"
    )

    assert found is not None
    assert found.parameters["offset"] == pytest.approx(by)
