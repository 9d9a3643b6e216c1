"""Bugs in columns that differ by day, where none is far off: one menu, one world."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis import Day, all_names, diagnose, named
from driftline.core.diagnosis._by_company import _belongs, _unknown
from driftline.core.diagnosis._by_reach import at_hand
from driftline.core.diagnosis._numbers import Numbers
from driftline.core.diagnosis._transform import Fit, Transform
from driftline.core.diagnosis.column_swap import _all_home
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.reference import WINDOW, Reference
from driftline.core.window import day_window
from tests.core.day_by_day import ENGINE, reference_of

DAYS, ROWS = 60, 400
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
WATCHED = ("degrees", "gust", "knots", "weekday", "miles")


def rows_of(number: int, level: float | None = None) -> pl.DataFrame:
    """A day of its own level, in degrees Fahrenheit as a rounded Celsius gives them."""
    rng = np.random.default_rng([31, number])
    rows = ROWS // 2 if number % 7 == 6 else ROWS
    centre = rng.uniform(45, 85) if level is None else level
    whole = np.round(centre + rng.normal(0, 4, rows))
    celsius = np.round((whole - 32) / 1.8, 1)
    knots = rng.integers(2, 30, rows)
    hours = np.sort(rng.integers(0, 24, rows))
    lacks = (hours < 6) & (number % 5 == 0)
    table = pl.DataFrame(
        {
            "at": [FIRST + timedelta(days=number, hours=int(h)) for h in hours],
            "degrees": np.round(celsius * 1.8 + 32, 2),
            "gust": (knots + rng.integers(1, 9, rows)) * 1.15078,
            "knots": knots * 1.15078,
            "weekday": np.full(rows, number % 7 + 1),
            "miles": rng.integers(90, 2_000, rows),
        }
    )
    return table.with_columns(
        pl.when(pl.lit(pl.Series(lacks))).then(None).otherwise(pl.col(n)).alias(n)
        for n in ("gust", "knots")
    )


@cache
def reference() -> Reference:
    """Sixty days, of which every seventh is half as long."""
    return reference_of(FIRST, [rows_of(n) for n in range(DAYS)], WATCHED)


def day_of(rows: pl.DataFrame, label: str = "") -> Day:
    known = reference()
    assert known.sample is not None
    window = day_window((FIRST + timedelta(days=DAYS)).date())
    profile = ENGINE.profile(ENGINE.from_table(rows, window, "rows"), known.plan)
    return Day(known, known.sample, rows, profile, "at", judged=WATCHED, label=label)


def causes(rows: pl.DataFrame, column: str) -> list[str]:
    breach = Finding(Topic.DRIFT, column, "x", Outcome.BREACHED, Severity.WARNING, "")
    return [f.evidence["cause"] for f in diagnose(day_of(rows), [breach])]


def changed(
    rows: pl.DataFrame, name: str, value: pl.Expr, share: float
) -> pl.DataFrame:
    mask = pl.Series(np.random.default_rng(3).random(rows.height) < share)
    return rows.with_columns(pl.when(mask).then(value).otherwise(name).alias(name))


CELSIUS = ((pl.col("degrees") - 32) / 1.8).round(1)


@pytest.mark.parametrize("share", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("number", [60, 61, 63])
def test_another_unit_is_named_on_days_of_any_level(share: float, number: int) -> None:
    """°C among °F, though the day would be a usual one by its distance."""
    assert causes(changed(rows_of(number), "degrees", CELSIUS, share), "degrees") == [
        "unit_scale"
    ]


@pytest.mark.parametrize("level", [20.0, 38.0, 92.0, 110.0])
def test_a_season_beyond_the_reference_is_no_bug(level: float) -> None:
    """Colder and hotter days than any are unknown values that nothing brings home."""
    assert causes(rows_of(64, level), "degrees") == []


@pytest.mark.parametrize("by", [12.7, -7.5, 5.3])
def test_an_amount_added_to_all_is_named(by: float) -> None:
    """Among the familiar values all are unknown until it is taken off."""
    rows = rows_of(60).with_columns(pl.col("degrees") + by)

    assert causes(rows, "degrees") == ["offset"]


def test_an_amount_off_an_even_grid_is_named() -> None:
    """Knots in miles an hour have a grid that any whole step fits, and 32 does not."""
    rows = rows_of(61).with_columns(pl.col("knots") + 32.0)

    assert causes(rows, "knots") == ["offset"]


def test_a_value_that_is_missing_alone_is_named() -> None:
    """Hours without wind lack both of its columns; one of them alone is a bug."""
    rows = changed(rows_of(61), "knots", pl.lit(None), 0.05)
    [found] = diagnose(
        day_of(rows),
        [Finding(Topic.DRIFT, "knots", "x", Outcome.BREACHED, Severity.WARNING, "")],
    )

    assert found.evidence["cause"] == "missing_values"
    assert "where gust is there" in found.message
    assert causes(rows_of(65), "knots") == []


def test_a_column_of_one_value_a_day_changes_places_with_another() -> None:
    """Weekdays and miles: what each holds only the other ever held."""
    rows = rows_of(61).rename({"weekday": "miles", "miles": "weekday"})

    assert causes(rows, "weekday") == ["column_swap"]


def test_a_winter_of_two_thermometers_is_no_swap() -> None:
    """Both are colder than ever: the one is where the other was, and not the reverse."""
    rng = np.random.default_rng(2)
    window = np.repeat(np.arange(40), 100)
    air = np.round(rng.uniform(50, 85, 40)[window] + rng.normal(0, 4, 4_000))
    dew = air - rng.integers(8, 25, 4_000)
    cold = np.round(33 + rng.normal(0, 2, 200))

    found = _all_home(Numbers(air, window, cold), Numbers(dew, window, cold - 20))

    assert found is None


@pytest.mark.parametrize("today", [[7.0], [7.0, 8.0, 9.5], [-5.0], [5.0]])
def test_a_column_of_one_value_is_diagnosed_like_any_other(today: list[float]) -> None:
    """No undo fails on it, and only its own negative is a turned sign."""
    days = [rows_of(n).with_columns(degrees=5.0) for n in range(8)]
    before = pl.concat(
        [t.with_columns(pl.lit(f"day {n}").alias(WINDOW)) for n, t in enumerate(days)]
    )
    rows = rows_of(61)
    values = np.resize(today, rows.height)
    day = replace(
        day_of(rows.with_columns(degrees=pl.Series(values))), before=before, label=""
    )

    found = [name for name in all_names() if named(name)(day, "degrees")]

    assert ("sign_flip" in found) is (today == [-5.0])


def test_half_a_day_is_told_from_a_short_one() -> None:
    """Every seventh day is half as long: half of a usual day is named all the same."""
    rows = rows_of(61)
    random = np.random.default_rng(7).random(rows.height)
    half = rows.filter(pl.Series(random < 0.4))

    assert named("partial_day")(day_of(half), "rows") is not None
    assert named("partial_day")(day_of(rows_of(62)), "rows") is None


def test_rows_without_a_time_stamp_are_in_no_hour() -> None:
    """Night's hours are missing however many stamps are null, and null stamps lack none."""
    rows = rows_of(61)
    night = pl.col("at").dt.hour() < 8
    unstamped = rows.with_columns(
        pl.when(night).then(None).otherwise(pl.col("at")).alias("at")
    )
    some = rows.with_row_index().with_columns(
        pl.when(pl.col("index") % 20 == 0)
        .then(None)
        .otherwise(pl.col("at"))
        .alias("at")
    )
    cut = some.filter(~night | pl.col("at").is_null()).drop("index")
    nothing = cut.with_columns(pl.lit(None, cut.schema["at"]).alias("at"))

    found = named("partial_day")(day_of(cut), "rows")

    assert found is not None
    assert found.parameters["hours"] == list(range(8))
    assert named("partial_day")(day_of(unstamped), "rows") is None
    assert named("partial_day")(day_of(nothing), "rows") is None


def test_values_that_were_rounded_belong_to_their_day_or_not() -> None:
    """Undone they lie beside the familiar values: they are compared with the rest even so."""
    warm = rows_of(61, 80.0)
    for level, belongs in ((80.0, True), (45.0, False)):
        celsius = (
            (pl.lit(rows_of(63, level)["degrees"][: warm.height]) - 32) / 1.8
        ).round(0)
        day = day_of(changed(warm, "degrees", celsius, 0.15))
        column = day.numbers("degrees")
        undo = Transform("°C", lambda v: (v - 32.3) / 1.8, lambda v: v * 1.8 + 32.3, ())
        strange = _unknown(day, "degrees")
        fit = Fit(undo, 0.15, 0.9, 0.0, slack=0.91)

        assert not column.is_home(undo.inverse(strange.values)).any()
        assert _belongs(column, strange, fit) is belongs


def seen_to(today: list[float], commonest: float = 10.0) -> list[str]:
    """What is said of a day of miles to see, mostly ten, after thirty days of few others."""
    rng = np.random.default_rng(4)
    values = [5.0, 6.0, 7.0, 8.0, 9.0, commonest]
    before = rng.choice(values, 30 * 200, p=[0.02, 0.02, 0.03, 0.03, 0.05, 0.85])
    window = np.repeat(np.arange(30), 200)
    sample = pl.DataFrame({"miles": before, WINDOW: [f"{n:02}" for n in window]})
    known = reference()
    plan = replace(known.plan, columns={"miles": known.plan.columns["miles"]})
    rows = pl.DataFrame({"miles": today})
    profile = ENGINE.profile(
        ENGINE.from_table(rows, day_window(FIRST.date()), "rows"), plan
    )
    asked = Day(
        Reference(plan, {}, sample=sample), sample, rows, profile, judged=("miles",)
    )
    breach = Finding(Topic.DRIFT, "miles", "x", Outcome.BREACHED, Severity.WARNING, "")
    return [f.evidence["cause"] for f in diagnose(asked, [breach])]


@pytest.mark.parametrize("fog", [[0.5], [1.5], [0.5, 1.5]])
def test_a_value_or_two_that_few_days_had_are_no_other_unit(fog: list[float]) -> None:
    """A tenth of five miles is half a mile, and so is a fog: the commonest would have moved."""
    assert seen_to([10.0] * 180 + fog * (20 // len(fog))) == []


def test_the_commonest_value_in_another_unit_is_named_by_itself() -> None:
    """Sixteen kilometres for ten miles."""
    assert seen_to([10.0] * 170 + [16.09344] * 30) == ["unit_scale"]


def test_small_numbers_have_not_lost_their_sign() -> None:
    """Fog far below the reference's least value is no negative number turned round."""
    assert "sign_flip" not in seen_to([10.0] * 120 + [0.25, 0.5, 0.75, 1.0] * 20)


def test_a_call_that_is_mostly_yes_has_not_lost_its_sign() -> None:
    """Minus one is nearer to nought than one is, and no day holds it."""
    rng = np.random.default_rng(2)
    before = (rng.random(30 * 200) < 0.15).astype(float)
    column = Numbers(
        before, np.repeat(np.arange(30), 200), np.array([1.0] * 90 + [0.0] * 110)
    )

    assert list(at_hand(column, np.array([0.0, 1.0, -1.0]))) == [True, True, False]


def of_seasons(
    today: float,
    role: str = "feature",
    wrong: int = 0,
    told: tuple[str | None, str | None] = (None, None),
) -> list[str]:
    """What is diagnosed of a price that doubled, with a column that says a season a day.

    In so many rows the season is a hundred times too large. `told` says since when
    people know of the season's and of the price's drift, None where that is news.
    """
    rng = np.random.default_rng(12)

    def rows(season: float, number: int) -> pl.DataFrame:
        at = [FIRST + timedelta(days=number, minutes=i) for i in range(40)]
        price = season * rng.uniform(0.6, 1.4, 40)
        return pl.DataFrame({"at": at, "season": np.full(40, season), "price": price})

    usual = [rows(50 + n / 3 + 0.123456 * n, n) for n in range(15)]
    known = reference_of(FIRST, usual, ["season", "price"])
    assert known.sample is not None
    window = day_window((FIRST + timedelta(days=15)).date())
    factor = pl.Series(np.where(np.arange(40) < wrong, 100.0, 1.0))
    now = rows(today, 15).with_columns(pl.col("season") * factor)
    profile = ENGINE.profile(ENGINE.from_table(now, window, "r"), known.plan)
    day = Day(known, known.sample, now, profile, "at", judged=("season", "price"))
    roles = {"season": "feature", "price": role}
    about = [
        Finding(
            Topic.DRIFT,
            name,
            "x",
            Outcome.BREACHED,
            Severity.INFO if since else Severity.WARNING,
            "",
            evidence={"role": part} | ({"told_since": since} if since else {}),
        )
        for (name, part), since in zip(roles.items(), told, strict=True)
    ]
    return [f.evidence["cause"] for f in diagnose(day, about)]


def test_a_day_has_the_value_of_its_season() -> None:
    """A column that says the same all day says something new on a new day: no sentinel."""
    assert "sentinel" not in of_seasons(141.562969)
    assert "sentinel" in of_seasons(-999.0)


def test_some_rows_of_a_day_in_another_unit_come_home_to_the_others() -> None:
    """A value that the reference never held is known by the rest of its day."""
    assert "unit_scale" in of_seasons(52.7, wrong=4)


@pytest.mark.parametrize("season", [162.2, 220.6])
@pytest.mark.parametrize(
    ("told", "named"),
    [
        ((None, None), False),
        (("2013-03-03", "2013-03-03"), False),
        (("2013-03-05", "2013-03-03"), False),
        (("2013-03-01", "2013-03-03"), True),
        (("2013-03-01", None), True),
    ],
)
def test_what_a_model_says_follows_what_it_is_fed(
    season: float, told: tuple[str | None, str | None], named: bool
) -> None:
    """Prices that grow with their season are in no other unit, and stay none.

    Of a season that was known before, a new price is no consequence.
    """
    found = of_seasons(season, "prediction", told=told)
    assert found == (["unit_scale"] if named else [])
