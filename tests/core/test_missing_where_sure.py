"""Rows that hardly ever lack a value: a few of them that do are found, whatever others lack.

Over 300 lines because learning, judging and naming share one airport's days.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.core.comparison import DriftPolicy, measure_reference
from driftline.core.diagnosis import Day, diagnose
from driftline.core.finding import Finding, Severity
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles, Task
from driftline.core.values.judge import judge_values
from driftline.core.values.spread import ValuesSpread, measure_values
from driftline.core.values.sure import Sure
from driftline.core.values.surest import _chosen
from driftline.core.visibility.columns import sights_of
from driftline.core.visibility.trial import Change as Happening
from driftline.core.window import day_window
from tests.core.day_by_day import ENGINE, reference_of, sample_of

LACKS = {"EV": 0.0, "DL": 0.002, "UA": 0.02, "AA": 0.65, "MQ": 0.97}
"""Carriers, and which share of their planes nobody knows."""

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, ROWS, RATE = 40, 400, 0.0005
WATCHED = ("carrier", "hour", "seats")

Change = Callable[[pl.DataFrame], pl.DataFrame]


def flights(number: int, busy: str = "") -> pl.DataFrame:
    """A day with its own mix of carriers; a busy one has five times its usual flights."""
    rng = np.random.default_rng([number, 41])
    mix = rng.dirichlet([30, 30, 20, 12, 8]) * [1 + 4 * (n == busy) for n in LACKS]
    carrier = rng.choice(list(LACKS), ROWS, p=mix / mix.sum())
    unknown = rng.random(ROWS) < np.array([LACKS[name] for name in carrier])
    seats = pl.Series(rng.integers(50, 300, ROWS).astype(float))
    hours = np.sort(rng.integers(5, 23, ROWS))
    date = FIRST + timedelta(days=number)
    return pl.DataFrame(
        {
            "at": [date + timedelta(hours=int(hour)) for hour in hours],
            "carrier": carrier,
            "hour": rng.integers(5, 23, ROWS),
            "seats": seats.scatter(np.flatnonzero(unknown), None),
        }
    )


@cache
def reference() -> Reference:
    return reference_of(FIRST, [flights(n) for n in range(DAYS)], WATCHED)


@cache
def learned() -> ValuesSpread:
    return measure_values(reference(), list(WATCHED), "at")


def lost(rows: pl.DataFrame, share: float = 0.05, seed: int = 7) -> pl.DataFrame:
    """So many rows of all carriers lack their seats."""
    gone = pl.Series(np.random.default_rng(seed).random(rows.height) < share)
    return rows.with_columns(seats=pl.when(gone).then(None).otherwise("seats"))


def found(table: pl.DataFrame) -> list[Finding]:
    told = judge_values(learned(), table, RATE)
    return [
        f
        for f in told
        if "missing_where_sure" in (f.statistic, *f.evidence.get("also", ()))
    ]


def sure_of(change: Change) -> list[Sure]:
    """What a reference of changed rows has of them."""
    sample = sample_of([change(flights(n)) for n in range(DAYS)])
    names = [name for name in sample.columns if name not in ("at", WINDOW)]
    plan = ENGINE.propose_plan(
        ENGINE.from_table(sample, day_window(FIRST.date()), "rows"), names
    )
    spread = measure_values(Reference(plan, {}, sample=sample), names, "at")
    return [c.yardstick for c in spread.checks if isinstance(c.yardstick, Sure)]


@pytest.mark.parametrize("number", range(100, 120))
def test_five_in_a_hundred_are_seen_on_any_day(number: int) -> None:
    """Among those that are always there: of all rows a mix of carriers lacks more or less."""
    [told] = found(lost(flights(number)))

    assert told.subject == "seats"
    assert told.statistic == "missing_where_sure"
    assert told.severity is Severity.WARNING
    assert "missing where carrier is 'EV'" in told.message.replace("'DL'", "'EV'")
    assert "AA" not in told.message


@pytest.mark.parametrize("busy", ["", *LACKS])
def test_a_day_of_another_mix_is_no_news(busy: str) -> None:
    """However many flights one of the carriers has."""
    noisy = [n for n in range(200, 230) if found(flights(n, busy))]

    assert noisy == []


def test_the_cause_is_named() -> None:
    """The diagnosis says which rows lack it, and what share of them usually does."""
    rows = lost(flights(104))
    known = reference()
    assert known.sample is not None
    window = day_window((FIRST + timedelta(days=104)).date())
    profile = ENGINE.profile(ENGINE.from_table(rows, window, "rows"), known.plan)
    sures = learned().sures
    day = Day(known, known.sample, rows, profile, judged=WATCHED, sures=sures)

    [told] = diagnose(day, found(rows))

    assert told.evidence["cause"] == "missing_values"
    assert "of seats are missing where carrier is" in told.message
    assert told.evidence["parameters"]["usual_share"] < 0.01
    assert 0 < told.evidence["share"] < 0.8 * told.evidence["parameters"]["share"]


KNOWN = pl.col("carrier").is_in(["EV", "DL"])


@pytest.mark.parametrize(
    ("by", "values"),
    [
        (pl.col("carrier").cast(pl.Categorical), {"EV", "DL"}),
        (KNOWN, {"true"}),
        (pl.when(KNOWN).then(1).otherwise(2), {1.0}),
        (pl.when(KNOWN).then(0.5).otherwise(1.5), {0.5}),
        (pl.when(KNOWN).then(pl.lit("a b")), None),
    ],
    ids=["categories", "boolean", "whole", "fraction", "one value or none"],
)
def test_any_column_of_few_values_tells(by: pl.Expr, values: set[object]) -> None:
    """Of two at least: categories, yes and no, and numbers."""
    told = sure_of(lambda table: table.select("at", "seats", by.alias("by")))

    assert [set(sure.values) for sure in told] == ([values] if values else [])
    assert {(sure.column, sure.other) for sure in told} <= {("seats", "by")}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda t: t.drop("carrier", "hour"), id="no other column"),
        pytest.param(lambda t: t.drop("carrier"), id="a column that says nothing"),
        pytest.param(
            lambda t: t.with_columns(seats=pl.lit(None, pl.Float64)), id="all missing"
        ),
        pytest.param(
            lambda t: t.with_columns(pl.col("seats").fill_null(0)), id="none missing"
        ),
        pytest.param(lambda t: t.with_columns(carrier=pl.lit("EV")), id="one carrier"),
        pytest.param(
            lambda t: t.with_columns(carrier=pl.lit(None, pl.String)), id="no carrier"
        ),
    ],
)
def test_where_nothing_tells_there_is_no_check(change: Change) -> None:
    """Nor where the share of all rows says as much."""
    assert sure_of(change) == []


def test_days_that_are_too_few_teach_nothing() -> None:
    """With fewer than eight days nobody knows how days differ."""
    known = reference_of(FIRST, [flights(n) for n in range(7)], WATCHED)

    assert measure_values(known, list(WATCHED), "at").checks == ()


def test_a_carrier_that_is_new_is_not_sure() -> None:
    """Its flights are left out, and a day of nothing else cannot be judged by this."""
    new = flights(105).with_columns(
        carrier=pl.lit("ZZ"), seats=pl.lit(None, pl.Float64)
    )
    [sure] = [c for c in learned().checks if isinstance(c.yardstick, Sure)]

    assert found(pl.concat([flights(105), new])) == []
    assert sure.value(new) is None


def test_a_carrier_of_few_flights_is_not_sure() -> None:
    """That none of three was without its seats says little."""

    def with_rare(rows: pl.DataFrame) -> pl.DataFrame:
        is_first = pl.int_range(pl.len()) == 0
        return rows.with_columns(
            carrier=pl.when(is_first & (pl.col("at") < FIRST + timedelta(days=3)))
            .then(pl.lit("OO"))
            .otherwise("carrier"),
            seats=pl.when(is_first).then(100.0).otherwise("seats"),
        )

    [sure] = sure_of(with_rare)

    assert {"EV", "DL"} <= set(sure.values) <= {"EV", "DL", "UA"}


def test_names_are_told_as_they_are_written() -> None:
    """With quotes, braces and spaces in them."""
    column, other, value = "seats {0}'s", 'carrier "of" {it}', "E{V} 'n' \"Co\""
    sample = sample_of(
        [
            flights(n).select(
                pl.col("carrier").replace("EV", value).alias(other),
                pl.col("seats").alias(column),
            )
            for n in range(DAYS)
        ]
    )
    table = lost(flights(101)).select(
        pl.col("carrier").replace("EV", value).alias(other),
        pl.col("seats").alias(column),
    )
    plan = ENGINE.propose_plan(
        ENGINE.from_table(sample, day_window(FIRST.date()), "rows"), [column, other]
    )
    spread = measure_values(Reference(plan, {}, sample=sample), [column, other], "at")

    [told] = judge_values(spread, table, RATE)

    assert told.statistic == "missing_where_sure"
    assert f"of {column} are missing where {other} is " in told.message
    assert repr(value) in told.message


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.drop("carrier"),
        lambda t: t.drop("seats"),
        lambda t: t.with_columns(carrier=pl.lit(1.5)),
        lambda t: t.with_columns(carrier=pl.lit(None)),
        lambda t: t.clear(),
    ],
)
def test_a_day_without_these_columns_is_left_out(change: Change) -> None:
    """As one whose carriers are something else, or that has no rows."""
    assert found(change(flights(101))) == []


def test_what_goes_missing_with_another_column_is_told_by_that() -> None:
    """Where a check of both together sees as much, there is no second one."""
    cut = (pl.col("hour") < 9).alias("cut")
    told = sure_of(
        lambda t: t.select(
            "at",
            cut,
            *(
                pl.when(cut).then(None).otherwise(pl.col("hour") + i).alias(name)
                for i, name in enumerate(("wind", "gust"))
            ),
        )
    )

    assert told == []


def test_one_day_that_was_a_fault_hides_nothing() -> None:
    """One in fifty days of the reference is left out, as of values that stray."""
    tables = [flights(n) for n in range(60)]
    tables[30] = lost(tables[30], 0.5)
    known = reference_of(FIRST, tables, WATCHED)
    spread = measure_values(known, list(WATCHED), "at")

    [told] = [
        f
        for f in judge_values(spread, lost(flights(101)), RATE)
        if f.subject == "seats"
    ]

    assert told.statistic == "missing_where_sure"


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=3
        ),
        min_size=2,
        max_size=5,
    )
)
@settings(deadline=None)
def test_days_that_do_not_count_choose_nothing(
    days: list[list[tuple[int, int]]],
) -> None:
    """A line chooses as the table of its days alone would."""
    counts = np.array(days)
    rows, lacking = counts[:, :, 0] + counts[:, :, 1], counts[:, :, 1]
    known = np.array([[True] * len(days), [True] * (len(days) - 1) + [False]])

    whole, part = _chosen(rows, lacking, known, 2.0)

    every = np.ones((1, len(days)), dtype=bool)
    assert whole.tolist() == _chosen(rows, lacking, every, 2.0)[0].tolist()
    assert (
        part.tolist()
        == _chosen(rows[:-1], lacking[:-1], every[:, :-1], 2.0)[0].tolist()
    )


@given(st.lists(st.tuples(st.integers(1, 300), st.floats(0, 1)), min_size=8))
def test_counting_takes_no_part_in_what_days_did(days: list[tuple[int, float]]) -> None:
    """Shares stay between 0 and 1, in their order for equal rows, and no wider apart."""
    rows = np.array([n for n, _ in days])
    lacking = np.array([round(n * share) for n, share in days])
    sure = Sure("a", "b", ("x",), np.arange(len(days)), rows, lacking)

    shares, own = lacking / rows, sure.own
    usual = lacking.sum() / rows.sum()

    assert ((own >= 0) & (own <= 1)).all()
    assert (np.abs(own - usual) <= np.abs(shares - usual) + 1e-12).all()


def test_what_would_be_seen_counts_the_rows_that_hardly_ever_lack_it() -> None:
    """The smallest share is far below what all rows show, and is found nine times in ten."""
    roles, policy = (
        Roles(Task.BINARY, timestamp="at", prediction="called"),
        DriftPolicy(),
    )
    spread = measure_reference(reference(), roles, policy)
    by_all, by_some = (
        {
            (s.subject, s.change): s
            for s in sights_of(spread, reference(), policy, None, v)
        }
        for v in (None, learned())
    )
    missing = ("seats", Happening.MISSING)
    before, now = by_all[missing].day, by_some[missing].day

    assert before is not None
    assert now is not None
    assert now < 0.6 * before
    rate = policy.budget.values(len(learned().checks))
    days = [lost(flights(n), now, seed=n) for n in range(300, 400)]
    seen = [
        any(f.subject == "seats" for f in judge_values(learned(), d, rate))
        for d in days
    ]
    assert sum(seen) >= 32
    assert {k: s for k, s in by_all.items() if k != missing} == {
        k: s for k, s in by_some.items() if k != missing
    }
