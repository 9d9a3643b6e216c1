"""Performance from counts: every engine that counts rows where they lie says what rows say."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from driftline.app.measure import measure as measure_slice
from driftline.core.labels.harm import HarmPolicy, judge_performance
from driftline.core.labels.realised import METRICS, Performance, measure
from driftline.core.reference import Measured, Reference
from driftline.core.roles import Roles, Task
from driftline.ports import Engine
from tests.contract.engines import engine_named, planned, slice_of

BINARY = Roles(Task.BINARY, "at", "p", label="y", segments=("city", "gone"))
ROLES = {
    "probabilities": BINARY,
    "classes": replace(BINARY, prediction="called"),
    "classes and margins": replace(BINARY, prediction="called", score="margin"),
    "words": replace(BINARY, prediction="word", label="truth", positive="late"),
    "never positive": replace(BINARY, positive="no such class"),
    "multiclass": replace(BINARY, task=Task.MULTICLASS, prediction="kind", label="was"),
    "values": replace(BINARY, task=Task.REGRESSION, prediction="eta", label="took"),
    "no label": replace(BINARY, label="nowhere"),
    "lists": replace(BINARY, label="many"),
}


def flights(rows: int, seed: int = 1) -> pl.DataFrame:
    """Predictions of every kind, with gaps, for rows in five cities."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(1, 4, rows)
    late = rng.random(rows) < chance
    took = rng.normal(300, 20, rows)
    table = pl.DataFrame(
        {
            "p": chance,
            "called": (chance > 0.3).astype(float),
            "margin": np.log(chance / (1 - chance)),
            "y": late.astype(int),
            "word": np.where(chance > 0.3, "late", "on time"),
            "truth": np.where(late, "late", "on time"),
            "kind": rng.integers(0, 4, rows),
            "was": rng.integers(0, 4, rows).astype(str),
            "eta": took + rng.normal(0, 5, rows),
            "took": took,
            "many": [[1]] * rows,
            "city": rng.choice(["Oslo", "Bern", "Rome", "Bonn", "Rare"], rows),
        }
    )
    gaps = pl.int_range(rows, eager=True)
    holes = [pl.when(gaps % 11 != 0).then(name).alias(name) for name in ("y", "took")]
    odd = pl.when(gaps % 7 == 0).then(float("nan")).otherwise(pl.col("p")).alias("p")
    return table.with_columns(*holes, odd)


def measured(engine: Engine, table: pl.DataFrame, roles: Roles) -> Performance:
    """As the day measures a slice of this engine."""
    job = SimpleNamespace(
        engine=engine, roles=roles, measured_metrics=METRICS[roles.task]
    )
    return measure_slice(job, slice_of(engine, table))  # type: ignore[arg-type]  # all that it reads


def assert_alike(found: Performance, expected: Performance, tolerance: float) -> None:
    """The same counts, reasons, segments and confusion; numbers within the tolerance."""
    plain = {"measured": {}, "segments": {}}
    assert replace(found, **plain) == replace(expected, **plain)
    assert list(found.by_name) == list(expected.by_name)
    for name, want in expected.by_name.items():
        got = found.by_name[name]
        assert got.rows == want.rows
        for field in ("value", "lower", "upper"):
            number = pytest.approx(getattr(want, field), rel=tolerance, abs=tolerance)
            assert getattr(got, field) == number, (name, field)


@pytest.mark.parametrize("kind", list(ROLES))
def test_counts_say_what_rows_say(other_engine: Engine, kind: str) -> None:
    """Of a day with few distinct scores every metric, segment and reason is the same."""
    table = flights(1500)
    found = measured(other_engine, table, ROLES[kind])
    assert_alike(found, measure(table, ROLES[kind]), 1e-9)
    assert found.rows == 1500


def test_no_row_is_held_here(other_engine: Engine, monkeypatch) -> None:
    """Labels and predictions are counted where they lie: nobody asks for the table."""
    monkeypatch.setattr(type(other_engine), "table", None)
    assert measured(other_engine, flights(300), BINARY).measured["roc_auc"].rows > 200


def test_many_scores_are_put_together(other_engine: Engine) -> None:
    """Beyond the exact entries only what ranks scores is off, and by little."""
    table, roles = flights(30_000), replace(BINARY, segments=())
    found, expected = measured(other_engine, table, roles), measure(table, roles)
    ranked = {"roc_auc", "average_precision"}
    assert ranked < set(expected.measured)
    for name, want in expected.measured.items():
        near = 5e-4 if name in ranked else 1e-9
        assert found.measured[name].value == pytest.approx(want.value, rel=near)


def test_the_same_findings(other_engine: Engine) -> None:
    """A model that got worse: the same words of the same numbers from every engine."""
    here = engine_named("local")
    days = [measured(here, flights(1500, seed), BINARY).by_name for seed in range(9)]
    plan = planned(here, flights(50).select("p"))
    profile = here.profile(slice_of(here, flights(50).select("p")), plan)
    named: dict[str, dict[str, Measured]] = {str(i): day for i, day in enumerate(days)}
    reference = Reference(plan, dict.fromkeys(named, profile), named)
    worse = flights(1500, 77).with_columns(y=1 - pl.col("y"))
    told = [
        judge_performance(
            measured(engine, worse, BINARY), reference, "roc_auc", [], HarmPolicy()
        )
        for engine in (here, other_engine)
    ]
    assert any(finding.matters for finding in told[0])
    assert [(f.identity, f.outcome, f.message) for f in told[1]] == [
        (f.identity, f.outcome, f.message) for f in told[0]
    ]
