"""A value that came with its own company was chosen; one without it was filled in."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, named
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference

DAYS, ROWS = 30, 60
NEW = 1997.0
GENRES = ("drama", "comedy", "horror")
PLAN = Plan(
    {
        "year": ColumnPlan(Kind.NUMERIC, "Float64"),
        "genre": ColumnPlan(Kind.CATEGORICAL, "String", categories=GENRES),
        "fame": ColumnPlan(Kind.NUMERIC, "Float64"),
        "score": ColumnPlan(Kind.NUMERIC, "Float64"),
        "decade": ColumnPlan(Kind.NUMERIC, "Float64"),
        "rater": ColumnPlan(Kind.CATEGORICAL, "String", categories=tuple("abcdefgh")),
        "month": ColumnPlan(Kind.NUMERIC, "Float64"),
    }
)


def rated(number: int, new: float = 0.15) -> pl.DataFrame:
    """Films of a day, a part of them new: horror mostly, and known to few.

    The rest are of any year before. The model's score follows the year.
    """
    rng = np.random.default_rng([29, number])
    is_new = rng.random(ROWS) < new
    year = np.where(is_new, NEW, rng.integers(1960, 1997, ROWS))
    genre = rng.choice(GENRES, ROWS, p=(0.5, 0.4, 0.1))
    fresh = rng.choice(GENRES, ROWS, p=(0.1, 0.1, 0.8))
    fame = rng.gamma(2, 20, ROWS).round() * np.where(is_new, 0.1, 1.0)
    return scored(
        pl.DataFrame(
            {
                "year": year,
                "genre": np.where(is_new, fresh, genre),
                "fame": fame.round(),
                "rater": rng.choice(list("abcdefgh"), ROWS),
                "month": np.full(ROWS, 1.0 + number // 10),
                "row": np.arange(ROWS),
            }
        )
    )


def scored(rows: pl.DataFrame) -> pl.DataFrame:
    """What follows from the year: its decade, and what the model says."""
    year = pl.col("year")
    return rows.with_columns(score=(year - 1960) / 40, decade=year // 10 * 10)


@cache
def sample() -> pl.DataFrame:
    """Thirty days."""
    return pl.concat(
        rated(n).with_columns(pl.lit(f"{n:02}").alias(WINDOW)) for n in range(DAYS)
    )


def is_filled(
    rows: pl.DataFrame,
    but: tuple[str, ...] = (),
    undo: str = "null_fill",
    known: pl.DataFrame | None = None,
) -> bool:
    """Whether the years are said to hold a default, looked at without some columns."""
    before, rows = (sample() if known is None else known).drop(but), rows.drop(but)
    day = Day(
        Reference(PLAN, {}, sample=before),
        before,
        rows,
        Profile(rows.height, {}, PLAN.digest),
        judged=tuple(PLAN.columns),
        outputs=frozenset({"score"}),
    )
    return named(undo)(day, "year") is not None


@pytest.mark.parametrize("but", [(), ("genre",), ("fame",)])
def test_a_value_that_came_with_its_company_was_not_filled_in(
    but: tuple[str, ...],
) -> None:
    """An evening of new films: horror, and known to few, as new films are."""
    assert not is_filled(rated(40, new=0.7), but)


@pytest.mark.parametrize("but", [(), ("genre",), ("fame",)])
def test_a_value_in_any_rows_was_filled_in(but: tuple[str, ...]) -> None:
    """Dramas that everybody knows are new all at once, and the model scores them so."""
    rows = rated(40)
    filled = np.random.default_rng(4).random(ROWS) < 0.6

    year = pl.when(pl.Series(filled)).then(NEW).otherwise("year").alias("year")
    assert is_filled(scored(rows.with_columns(year)), but)


def test_where_no_column_tells_the_value_its_pile_does() -> None:
    """What was made of the value is no company of its own."""
    assert is_filled(rated(40, new=0.7), ("genre", "fame"))


@pytest.mark.parametrize("whose", ["rater", "month"])
def test_a_day_of_one_customer_is_not_stuck(whose: str) -> None:
    """All rows are of one rater, as on no day before; that they are of one day is usual."""
    one = pl.lit("a") if whose == "rater" else pl.lit(7.0)
    rows = scored(
        rated(40).with_columns(pl.lit(1982.0).alias("year"), one.alias(whose))
    )

    assert is_filled(rows, undo="stuck_value") is (whose == "month")


@pytest.mark.parametrize("flag", [pl.lit(1), pl.lit("yes"), pl.lit(None), pl.lit(True)])
def test_a_flag_of_another_type_is_looked_at_all_the_same(flag: pl.Expr) -> None:
    """It was true or false; a number or a word is new, and says of no row whose it is."""
    rng = np.random.default_rng(3)
    flags = pl.Series("flag", rng.random(sample().height) < 0.5)
    as_planned = ColumnPlan(Kind.CATEGORICAL, "Boolean", categories=("false", "true"))
    plan = Plan({**PLAN.columns, "flag": as_planned})
    before = sample().with_columns(flags)
    rows = rated(40).with_columns(year=pl.lit(1982.0), flag=flag)
    reference = Reference(plan, {}, sample=before)
    profile = Profile(rows.height, {}, plan.digest)
    day = Day(reference, before, rows, profile, judged=("year", "genre", "flag"))

    found = named("stuck_value")(day, "year")

    assert (found is None) is (day.now.schema["flag"] == pl.Boolean)


@pytest.mark.parametrize("fame", [20.0, 40.0])
def test_a_column_that_hardly_tells_a_value_is_no_witness(fame: float) -> None:
    """Films of 1996 are a bit less known than others: so are those of some days."""
    rng = np.random.default_rng(8)
    before = sample().with_columns(
        fame=pl.when(pl.col("year") == 1996)
        .then(pl.col("fame") * 0.6)
        .otherwise("fame")
    )
    stuck = rated(40).with_columns(
        year=pl.lit(1996.0), fame=pl.Series(rng.gamma(2, fame / 2, ROWS).round())
    )

    assert is_filled(scored(stuck), ("genre",), "stuck_value", before)


def test_rows_that_had_the_value_anyway_are_no_company_of_a_fill() -> None:
    """Three films in four are new, and then all are said to be."""
    days = [rated(n, new=0.75) for n in range(DAYS)]
    known = pl.concat(
        day.with_columns(pl.lit(f"{n:02}").alias(WINDOW)) for n, day in enumerate(days)
    )
    stuck = scored(rated(40, new=0.75).with_columns(year=pl.lit(NEW)))

    assert is_filled(stuck, undo="stuck_value", known=known)
