"""Values that only rows can tell are strange: each kind is found, and usual days are not."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import Finding, Severity
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference
from driftline.core.values.judge import judge_values
from driftline.core.values.missing import companies
from driftline.core.values.numbers import (
    OFTEN,
    SEVERAL,
    WIDTH,
    Commonest,
    Strays,
    Unknown,
    _middles,
)
from driftline.core.values.spread import ValuesSpread, measure_values

COLUMNS = ["degrees", "gust", "wind", "parts"]
RATE = 0.0005

Change = Callable[[pl.DataFrame, np.ndarray], pl.DataFrame]


def day(seed: int, rows: int = 400) -> pl.DataFrame:
    """A day warms up from its own morning; both winds fail as one, on bad days for hours."""
    rng = np.random.default_rng([seed, 23])
    at = np.sort(rng.random(rows))
    morning = rng.normal(60, 15)
    degrees = np.round(morning + 12 * at + rng.normal(0, 1, rows)) + 0.02
    wind = rng.integers(1, 30, rows).astype(float)
    lacks = (at > 0.3) & (at < 0.3 + (0.3 if seed % 9 == 0 else 0.0))
    gone = pl.lit(pl.Series(lacks))
    return pl.DataFrame(
        {
            "at": at,
            "degrees": degrees,
            "gust": wind + rng.integers(1, 9, rows),
            "wind": wind,
            "parts": rng.integers(1, 60, rows),
        }
    ).with_columns(
        pl.when(gone).then(None).otherwise(pl.col(name)).alias(name)
        for name in ("gust", "wind")
    )


def learned(days: int) -> ValuesSpread:
    labels = [f"day {i:02}" for i in range(days)]
    sample = pl.concat(
        day(i).with_columns(pl.lit(label).alias(WINDOW))
        for i, label in enumerate(labels)
    )
    plan = Plan({name: ColumnPlan(Kind.NUMERIC, "Float64") for name in COLUMNS})
    return measure_values(Reference(plan, {}, sample=sample), COLUMNS, "at")


@pytest.fixture(scope="module")
def spread() -> ValuesSpread:
    """Sixty days."""
    return learned(60)


def some(table: pl.DataFrame, share: float) -> np.ndarray:
    return np.random.default_rng(5).random(table.height) < share


def put(name: str, value: pl.Expr) -> Change:
    return lambda table, mask: table.with_columns(
        pl.when(pl.Series(mask)).then(value).otherwise(pl.col(name)).alias(name)
    )


def judged(spread: ValuesSpread, table: pl.DataFrame) -> list[Finding]:
    return judge_values(spread, table, RATE)


@pytest.mark.parametrize(
    ("column", "statistic", "change", "share"),
    [
        ("degrees", "strays", put("degrees", (pl.col("degrees") - 32) / 1.8), 0.1),
        ("degrees", "unknown_values", put("degrees", pl.col("degrees") + 0.5), 0.8),
        ("degrees", "commonest", put("degrees", pl.lit(68.02)), 1.0),
        ("parts", "placeholders", put("parts", pl.lit(0)), 0.2),
        ("wind", "missing_alone", put("wind", pl.lit(None)), 0.05),
    ],
)
def test_each_kind_is_found(
    spread: ValuesSpread, column: str, statistic: str, change: Change, share: float
) -> None:
    """The day's column is told, by the kind that was planted, as something to watch."""
    table = day(101)

    found = judged(spread, change(table, some(table, share)))

    assert [f.subject for f in found] == [column]
    assert statistic in {found[0].statistic, *found[0].evidence["also"]}
    assert found[0].severity is Severity.WARNING
    assert not found[0].evidence["soft"]


def test_days_like_the_reference_are_no_news(spread: ValuesSpread) -> None:
    """Cold and warm days, and hours without wind, are what the reference knows."""
    noisy = [i for i in range(100, 160) if judged(spread, day(i))]

    assert len(noisy) <= 1


def test_a_day_of_more_rows_is_judged_as_sparsely(spread: ValuesSpread) -> None:
    """Neighbours of a day ten times as long are taken as far apart as the reference's."""
    strays = [judged(spread, day(i, 4_000)) for i in range(200, 210)]

    assert [found for found in strays if found] == []


def test_too_few_days_teach_nothing() -> None:
    """With fewer than eight days nothing is judged."""
    assert learned(7).checks == ()


@pytest.mark.parametrize("held", [0, 1, 7])
def test_a_column_with_values_on_few_days_teaches_nothing(held: int) -> None:
    """A column that came into being lately is left out, and the others are judged."""
    gone = pl.lit(None, dtype=pl.Float64)
    sample = pl.concat(
        day(i).with_columns(
            pl.lit(f"day {i:02}").alias(WINDOW),
            gust="gust" if i >= 20 - held else gone,
        )
        for i in range(20)
    )
    plan = Plan({name: ColumnPlan(Kind.NUMERIC, "Float64") for name in COLUMNS})

    found = measure_values(Reference(plan, {}, sample=sample), COLUMNS, "at")

    numbers = {c.column for c in found.checks if c.statistic != "missing_alone"}
    assert numbers == {"degrees", "wind", "parts"}


def test_a_column_that_is_gone_is_left_out(spread: ValuesSpread) -> None:
    """A slice without a column is judged by the others."""
    table = day(101).drop("gust").with_columns(pl.col("wind").cast(pl.String))

    assert judged(spread, table) == []


def test_columns_missing_together_are_companions() -> None:
    """Both winds are each other's company; what never is missing has none."""
    table = pl.concat([day(9), day(1)])

    assert {(c.column, c.others) for c in companies(table, COLUMNS)} == {
        ("gust", ("wind",)),
        ("wind", ("gust",)),
    }


@given(st.lists(st.lists(st.integers(0, 9), min_size=11, max_size=15), min_size=2))
def test_a_lonely_value_is_counted_by_leaving_its_day_out(
    days: list[list[int]],
) -> None:
    """What the yardstick says of its own days is what it says of a day left out."""
    values = np.concatenate([np.array(d, dtype=float) for d in days])
    number = np.repeat(np.arange(len(days)), [len(d) for d in days])
    whole = Commonest.learned(values, number)

    for place, own in enumerate(days):
        assert whole.own[place] == pytest.approx(
            whole.share(np.array(own, dtype=float))
        )


def test_a_new_value_counts_only_among_familiar_ones() -> None:
    """A value between known ones is strange, one beyond them is a season's."""
    values = np.tile(np.arange(20.0), 10)
    known = Unknown.learned(values, np.repeat(np.arange(10), 20))

    assert known.share(np.array([4.5, 25.0, -3.0, 7.0])) == pytest.approx(0.25)


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e3))
def test_a_stray_does_not_depend_on_where_the_day_is(
    centre: float, unit: float
) -> None:
    """Moved and stretched, a day has the same strays: neighbours are the measure."""
    rng = np.random.default_rng(1)
    values, days = rng.normal(size=600), np.repeat(np.arange(12), 50)
    today = np.append(rng.normal(size=49), 40.0)

    strays = Strays.learned(centre + unit * values, days)

    assert strays.share(centre + unit * today) == pytest.approx(0.02)


@given(
    st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=40),
    st.integers(WIDTH, 30),
)
def test_a_row_is_judged_by_the_median_of_its_own_day(values, first):
    """Eleven rows around it, or the first or last eleven of the day; fewer in a short one."""
    held = np.array(values)
    cut = first if first + WIDTH <= len(held) else 0
    days = (
        (np.arange(len(held)) >= cut).astype(int) if cut else np.zeros(len(held), int)
    )

    found = _middles(held, days)

    for day in np.unique(days):
        own = held[days == day]
        own = np.append(own, np.repeat(own[-1:], max(WIDTH - len(own), 0)))
        for at, middle in enumerate(found[days == day]):
            start = min(max(at - WIDTH // 2, 0), len(own) - WIDTH)
            assert middle == np.sort(own[start : start + WIDTH])[WIDTH // 2]


def test_a_column_whose_values_never_come_again_has_no_unknown_ones() -> None:
    """Every day's values are new, and so they tell nothing."""
    values = np.random.default_rng(1).normal(size=20 * 30)
    yardstick = Unknown.learned(values, np.repeat(np.arange(20), 30))

    assert (yardstick.own == 1.0).all()


def test_a_day_may_reach_a_little_farther_than_all_before() -> None:
    """Reaches of days differ: five deviations of what they are is far."""
    rng = np.random.default_rng(2)
    values = np.zeros((40, 50))
    values[:, 25] = 1 + 0.05 * rng.random(40)
    yardstick = Strays.learned(values.ravel(), np.repeat(np.arange(40), 50))
    today = np.zeros(50)

    for height, share in ((1.06, 0.0), (2.0, 0.02)):
        today[25] = height
        assert yardstick.share(today) == pytest.approx(share)


def test_a_number_that_is_none_is_missing_as_a_null_is() -> None:
    """NaN for null changes neither who is missing with whom nor whose rows are strange."""
    nulls = pl.concat([day(9), day(18)])
    lone = nulls.with_columns(gust=pl.col("gust").replace(5.0, None))
    nans = lone.with_columns(pl.col("gust", "wind").cast(pl.Float64).fill_null(np.nan))

    known = companies(nulls, COLUMNS)
    [gust] = [one for one in known if one.column == "gust"]

    assert known == companies(nulls.fill_null(np.nan), COLUMNS)
    assert gust.strange(lone).any()
    assert gust.strange(nans).tolist() == gust.strange(lone).tolist()


def test_a_column_that_is_missing_everywhere_is_nobody_s_company() -> None:
    """It lacks its value in every row in which another does."""
    table = day(9).with_columns(parts=pl.lit(None, pl.Float64))

    assert {one.column for one in companies(table, COLUMNS)} == {"gust", "wind"}
    assert all("parts" not in one.others for one in companies(table, COLUMNS))


def test_a_column_that_is_never_missing_has_no_company() -> None:
    """Nor one that is missing by itself."""
    table = day(9).with_columns(parts=pl.col("parts").replace(7, None).cast(pl.Float64))

    assert {one.column for one in companies(table, COLUMNS)} == {"gust", "wind"}


@given(st.lists(st.lists(st.integers(0, 40), min_size=8, max_size=12), min_size=2))
def test_what_is_new_on_a_day_of_the_reference_lies_between_familiar_values(
    days: list[list[int]],
) -> None:
    """Of the values that a day alone took, those that lie between ones of several days."""
    values = np.array([v for day in days for v in day], dtype=float)
    number = np.repeat(np.arange(len(days)), [len(day) for day in days])
    held = {
        v: {n for n, day in enumerate(days) if v in day}
        for v in {v for day in days for v in day}
    }

    def is_hole(value: int, number: int) -> bool:
        others = [v for v in held if held[v] != {number}]
        below = max((v for v in others if v < value), default=None)
        above = min((v for v in others if v > value), default=None)
        beside = [
            v for v in (below, above) if v is not None and len(held[v]) >= SEVERAL
        ]
        return held[value] == {number} and len(beside) == 2

    lonely = np.mean([len(held[int(v)]) == 1 for v in values])
    own = [np.mean([is_hole(v, n) for v in day]) for n, day in enumerate(days)]

    found = Unknown.learned(values, number).own
    assert found.tolist() == pytest.approx([1.0] * len(days) if lonely > OFTEN else own)
