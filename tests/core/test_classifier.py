"""A domain classifier sees what no pair of columns shows, against the days' own yardstick."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from driftline.core.joint.classifier import (
    DomainSpread,
    _area,
    judge_domain,
    measure_domain,
)
from driftline.core.joint.judge import judge_joint
from driftline.core.joint.spread import measure_joint
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference

COLUMNS = ["a", "b", "c"]
EDGES = tuple(np.linspace(-1.8, 1.8, 19).tolist())
PLAN = Plan({n: ColumnPlan(Kind.NUMERIC, "Float64", edges=EDGES) for n in COLUMNS})


def day(seed: int, *, odd: bool = False, rows: int = 600) -> pl.DataFrame:
    """Three columns whose signs multiply to plus on every row; on odd days to minus."""
    rng = np.random.default_rng([seed, 3])
    values = rng.normal(size=(rows, 3))
    sign = np.sign(values[:, 0] * values[:, 1])
    values[:, 2] = np.abs(values[:, 2]) * sign * (-1 if odd else 1)
    return pl.DataFrame(dict(zip(COLUMNS, values.T, strict=True)))


@pytest.fixture(scope="module")
def reference() -> Reference:
    sample = pl.concat(
        [day(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(24)]
    )
    return Reference(PLAN, {}, sample=sample)


@pytest.fixture(scope="module")
def domain(reference: Reference) -> DomainSpread:
    found = measure_domain(reference, COLUMNS, 0)
    assert found is not None
    return found


def test_what_only_three_columns_show_together_is_found(domain, reference) -> None:
    """Every pair is independent before and after, and the classifier tells at once."""
    odd = day(100, odd=True)
    pairs = measure_joint(reference, COLUMNS, np.random.default_rng(0))
    [finding] = judge_domain(domain, odd, 0.001)

    assert judge_joint(pairs, odd, 0.001) == []
    assert finding.statistic == "classifier"
    assert set(finding.evidence["partners"]) <= set(COLUMNS)
    assert "tells the rows from the reference's in" in finding.message


def test_a_column_that_is_hardly_ever_there_is_no_error(reference) -> None:
    """It says nothing, and the other columns are judged."""
    assert reference.sample is not None
    first = pl.int_range(pl.len()) == 0
    rare = pl.when(first).then(COLUMNS[0]).alias(COLUMNS[0])
    sparse = replace(reference, sample=reference.sample.with_columns(rare))
    domain = measure_domain(sparse, COLUMNS, 0)

    assert domain is not None
    assert judge_domain(domain, day(7).with_columns(rare), 0.001) == []


def test_quiet_days_are_not_told(domain) -> None:
    """Of twenty more days, at most one."""
    assert sum(bool(judge_domain(domain, day(200 + i), 0.001)) for i in range(20)) <= 1


def test_the_area_is_scikit_learns() -> None:
    """Ties count half."""
    rng = np.random.default_rng(1)
    scores, truth = rng.integers(0, 9, 300).astype(float), rng.integers(0, 2, 300)

    assert _area(scores, truth) == pytest.approx(roc_auc_score(truth, scores))
