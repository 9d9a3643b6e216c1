"""What every file in `core/diagnosis` must keep, whoever adds it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, Subject, all_names, diagnose, named
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.reference import Reference
from driftline.core.window import day_window
from tests.core.day_by_day import ENGINE, reference_of

NAMES = all_names()
DAYS = 30
ROWS = 400
WATCHED = ("price", "weight", "hour", "shop", "town")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)

Plant = Callable[[pl.DataFrame, pl.Series], pl.DataFrame]


def rows_of(number: int, rows: int = ROWS) -> pl.DataFrame:
    """A day's parcels: prices to the cent, weights that follow them, hours, shops, towns."""
    rng = np.random.default_rng([11, number])
    seconds = np.sort(rng.integers(6 * 3600, 20 * 3600, rows))
    price = rng.gamma(4, 5 + rng.normal(0, 0.1), rows).round(2) + 2
    return pl.DataFrame(
        {
            "at": [FIRST + timedelta(days=number, seconds=int(s)) for s in seconds],
            "price": price,
            "weight": (300 + 20 * price + rng.normal(0, 20, rows)).round(1),
            "hour": seconds // 3600,
            "shop": rng.choice(
                ["ann", "bob", "cyd", "dan"], rows, p=[0.4, 0.3, 0.2, 0.1]
            ),
            "town": rng.choice(["Oslo", "Rome", "Paris", "Turin"], rows),
        }
    )


@cache
def reference() -> Reference:
    """The thirty days before."""
    return reference_of(FIRST, [rows_of(n) for n in range(DAYS)], WATCHED)


def day_of(rows: pl.DataFrame) -> Day:
    """The day after the reference, with these rows."""
    known = reference()
    assert known.sample is not None
    window = day_window((FIRST + timedelta(days=DAYS)).date())
    profile = ENGINE.profile(ENGINE.from_table(rows, window, "rows"), known.plan)
    return Day(
        known, known.sample, rows, profile, "at", judged=WATCHED, label=window.label
    )


def breach(column: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(Topic.DRIFT, column, "wasserstein", Outcome.BREACHED, severity, "")


def put(name: str, value: pl.Expr) -> Plant:
    """The rows of the mask get a value."""
    return lambda rows, mask: rows.with_columns(
        pl.when(mask).then(value).otherwise(pl.col(name)).alias(name)
    )


def swapped(rows: pl.DataFrame, mask: pl.Series) -> pl.DataFrame:
    price, weight = pl.col("price"), pl.col("weight")
    return rows.with_columns(
        pl.when(mask).then(weight).otherwise(price).alias("price"),
        pl.when(mask).then(price).otherwise(weight).alias("weight"),
    )


PLANTED: dict[str, tuple[str, Plant, bool]] = {
    "category_rename": (
        "shop",
        put(
            "shop",
            pl.when(pl.col("shop") == "bob").then(pl.lit("Bob ")).otherwise("shop"),
        ),
        True,
    ),
    "column_swap": ("price", swapped, True),
    "duplicated_load": (
        "rows",
        lambda rows, mask: pl.concat([rows, rows.filter(mask)]),
        True,
    ),
    "missing_values": ("price", put("price", pl.lit(None)), True),
    "null_fill": ("price", put("price", pl.lit(22.137)), False),
    "offset": ("price", put("price", pl.col("price") + 10_000), True),
    "partial_day": (
        "rows",
        lambda rows, mask: rows.head(int((~mask).sum() * 0.5)),
        True,
    ),
    "precision": ("price", put("price", pl.col("price").round(0)), False),
    "sentinel": ("price", put("price", pl.lit(-999.0)), True),
    "sign_flip": ("price", put("price", -pl.col("price")), True),
    "stuck_value": ("price", put("price", pl.lit(17.5)), False),
    "time_zone": ("hour", put("hour", pl.col("hour") + 5), False),
    "unit_scale": ("price", put("price", pl.col("price") * 1.609344), True),
    "unseen_values": ("town", put("town", pl.lit("Atlantis")), True),
}
"""Per undo a bug of its kind in a column, and whether a tenth of the rows shows it too."""

WHOLE_ONLY = {"precision", "stuck_value", "time_zone"}
PART_ONLY = {"null_fill", "duplicated_load", "partial_day"}

LACKING = {"missing_values", "partial_day"}
"""What a day without rows or values is rightly called."""


def cases() -> list[tuple[str, float]]:
    shares = {name: (0.1, 1.0) for name in NAMES}
    shares |= dict.fromkeys(WHOLE_ONLY, (1.0,))  # type: ignore[arg-type]  # tuples of any length
    shares |= {"null_fill": (0.1, 0.4), "duplicated_load": (0.1, 0.5)}
    shares |= {"partial_day": (0.1, 0.5)}
    return [(name, share) for name in NAMES for share in shares[name]]


def mask_of(share: float) -> pl.Series:
    picked = np.random.default_rng(3).permutation(ROWS) < share * ROWS
    return pl.Series(picked)


@pytest.mark.parametrize(("name", "share"), cases())
def test_it_names_its_own_bug(name: str, share: float) -> None:
    """A bug of the kind is named, in a tenth of the rows and in all of them."""
    column, plant, _ = PLANTED[name]

    found = diagnose(day_of(plant(rows_of(DAYS), mask_of(share))), [breach(column)])

    assert [f.evidence["cause"] for f in found] == [name]
    assert found[0].evidence["explains"] >= 0.9
    assert column in {found[0].subject, *found[0].evidence["columns"]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [DAYS, DAYS + 1, DAYS + 2])
def test_an_unchanged_day_has_no_cause(name: str, number: int) -> None:
    """A day like the reference's is explained by nothing."""
    day = day_of(rows_of(number))

    assert [named(name)(day, column) for column in subjects(name, day)] == [None] * len(
        subjects(name, day)
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [0, 1, 4])
def test_hardly_any_row_and_no_value_break_nothing(name: str, rows: int) -> None:
    """Few rows, or many that are all but empty, are looked at like any others."""
    few = rows_of(DAYS).head(max(rows, 1))
    empty = rows_of(DAYS).with_columns(
        pl.when(pl.int_range(pl.len()) < rows).then(pl.col(column)).alias(column)
        for column in WATCHED
    )

    for day in (day_of(few), day_of(empty)):
        for column in subjects(name, day):
            assert named(name)(day, column) is None or name in LACKING


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strength", [0.5, 1.0])
@pytest.mark.parametrize("by", ["price", "hour"])
def test_a_changed_world_has_no_cause(name: str, strength: float, by: str) -> None:
    """Rows drawn with weights exp(kz), again and again, are no bug of any kind."""
    rows, rng = rows_of(DAYS, 3 * ROWS), np.random.default_rng(4)
    z = (rows[by] - rows[by].mean()) / rows[by].std()
    weights = np.exp(strength * z.to_numpy())
    drawn = rng.choice(rows.height, ROWS, p=weights / weights.sum())
    day = day_of(rows[np.sort(drawn)])

    assert [named(name)(day, column) for column in subjects(name, day)] == [None] * len(
        subjects(name, day)
    )


def subjects(name: str, day: Day) -> list[str]:
    """Everything that an undo can look at."""
    kinds = named(name).facts.subjects
    found = day.numeric if Subject.NUMBERS in kinds else []
    found = found + (day.categorical if Subject.CATEGORIES in kinds else [])
    return found + (["rows"] if Subject.SLICE in kinds else [])


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    """Every undo has a text, a description and a bug planted here."""
    undo = named(name)

    assert undo.__doc__
    assert undo.facts.description
    assert undo.name == name in PLANTED


def test_nothing_breached_nothing_looked_at() -> None:
    """A quiet day has no diagnosis, whatever its rows hold."""
    rows = put("price", pl.lit(-999.0))(rows_of(DAYS), mask_of(0.1))

    assert diagnose(day_of(rows), []) == []


def test_the_sentence_names_the_owner_and_the_share() -> None:
    """The message is the cause in words, with the share, the factor and whom to ask."""
    rows = PLANTED["unit_scale"][1](rows_of(DAYS), mask_of(0.1))

    [found] = diagnose(day_of(rows), [breach("price")], "#data-platform")

    assert "of price look like kilometres for miles (×1.609)" in found.message
    assert found.message.endswith("removes 100% of the change; ask #data-platform")
    assert found.evidence["share"] == pytest.approx(0.1, abs=0.02)
    assert found.severity is Severity.CRITICAL


def test_both_columns_of_a_swap_are_one_finding() -> None:
    """Two columns that changed places are named once, with both names."""
    rows = swapped(rows_of(DAYS), mask_of(1.0))

    found = diagnose(day_of(rows), [breach("price"), breach("weight")])

    assert [f.evidence["columns"] for f in found] == [["price", "weight"]]


def test_a_small_share_is_as_severe_as_what_it_explains() -> None:
    """Under five in a hundred rows a bug is a warning, unless its column is critical."""
    rows = PLANTED["sentinel"][1](rows_of(DAYS), mask_of(0.02))

    [mild] = diagnose(day_of(rows), [breach("price")])
    [grave] = diagnose(day_of(rows), [breach("price", Severity.CRITICAL)])

    assert (mild.severity, grave.severity) == (Severity.WARNING, Severity.CRITICAL)
