"""Categories under another name, told from new ones, on days of few rows."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import named
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from tests.core.day_by_day import day_after, sample_of

AIRPORTS = {"EWR": 0.4, "JFK": 0.35, "LGA": 0.18, "HPN": 0.07}
PLAN = Plan(
    {
        "origin": ColumnPlan(Kind.CATEGORICAL, "String", categories=tuple(AIRPORTS)),
        "miles": ColumnPlan(Kind.NUMERIC, "Float64"),
    }
)
ROWS, DAYS = 46, 90


def departures(seed: int) -> pl.Series:
    """A small day's airports."""
    rng = np.random.default_rng([7, seed])
    return pl.Series(
        "origin", rng.choice(list(AIRPORTS), ROWS, p=list(AIRPORTS.values()))
    )


def renamed(days: Sequence[pl.DataFrame], rows: pl.DataFrame) -> dict[str, str]:
    """What is said to be another name on a day after these days."""
    found = named("category_rename")(day_after(sample_of(days), rows, PLAN), "origin")
    return found.parameters["renamed"] if found else {}


def renamed_to(old: str, new: str, share: float = 1.0) -> dict[str, str]:
    """What is said to be another name where so many rows of one value have another."""
    values = departures(500)
    places = np.flatnonzero((values == old).to_numpy())
    changed = values.to_list()
    for place in places[: round(share * len(places))]:
        changed[place] = new
    days = [departures(n).to_frame() for n in range(DAYS)]
    return renamed(days, pl.DataFrame({"origin": changed}))


def counted(**rows: int) -> pl.DataFrame:
    """So many rows of each airport."""
    return pl.DataFrame(
        {"origin": [name for name, n in rows.items() for _ in range(n)]}
    )


EVEN = [counted(EWR=18, JFK=16, LGA=9, HPN=3)] * 30
"""Days that are all alike."""


@pytest.mark.parametrize("old", ["EWR", "JFK", "LGA", "HPN"])
@pytest.mark.parametrize("spelled", ["{}_v2", "new {}", "{} "])
def test_a_word_more_is_another_name_where_the_old_one_is_gone(
    old: str, spelled: str
) -> None:
    """However few rows a day has of it."""
    new = spelled.format(old.lower())

    assert renamed_to(old, new) == {new: old}


def test_a_word_more_beside_the_old_name_is_a_new_value() -> None:
    """Half of the rows went elsewhere, and the airport is still there."""
    assert renamed_to("LGA", "LGA north", share=0.5) == {}


def test_a_letter_more_is_another_name_where_all_rows_are_lost() -> None:
    """Twenty of 46 rows are never all elsewhere by chance."""
    assert renamed_to("EWR", "EWRX") == {"EWRX": "EWR"}


def test_a_letter_more_beside_few_lost_rows_is_a_new_value() -> None:
    """Three rows may be missing on any day."""
    assert renamed_to("HPN", "HPNX") == {}


def test_a_word_more_on_far_more_rows_than_the_old_name_had_is_a_new_value() -> None:
    """The old one is gone, and half of the day is more than it ever was."""
    grown = {"LGA_north": 23}

    assert renamed(EVEN, counted(EWR=10, JFK=10, **grown, HPN=3)) == {}
    assert renamed(EVEN, counted(EWR=18, JFK=16, LGA_north=9, HPN=3)) != {}


def test_a_word_more_than_a_rare_name_is_a_new_value() -> None:
    """A name of a tenth of the days is missing on most of them."""
    days = [counted(EWR=18, JFK=16, LGA=12)] * 27
    days += [counted(EWR=18, JFK=16, LGA=11, HPN=1)] * 3

    assert renamed(days, counted(EWR=18, JFK=16, LGA=10, HPN_east=2)) == {}


def test_one_row_is_a_typing_error_and_nobody_s_bug() -> None:
    """A new spelling is named from two rows on."""
    assert renamed(EVEN, counted(EWR=17, ewr=1, JFK=16, LGA=9, HPN=3)) == {}
    assert renamed(EVEN, counted(EWR=16, ewr=2, JFK=16, LGA=9, HPN=3)) == {"ewr": "EWR"}


def test_a_letter_more_beside_rows_that_chance_may_take_is_a_new_value() -> None:
    """Each day had eighteen: that one has ten is chance, that it has four is not."""
    few, many = (
        renamed(EVEN, counted(EWR=18 - n, EWRX=n, JFK=16, LGA=9, HPN=3))
        for n in (8, 14)
    )

    assert (few, many) == ({}, {"EWRX": "EWR"})


def test_a_letter_more_beside_rows_that_other_days_lack_too_is_a_new_value() -> None:
    """Chance takes none of ten, and the days do: on some of them the old name has two."""
    days = [counted(EWR=n, JFK=28 - n, LGA=15, HPN=3) for n in range(2, 27)]

    assert renamed(days, counted(EWR=2, EWRX=12, JFK=14, LGA=15, HPN=3)) == {}


def test_a_letter_more_on_more_rows_than_were_lost_is_a_new_value() -> None:
    """The old name is gone, and the new one has twice its rows."""
    assert renamed(EVEN, counted(EWRX=36, JFK=4, LGA=4, HPN=2)) == {}


def test_a_letter_more_after_a_few_days_is_a_new_value() -> None:
    """Four days do not say how few rows a name may have."""
    gone = counted(EWRX=18, JFK=16, LGA=9, HPN=3)

    assert renamed(EVEN[:4], gone) == {}
    assert renamed(EVEN[:5], gone) == {"EWRX": "EWR"}


def test_a_long_name_is_known_by_most_of_its_letters() -> None:
    """A letter left out of twelve is a typing error, however few rows have it."""
    days = [pl.DataFrame({"origin": ["Philadelphia"] * 20 + ["Pittsburgh"] * 20})] * 9
    typed, other = (
        pl.DataFrame(
            {"origin": ["Philadelphia"] * 17 + [new] * 3 + ["Pittsburgh"] * 20}
        )
        for new in ("Philadelhia", "Philharmonia")
    )

    assert renamed(days, typed) == {"Philadelhia": "Philadelphia"}
    assert renamed(days, other) == {}


def test_a_short_name_is_not_known_by_most_of_its_letters() -> None:
    """Names of three or four letters are often one apart."""
    days = [pl.DataFrame({"origin": ["Rome"] * 20 + ["Oslo"] * 20})] * 9
    typed = pl.DataFrame({"origin": ["Rome"] * 17 + ["Romed"] * 3 + ["Oslo"] * 20})

    assert renamed(days, typed) == {}


@pytest.mark.parametrize(
    ("usual", "flown", "named"),
    [
        (100.0, 100.0, {"XNA": "JFK"}),
        (100.0, 900.0, {}),
        (100.0, 500.0, {}),
        (885.0, 900.0, {}),
    ],
)
def test_a_name_of_other_letters_is_known_by_its_other_columns(
    usual: float, flown: float, named: dict[str, str]
) -> None:
    """Its rows fly as far as those of the lost name did, and as no other name's do."""

    def day(second: str, miles: float, number: int) -> pl.DataFrame:
        wander = np.random.default_rng(number).normal(0, 20, 90)
        names = np.repeat(["EWR", second, "LGA"], (40, 30, 20))
        return pl.DataFrame(
            {"origin": names, "miles": np.where(names == second, miles, 900) + wander}
        )

    days = [day("JFK", usual, n) for n in range(20)]

    assert renamed(days, day("XNA", flown, 50)) == named


def test_countries_that_are_two_letters_apart_are_two() -> None:
    """Austria orders on a day on which Australia does not: neither is a slip of the other."""
    names = ["United Kingdom"] * 44 + ["Australia"] * 2
    days = [pl.DataFrame({"origin": names}) for _ in range(DAYS)]
    quiet = [pl.DataFrame({"origin": names[:44]}) for _ in range(9)]
    today = pl.DataFrame({"origin": [*names[:36], *["Austria"] * 8]})

    assert renamed([*days, *quiet], today) == {}
    slip = today.with_columns(pl.col("origin").replace("Austria", "Austrlia"))
    assert renamed([*days, *quiet], slip) == {"Austrlia": "Australia"}


def test_a_name_with_a_word_more_may_fill_a_day_as_the_known_one_did() -> None:
    """The wind blows from one side all day: a usual share says little of a single day."""
    usual, windy = counted(EWR=40, LGA=6), counted(JFK=40, LGA=6)
    days = [usual if n % 8 else windy for n in range(DAYS)]
    today = pl.DataFrame({"origin": ["JFK_v2"] * 38 + ["LGA"] * 8})

    assert renamed(days, today) == {"JFK_v2": "JFK"}
