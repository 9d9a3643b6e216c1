"""Categories under another name, told from new ones, on days of few rows."""

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, named
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference

AIRPORTS = {"EWR": 0.4, "JFK": 0.35, "LGA": 0.18, "HPN": 0.07}
PLAN = Plan(
    {"origin": ColumnPlan(Kind.CATEGORICAL, "String", categories=tuple(AIRPORTS))}
)
ROWS, DAYS = 46, 90


def departures(seed: int) -> pl.Series:
    """A small day's airports."""
    rng = np.random.default_rng([7, seed])
    return pl.Series(
        "origin", rng.choice(list(AIRPORTS), ROWS, p=list(AIRPORTS.values()))
    )


def renamed_to(old: str, new: str, share: float = 1.0) -> dict[str, str]:
    """What is said to be another name where so many rows of one value have another."""
    sample = pl.concat(
        [
            departures(n).to_frame().with_columns(pl.lit(f"{n:02}").alias(WINDOW))
            for n in range(DAYS)
        ]
    )
    values = departures(500)
    places = np.flatnonzero((values == old).to_numpy())
    changed = values.to_list()
    for place in places[: round(share * len(places))]:
        changed[place] = new
    rows = pl.DataFrame({"origin": changed})
    reference = Reference(PLAN, {}, sample=sample)
    day = Day(
        reference, sample, rows, Profile(ROWS, {}, PLAN.digest), judged=("origin",)
    )
    found = named("category_rename")(day, "origin")
    return found.parameters["renamed"] if found else {}


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
