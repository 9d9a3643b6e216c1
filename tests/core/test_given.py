"""Numbers beside others: one that moves alone is found and named, a warm day is not.

Over 300 lines because all of it is judged on the same days of weather.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.core.bounds.budget import AlarmBudget
from driftline.core.bounds.lasting import Judged, Moment, number_name
from driftline.core.finding import Finding
from driftline.core.given.judge import judge_given
from driftline.core.given.lasting import judge_given_lasting
from driftline.core.given.regression import RIDGE, learn
from driftline.core.given.rows import read
from driftline.core.given.spread import GivenSpread, measure_given
from driftline.core.joint.coding import Coding
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference

NUMBERS = ["air", "soil", "wind"]
COLUMNS = ["site", *NUMBERS, "coin"]
SITES = ("north", "south", "o'hare")
PLAN = Plan(
    {name: ColumnPlan(Kind.NUMERIC, "Float64") for name in [*NUMBERS, "coin"]}
    | {"site": ColumnPlan(Kind.CATEGORICAL, "String", categories=SITES)}
)
RATE = AlarmBudget().given(3)


def day(seed: int, rows: int = 40, warmer: float = 0.0) -> pl.DataFrame:
    """Soil follows the air, wind the site, a coin nothing; days differ by their weather."""
    rng = np.random.default_rng([seed, 5])
    site = rng.integers(0, len(SITES), rows)
    air = rng.normal(10 + warmer + rng.normal(0, 4), 4, rows)
    return pl.DataFrame(
        {
            "site": np.array(SITES)[site],
            "air": air,
            "soil": 0.8 * air + rng.normal(0, 1, rows),
            "wind": 3.0 * site + rng.normal(0, 1, rows),
            "coin": rng.normal(0, 1, rows),
        }
    )


def referring(days: list[pl.DataFrame]) -> Reference:
    labelled = [
        rows.with_columns(pl.lit(f"day {i:03}").alias(WINDOW))
        for i, rows in enumerate(days)
    ]
    return Reference(PLAN, {}, sample=pl.concat(labelled))


@pytest.fixture(scope="module")
def spread() -> GivenSpread:
    """Sixty days of forty rows."""
    return measure_given(referring([day(i) for i in range(60)]), COLUMNS)


def told(spread: GivenSpread, rows: pl.DataFrame) -> list[Finding]:
    return [finding for finding in judge_given(spread, rows, RATE) if finding.matters]


def test_numbers_that_others_tell_of_are_judged(spread: GivenSpread) -> None:
    """Air, soil and wind go with other columns; a coin goes with none."""
    assert spread.judged == ("air", "soil", "wind")


def test_usual_days_are_quiet(spread: GivenSpread) -> None:
    """Of a hundred more days like these hardly one is told of, and each has its numbers."""
    days = [judge_given(spread, day(1_000 + i), RATE) for i in range(100)]

    assert sum(any(f.matters for f in found) for found in days) <= 3
    assert {len(found) for found in days} == {3}


def test_a_number_that_moves_alone_is_told(spread: GivenSpread) -> None:
    """A quarter of a deviation of the soil is lost among days, and not beside the air."""
    days = [day(2_000 + i).with_columns(pl.col("soil") + 1.2) for i in range(30)]
    found = [told(spread, rows) for rows in days]

    assert sum("soil" in {f.subject for f in each} for each in found) >= 27
    soil = next(f for each in found for f in each if f.subject == "soil")
    assert "given air, soil is above the reference in" in soil.message
    assert soil.evidence["partners"][0] == "air"


def test_a_warm_day_is_no_news(spread: GivenSpread) -> None:
    """Where the columns move together, as far as days do, nothing is told."""
    days = [day(3_000 + i, warmer=4.0) for i in range(20)]

    assert sum(bool(told(spread, rows)) for rows in days) <= 1


def test_what_does_not_go_with_it_is_not_named(spread: GivenSpread) -> None:
    """Wind that rises says nothing of air and soil."""
    rows = day(4_000).with_columns(pl.col("wind") + 3.0)

    assert {finding.subject for finding in told(spread, rows)} == {"wind"}


def test_a_column_that_follows_from_the_one_that_moved_is_not_named() -> None:
    """Of a chain of columns the middle one is told, and not those that go with it."""

    def chained(seed: int) -> pl.DataFrame:
        rng = np.random.default_rng([seed, 6])
        air = rng.normal(0, 1, 200)
        return day(seed, 200).with_columns(
            air=air, soil=air + rng.normal(0, 1, 200), wind=air + rng.normal(0, 1, 200)
        )

    known = measure_given(referring([chained(i) for i in range(60)]), COLUMNS)
    rows = chained(900).with_columns(pl.col("air") + 0.7)

    assert {finding.subject for finding in told(known, rows)} == {"air"}


@pytest.mark.parametrize(
    "broken",
    [
        pl.lit(None, pl.Float64).alias("air"),
        pl.lit(float("nan")).alias("air"),
        pl.lit("elsewhere").alias("site"),
        pl.col("air").cast(pl.String),
        pl.lit(date(2026, 1, 1)).alias("air"),
        pl.lit(1.5).alias("site"),
        pl.concat_list(pl.lit(1)).alias("site"),
        pl.lit(b"\xff").alias("site"),
    ],
)
def test_what_is_not_known_of_others_moves_nothing(
    spread: GivenSpread, broken: pl.Expr
) -> None:
    """Where a partner is missing, or has a value that nobody knows, its rows say nothing."""
    found = judge_given(spread, day(5_000).with_columns(broken), RATE)

    assert not [finding for finding in found if finding.matters]


def test_few_rows_are_not_judged(spread: GivenSpread) -> None:
    """Of a handful of rows nothing is said, and of none neither."""
    assert judge_given(spread, day(1, rows=4), RATE) == []
    assert judge_given(spread, day(1).clear(), RATE) == []


@pytest.mark.parametrize(
    ("gone", "judged"),
    [("coin", {"air", "soil", "wind"}), ("soil", {"wind"}), ("site", {"air", "soil"})],
)
def test_a_column_that_is_gone_takes_only_what_goes_with_it(
    spread: GivenSpread, gone: str, judged: set[str]
) -> None:
    """The others are judged as if it were there."""
    rows = day(1).with_columns(pl.col("wind") + 3.0)

    assert {f.subject for f in judge_given(spread, rows.drop(gone), RATE)} == judged
    assert {f.subject for f in told(spread, rows.drop(gone))} == judged & {"wind"}


@pytest.mark.parametrize("is_there", [False, True])
def test_a_category_that_is_gone_is_not_taken_for_missing_ones(is_there: bool) -> None:
    """Where some rows of the reference lack it: a day without the column has none of these."""

    def lacking(number: int) -> pl.DataFrame:
        is_lacked = pl.int_range(pl.len()) % 20 == 0
        return day(number).with_columns(
            site=pl.when(is_lacked).then(None).otherwise("site")
        )

    known = measure_given(referring([lacking(i) for i in range(60)]), COLUMNS)
    days = [lacking(8_000 + i).with_columns(site=1.5) for i in range(10)]
    days = days if is_there else [rows.drop("site") for rows in days]
    found = [f for rows in days for f in judge_given(known, rows, RATE)]

    assert "wind" in known.judged
    assert {finding.subject for finding in found} == {"air", "soil"}


def test_a_category_that_hardly_matters_is_as_usual_where_it_is_new() -> None:
    """A value that nobody knows is not taken for one that is unlike the usual one."""

    def sorted_out(number: int) -> pl.DataFrame:
        is_rare = pl.int_range(pl.len()) % 150 == 0
        return day(number, 300).with_columns(
            site=pl.when(is_rare).then(pl.lit("south")).otherwise(pl.lit("north")),
            wind=pl.col("air") + pl.col("coin") + pl.when(is_rare).then(4).otherwise(0),
        )

    known = measure_given(referring([sorted_out(i) for i in range(60)]), COLUMNS)
    new = [
        sorted_out(9_000 + i).with_columns(site=pl.lit("elsewhere")) for i in range(10)
    ]

    assert not [f for rows in new for f in told(known, rows)]


def test_nothing_is_learned_of_too_little() -> None:
    """Without rows, with few days or one number there is nothing to hold a day against."""
    days = [day(i) for i in range(40)]

    assert measure_given(Reference(PLAN, {}), COLUMNS).judged == ()
    assert measure_given(referring(days[:9]), COLUMNS).judged == ()
    assert measure_given(referring(days), ["air", "site"]).judged == ()
    assert judge_given(GivenSpread(), day(1), RATE) == []


def test_a_season_that_others_have_not_seen_widens_what_is_usual() -> None:
    """A relation that bends where few days have been is no alarm farther along."""

    def later(number: int) -> pl.DataFrame:
        rows = day(number, warmer=number / 6)
        bent = pl.col("soil") + 0.02 * (pl.col("air") - 10).clip(0) ** 2
        return rows.with_columns(bent.alias("soil"))

    growing = measure_given(referring([later(i) for i in range(60)]), COLUMNS)

    assert sum(bool(told(growing, later(60 + i))) for i in range(15)) <= 3


def lasting_of(
    spread: GivenSpread, days: list[pl.DataFrame], rows: float
) -> list[Finding]:
    """What is told of days that have so many rows each, one after the other."""
    past: list[Judged] = []
    lasting: list[Finding] = []
    for number, day_rows in enumerate(days):
        today = judge_given(spread, day_rows, RATE)
        moment = Moment(f"day {number:03}", past=tuple(past))
        new = judge_given_lasting(spread, today, moment, PLAN.columns, 1 / RATE)
        lasting += new
        known = [f for f in [*today, *new] if f.value is not None]
        numbers = {number_name(f): f.value for f in known}
        past.append(Judged(moment.label, None, numbers | {"rows": rows}))
    return lasting


def test_small_shifts_that_last_are_told(spread: GivenSpread) -> None:
    """A shift too small for a day is told within two weeks, of the number that moved."""
    days = [day(6_000 + i).with_columns(pl.col("wind") + 0.35) for i in range(14)]
    lasting = lasting_of(spread, days, 40)

    assert {finding.subject for finding in lasting} == {"wind"}
    assert lasting[0].statistic == "given_others_lasting"
    assert lasting[0].message.startswith("given site, wind has been higher than")


def test_what_lasts_hides_nothing_that_does_not_go_with_it(spread: GivenSpread) -> None:
    """Soil that begins to stray is told while the wind is still known to."""
    days = [day(6_100 + i).with_columns(pl.col("wind") + 0.5) for i in range(8)]
    days += [
        day(6_200 + i).with_columns(pl.col("wind") + 0.5, pl.col("soil") + 0.4)
        for i in range(14)
    ]
    early = lasting_of(spread, days[:8], 40)
    late = lasting_of(spread, days, 40)[len(early) :]

    assert {finding.subject for finding in early} == {"wind"}
    assert {finding.subject for finding in late} >= {"wind", "soil"}


def test_the_number_that_is_known_to_last_stays_the_one(spread: GivenSpread) -> None:
    """Of two that go together, whichever is clearer from one day to the next."""
    today = judge_given(spread, day(6_300).with_columns(pl.col("air") + 0.8), RATE)
    numbers = {number_name(f): f.value for f in today if f.value is not None}
    told = [
        judge_given_lasting(
            spread,
            today,
            Moment("day 9", past=(*[Judged("day", None, numbers)] * 5, last)),
            PLAN.columns,
            1 / RATE,
        )
        for name in ("air", "soil")
        for last in [
            Judged("last", None, numbers | {f"drift/{name}/given_others_lasting": 1.0})
        ]
    ]

    said = [{f.subject for f in found} - {"wind"} for found in told]
    assert said == [{"air"}, {"soil"}]
    assert judge_given_lasting(GivenSpread(), today, Moment("day 1"), {}, 100) == []


def test_trifles_of_long_days_do_not_add_up() -> None:
    """Of a million rows as few are looked at as decide, and a trifle is none of them."""

    def steady(seed: int, rows: int) -> pl.DataFrame:
        rng = np.random.default_rng([seed, 7])
        cause = rng.normal(0, 1, rows)
        noisy = {name: cause + rng.normal(0, 0.3, rows) for name in NUMBERS}
        return pl.DataFrame(noisy)

    known = measure_given(referring([steady(i, 100) for i in range(60)]), NUMBERS)
    days = [
        steady(7_000 + i, 5_000).with_columns(pl.col("air") + 0.002) for i in range(20)
    ]

    assert len(known.judged) == 3
    assert lasting_of(known, days, 1_000_000) == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(0, 3))
def test_one_inverse_gives_every_regression(seed: int, count: int, cells: int) -> None:
    """The weights of each number are those of its own ridge regression on the others."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(80, count)) @ rng.normal(size=(count, count))
    names = [f"n{i}" for i in range(count)]
    table = pl.DataFrame(mixed, schema=names).with_columns(
        c=pl.Series([f"v{i % max(cells, 1)}" for i in range(80)])
    )
    coding = Coding("c", Kind.CATEGORICAL, categories=("v0", "v1", "v2"))
    categories = [coding] if cells else []
    rows = read(table, names, categories)
    learned = learn(rows, names, categories)

    scores = rows.scores(learned.known)
    codes = coding.codes(table)
    assert codes is not None
    parts = [codes[:, None] == np.arange(coding.cells)] if cells else []
    columns = np.hstack([scores, *parts]).astype(float)
    columns -= columns.mean(axis=0)
    for number in range(count):
        others = np.delete(np.arange(columns.shape[1]), number)
        beside = columns[:, others]
        power = beside.T @ beside / 80 + RIDGE * np.eye(len(others))
        expected = np.linalg.solve(power, beside.T @ columns[:, number] / 80)
        assert np.allclose(learned.weights[number, others], expected, atol=1e-8)
        assert learned.weights[number, number] == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(width=32), min_size=5, max_size=60))
def test_any_numbers_can_be_judged(spread: GivenSpread, values: list[float]) -> None:
    """Whatever a column holds, the findings are numbers within their range."""
    rows = day(1, rows=len(values)).with_columns(
        air=pl.Series(values, dtype=pl.Float64)
    )

    for finding in judge_given(spread, rows, RATE):
        assert finding.value is not None
        assert 0 <= finding.value <= 1


def test_faults_of_the_reference_are_left_out() -> None:
    """A day that hard signals take for a fault teaches nothing, and makes no day usual."""
    days = [day(i) for i in range(40)]
    days[7] = days[7].with_columns(pl.col("soil") * 10 + 500)
    reference = replace(referring(days), days={f"day {i:03}": None for i in range(40)})
    with_fault = measure_given(reference, COLUMNS)
    without = measure_given(reference, COLUMNS, odd=frozenset({7}))

    assert len(without.spreads["soil"].values) == 39
    assert (
        without.spreads["soil"].values.std() < with_fault.spreads["soil"].values.std()
    )
