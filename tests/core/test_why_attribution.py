"""The order of importances is compared as ranked lists are, against the reference's own."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from driftline.core.finding import Outcome
from driftline.core.roles import Roles, Task
from driftline.core.why.attribution import judge_attribution, ndcg, rank_reference

ROLES = Roles(Task.REGRESSION, "at", "said")
COLUMNS = ["a", "b", "c", "d"]


def rows_of(seed: int, rows: int, weights: tuple[float, ...]) -> pl.DataFrame:
    """A prediction that is a weighted sum of four columns."""
    columns = np.random.default_rng(seed).normal(size=(4, rows))
    said = np.asarray(weights) @ columns
    return pl.DataFrame(dict(zip(COLUMNS, columns, strict=True)) | {"said": said})


def test_ndcg_is_the_formula():
    """Three columns in another order, worked out by hand."""
    reference = {"a": 3.0, "b": 2.0, "c": 1.0}
    now = {"a": 0.1, "b": 0.2, "c": 0.3}  # the order c, b, a

    gain = 1 / math.log2(2) + 2 / math.log2(3) + 3 / math.log2(4)
    best = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(reference, now) == pytest.approx(gain / best)


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=20),
    st.randoms(use_true_random=False),
)
def test_ndcg_is_scikit_learns(importances, shuffle):
    """For distinct importances of today it is the number that scikit-learn gives."""
    today = list(np.linspace(0, 1, len(importances)))
    shuffle.shuffle(today)
    names = [f"column {n}" for n in range(len(importances))]

    ours = ndcg(
        dict(zip(names, importances, strict=True)), dict(zip(names, today, strict=True))
    )

    if sum(importances) > 1e-6:
        assert ours == pytest.approx(ndcg_score([importances], [today]), abs=1e-6)
    assert ours <= 1 + 1e-9


def test_another_order_is_a_finding_and_the_same_order_is_none():
    """A model that listens to another column first is told from one that does not."""
    reference = rows_of(0, 8000, (4, 2, 1, 0.5))
    ranking = rank_reference(reference, COLUMNS, ROLES, 2000)

    same = judge_attribution(ranking, rows_of(1, 2000, (4, 2, 1, 0.5)), ROLES)
    other = judge_attribution(ranking, rows_of(2, 2000, (0.5, 1, 2, 4)), ROLES)

    assert same.outcome is Outcome.OK
    assert other.outcome is Outcome.BREACHED
    assert "d from place 4 to 1, a from 1 to 4" in other.message


def test_too_few_rows_cannot_tell():
    """Neither a small slice nor a small reference gives a verdict; both say what is needed."""
    large = rank_reference(rows_of(0, 8000, (4, 2, 1, 0.5)), COLUMNS, ROLES, 2000)
    small = rank_reference(rows_of(0, 600, (4, 2, 1, 0.5)), COLUMNS, ROLES, 2000)

    for ranking, rows in ((large, 100), (small, 2000)):
        found = judge_attribution(ranking, rows_of(1, rows, (4, 2, 1, 0.5)), ROLES)
        assert found.outcome is Outcome.UNKNOWN
        assert found.evidence["needed"] >= 500
