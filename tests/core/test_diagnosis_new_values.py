"""New values of a column: broken data where their rows are like the others, else news."""

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, Diagnosis, named
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import Reference
from tests.core.day_by_day import day_after, sample_of

PLAN = Plan(
    {
        "shop": ColumnPlan(Kind.CATEGORICAL, "String", categories=("ann", "bob")),
        "price": ColumnPlan(Kind.NUMERIC, "Float64"),
    }
)
ROWS, DAYS = 400, 20


def sales(
    number: int, new: int = 0, value: str = "eve", dear: float = 0.0
) -> pl.DataFrame:
    """A day's sales, so many of them of a new shop, dearer than the others by so much."""
    rng = np.random.default_rng([8, number])
    is_new = rng.permutation(ROWS) < new
    shop = np.where(is_new, value, rng.choice(["ann", "bob"], ROWS))
    return pl.DataFrame(
        {"shop": shop, "price": rng.normal(20, 4, ROWS) + dear * is_new}
    )


def said(rows: pl.DataFrame, usually: int = 0, shops: int = DAYS) -> Diagnosis | None:
    """What is said after days of which each had so many rows of one of these shops."""
    days = [sales(n, usually, f"shop {n % shops}") for n in range(DAYS)]
    return named("unseen_values")(day_after(sample_of(days), rows, PLAN), "shop")


@pytest.mark.parametrize(
    ("new", "dear", "certain"),
    [
        (40, 0.0, True),  # prices are as everywhere: overwritten
        (40, 15.0, None),  # prices of its own: a new shop
        (10, 0.0, False),  # too few to tell which
        (6, 0.0, None),  # and too few to matter, unless that is sure
    ],
)
def test_a_new_value_is_broken_data_where_its_rows_are_like_the_others(
    new: int, dear: float, certain: bool | None
) -> None:
    """What is new in the world has its own ways."""
    found = said(sales(50, new, dear=dear))

    assert (None if found is None else found.certain) is certain


@pytest.mark.parametrize(
    ("place", "ids", "told"),
    [
        ("town", False, False),  # a new town, as of no other shop
        ("", False, True),
        ("", True, True),  # every row has an id that nobody has seen
    ],
)
def test_a_new_shop_of_a_new_town_is_a_world_that_grows(
    place: str, ids: bool, told: bool
) -> None:
    """Too few rows to tell how they are: that they are new in two columns tells."""
    rows = beside(sales(50, 10, "eve"), place, ids)
    sample = sample_of([beside(sales(n), "", ids) for n in range(DAYS)])
    plan = Plan(PLAN.columns | {"place": PLAN.columns["shop"]})
    known = Reference(plan, {}, sample=sample)
    whole = Profile(ROWS, {}, plan.digest)
    day = Day(known, sample, rows, whole, judged=("shop", "price", "place"))
    found = named("unseen_values")(day, "shop")

    assert (found is not None) is told


def beside(rows: pl.DataFrame, place: str, ids: bool) -> pl.DataFrame:
    """The sales with a place that new shops have for themselves, or a number for each."""
    number = pl.int_range(pl.len()).cast(pl.String) + pl.col("price").cast(pl.String)
    own = pl.lit(place) if place else pl.lit("bob")
    at = pl.when(pl.col("shop") == "eve").then(own).otherwise(pl.lit("ann"))
    return rows.with_columns(place=number if ids else at)


@pytest.mark.parametrize("value", ["N/A", " unknown ", "-1"])
@pytest.mark.parametrize(("new", "dear"), [(40, 15.0), (6, 0.0)])
def test_a_value_that_stands_for_none_is_broken_data(
    value: str, new: int, dear: float
) -> None:
    """Whatever its rows are like, and however few there are."""
    found = said(sales(50, new, value, dear))

    assert found is not None
    assert found.certain


@pytest.mark.parametrize(("rows", "named"), [(1, False), (2, True)])
def test_one_row_is_no_matter(rows: int, named: bool) -> None:
    """Not even where it stands for none."""
    few = sales(50).head(60)
    values = ["N/A"] * rows + few["shop"].to_list()[rows:]

    assert (said(few.with_columns(shop=pl.Series(values))) is not None) is named


@pytest.mark.parametrize(("new", "named"), [(40, False), (120, True)])
def test_as_many_new_values_as_every_day_has_are_no_news(new: int, named: bool) -> None:
    """A tenth of a day's rows are of shops that no other day has."""
    assert (said(sales(50, new), usually=40) is not None) is named


def test_a_column_that_tells_the_day_says_something_new_every_day() -> None:
    """All rows of a day are of one shop, and five take turns."""
    assert said(sales(50, ROWS, "shop 50"), usually=ROWS, shops=5) is None
