"""Pairs of columns: what only their going together shows is found, and blamed on one."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import Finding
from driftline.core.joint.association import associations, combinations_unseen
from driftline.core.joint.coding import Coding
from driftline.core.joint.judge import judge_joint
from driftline.core.joint.pairs import information, told_by
from driftline.core.joint.spread import JointSpread, measure_joint
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference

COLUMNS = ["route", "distance", "weight", "gust", "wind"]
ROUTES = tuple(f"r{i}" for i in range(12))
RATE = 0.001


def day(seed: int, rows: int = 600) -> pl.DataFrame:
    """A route has its distance, up to a little; weights follow nothing; winds fail as one."""
    rng = np.random.default_rng([seed, 11])
    number = rng.integers(0, len(ROUTES), rows)
    wind = rng.gamma(3, 4, rows)
    fails = rng.random(rows) < 0.03
    gust = wind * rng.uniform(1.2, 1.5, rows)
    return pl.DataFrame(
        {
            "route": np.array(ROUTES)[number],
            "distance": 100.0 * number + rng.normal(0, 8, rows),
            "weight": rng.normal(20, 4, rows),
            "gust": pl.Series(np.where(fails, np.nan, gust)).fill_nan(None),
            "wind": pl.Series(np.where(fails, np.nan, wind)).fill_nan(None),
        }
    )


def planned() -> Plan:
    edges = {name: day(0)[name].drop_nulls().quantile for name in COLUMNS[1:]}
    levels = np.linspace(0.05, 0.95, 19)
    numeric = {
        name: ColumnPlan(
            Kind.NUMERIC, "Float64", edges=tuple(float(at(x)) for x in levels)
        )
        for name, at in edges.items()
    }
    return Plan(
        {"route": ColumnPlan(Kind.CATEGORICAL, "String", categories=ROUTES), **numeric}
    )


@pytest.fixture(scope="module")
def spread() -> JointSpread:
    """Forty days of the shop."""
    sample = pl.concat(
        [day(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(40)]
    )
    reference = Reference(planned(), {}, sample=sample)
    return measure_joint(reference, COLUMNS, np.random.default_rng(0))


def swapped(table: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """That share of the rows with their routes dealt anew: each route as often as before."""
    rng = np.random.default_rng(seed)
    picked = np.flatnonzero(rng.random(table.height) < share)
    routes = table["route"].to_numpy().copy()
    routes[picked] = routes[rng.permutation(picked)]
    return table.with_columns(pl.Series("route", routes))


def found(spread: JointSpread, table: pl.DataFrame) -> list[Finding]:
    return judge_joint(spread, table, RATE)


def test_columns_that_go_together_are_paired_and_others_are_not(spread) -> None:
    """Route with distance, wind with gust, also in what is missing; weight with none."""
    pairs = {frozenset(pair.pair.names) for pair in spread.pairs}

    assert frozenset({"route", "distance"}) in pairs
    assert frozenset({"wind", "gust"}) in pairs
    assert not any("weight" in names for names in pairs)
    assert any(pair.pair.first.kind is Kind.OPAQUE for pair in spread.pairs)


def test_quiet_days_pass(spread) -> None:
    """Of 100 more days, at most two have a finding."""
    assert sum(bool(found(spread, day(i))) for i in range(100, 200)) <= 2


def test_a_swap_that_keeps_every_count_is_found(spread) -> None:
    """A tenth of the rows; the message names both columns."""
    hits = [found(spread, swapped(day(i), 0.1, i)) for i in range(100, 120)]

    assert all(hits)
    [finding] = hits[0]
    assert {finding.subject, *finding.evidence["partners"]} == {"route", "distance"}
    assert "distance" in finding.message
    assert "route" in finding.message


def test_a_swap_among_three_values_is_found_beside_a_short_sample() -> None:
    """A tenth of 900 rows, where the reference kept 200 a day: its noise is not today's."""

    def rows(seed: int, count: int) -> pl.DataFrame:
        rng = np.random.default_rng([seed, 5])
        port = rng.choice(3, count, p=[0.4, 0.35, 0.25])
        near = (port * 7 + rng.integers(0, 13, count)) % 27
        return pl.DataFrame(
            {"port": [f"p{k}" for k in port], "town": [f"t{k}" for k in near]}
        )

    plans = {
        name: ColumnPlan(
            Kind.CATEGORICAL,
            "String",
            categories=tuple(f"{name[0]}{k}" for k in range(n)),
        )
        for name, n in (("port", 3), ("town", 27))
    }
    labels = [pl.lit(f"day {i:02}").alias(WINDOW) for i in range(60)]
    sample = pl.concat([rows(i, 200).with_columns(w) for i, w in enumerate(labels)])
    known = measure_joint(
        Reference(Plan(plans), {}, sample=sample),
        ["port", "town"],
        np.random.default_rng(0),
    )

    def broken(seed: int) -> pl.DataFrame:
        table, rng = rows(seed, 900), np.random.default_rng(seed)
        ports = table["port"].to_numpy().copy()
        at = rng.choice(900, 90, replace=False)
        at = at[np.argsort(ports[at], kind="stable")]
        ports[at] = ports[np.roll(at, 45)]
        return table.with_columns(pl.Series("port", ports))

    assert sum(bool(found(known, broken(i))) for i in range(100, 120)) >= 19
    assert sum(bool(found(known, rows(i, 900))) for i in range(100, 200)) <= 1


@given(st.floats(0, 1))
def test_association_is_the_share_of_rows_that_chance_moves(share) -> None:
    """Where a share of rows is paired at random, half of it is off, of two equal values."""
    bound = np.array([[[500.0, 0.0], [0.0, 500.0]]])
    at_random = np.full((1, 2, 2), 250.0)
    today = (1 - share) * bound + share * at_random

    assert associations(bound, today)[0] == pytest.approx(share / 2, abs=1e-3)


def test_columns_that_do_not_go_together_lose_nothing() -> None:
    """Of independent columns every pairing is as good; no rows at all say nothing."""
    even = np.full((1, 2, 2), 25.0)
    odd = np.array([[[50.0, 0.0], [0.0, 50.0]]])

    assert associations(even, odd)[0] == 0
    assert np.isnan(associations(odd, np.zeros((1, 2, 2)))[0])


def test_a_value_that_is_missing_alone_is_found(spread) -> None:
    """Three in a hundred winds are missing as ever, but now without their gusts."""
    table = day(100)
    rng = np.random.default_rng(1)
    alone = pl.Series(rng.random(table.height) < 0.03)
    broken = table.with_columns(
        pl.when(alone).then(None).otherwise(pl.col("wind")).alias("wind")
    )

    assert {f.subject for f in found(spread, broken)} <= {"wind", "gust"}
    assert found(spread, broken)


def test_a_shift_of_one_column_alone_is_not_a_slip_of_pairs(spread) -> None:
    """Twice as many rows of two routes change margins, and the pairing stays."""
    table = pl.concat([day(100), day(101).filter(pl.col("route").is_in(ROUTES[:2]))])

    assert not found(spread, table)


def test_the_column_that_slipped_is_blamed() -> None:
    """Of three columns that go together, the one that moved stands in all broken pairs."""
    rng = np.random.default_rng(2)

    def rows(seed: int) -> pl.DataFrame:
        number = np.random.default_rng(seed).integers(0, 8, 500)
        names = ("a", "b", "c")
        return pl.DataFrame({n: [f"{n}{k}" for k in number] for n in names})

    plans = {
        n: ColumnPlan(
            Kind.CATEGORICAL, "String", categories=tuple(f"{n}{k}" for k in range(8))
        )
        for n in ("a", "b", "c")
    }
    sample = pl.concat(
        [rows(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(20)]
    )
    spread = measure_joint(
        Reference(Plan(plans), {}, sample=sample), ["a", "b", "c"], rng
    )
    broken = rows(99).with_columns(pl.col("b").shuffle(seed=1))
    [finding] = found(spread, broken)

    assert finding.subject == "b"
    assert set(finding.evidence["partners"]) == {"a", "c"}
    assert finding.message.endswith(("; likewise b with a", "; likewise b with c"))


@pytest.mark.parametrize("moved", ["route", "distance"])
def test_of_a_pair_the_column_that_moved_is_blamed(spread, moved: str) -> None:
    """The pair alone leaves open which of the two it was."""
    broken = swapped(day(99), 0.3, seed=1)
    [finding] = judge_joint(spread, broken, RATE, {moved, "weight"})

    assert finding.subject == moved


def test_a_reference_without_a_sample_has_no_pairs() -> None:
    """Nothing is judged, and nothing is raised."""
    spread = measure_joint(Reference(planned(), {}), COLUMNS, np.random.default_rng(0))

    assert spread.pairs == ()
    assert found(spread, day(1)) == []


@given(
    st.lists(
        st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=3, max_size=3
    ),
    st.integers(1, 9),
)
def test_the_same_table_at_any_size_is_no_change(table, times) -> None:
    """Both statistics are zero, up to rounding."""
    counts = np.array([table], dtype=float)
    if not counts.sum():
        return

    assert associations(counts, counts * times)[0] == pytest.approx(0, abs=1e-9)
    assert combinations_unseen(counts, counts * times)[0] == 0


@given(st.lists(st.integers(0, 40), min_size=12, max_size=12))
def test_information_is_a_share(cells) -> None:
    """From 0 to 1, whatever the counts, and the same either way round."""
    table = np.array(cells, dtype=float).reshape(3, 4)
    if not table.sum():
        return

    assert 0 <= information(table) <= 1
    assert information(table) == pytest.approx(information(table.T))


def test_a_column_of_another_type_is_left_out(spread) -> None:
    """Text where numbers were is the schema's finding, not a pair's."""
    table = day(100).with_columns(pl.col("distance").cast(pl.String))

    assert not found(spread, table)
    assert Coding("distance", Kind.NUMERIC, edges=(1.0,)).codes(table) is None


def test_a_few_rows_a_day_tell_little_of_their_day() -> None:
    """Days of twenty rows differ by chance, which is taken off."""
    codes = np.random.default_rng(3).integers(0, 5, 30 * 20)
    days = np.repeat(np.arange(30), 20)
    coding = Coding("a", Kind.CATEGORICAL, categories=("a", "b", "c", "d"))

    assert told_by(codes, days, coding) < 0.02
    assert told_by(days % 5, days, coding) > 0.9
