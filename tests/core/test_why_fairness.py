"""Gaps between groups: fairlearn's numbers, honest intervals, and no verdict on few rows."""

import numpy as np
import polars as pl
import pytest

from driftline.core.finding import Outcome
from driftline.core.reference import WINDOW
from driftline.core.roles import Roles, Task
from driftline.core.why.fairness import Gap, Group, gaps
from driftline.core.why.gaps import judge_gaps, usual_gaps

# An extra that CI installs: its figures are what ours are held against.
fairlearn = pytest.importorskip("fairlearn.metrics", reason="no fairlearn here")

ROLES = Roles(Task.BINARY, "at", "called", label="late", sensitive=("sex",))


def rows_of(rows: int, seed: int, gap: float = 0.0, share: float = 0.5) -> pl.DataFrame:
    """Three in ten are called; of group F so many more."""
    rng = np.random.default_rng(seed)
    female = rng.random(rows) < share
    called = rng.random(rows) < 0.3 + gap * female
    return pl.DataFrame(
        {
            WINDOW: [f"d{n * 30 // rows:02}" for n in range(rows)],
            "sex": np.where(female, "F", "M"),
            "called": called.astype(int),
            "late": (rng.random(rows) < np.where(called, 0.7, 0.2)).astype(int),
        }
    )


def test_gaps_are_fairlearns_differences():
    """Selection and equalised-odds gaps are what fairlearn's own functions give."""
    rows = rows_of(2000, 0, gap=0.1)
    truth, said, sex = (rows[name].to_numpy() for name in ("late", "called", "sex"))

    found = {gap.metric: gap.value for gap in gaps(rows, ROLES, "sex")[0]}

    given = {"y_true": truth, "y_pred": said, "sensitive_features": sex}
    assert found["selection rate"] == pytest.approx(
        fairlearn.demographic_parity_difference(**given)
    )
    odds = max(found["true positive rate"], found["false positive rate"])
    assert odds == pytest.approx(fairlearn.equalized_odds_difference(**given))


def test_a_new_gap_is_a_breach_and_an_old_one_is_not():
    """What the reference always had is usual; ten points more are told, with both groups."""
    usual = usual_gaps(rows_of(20_000, 0, gap=0.1), ROLES, 1000)

    same = judge_gaps(rows_of(1000, 1, gap=0.1), ROLES, usual)
    wider = judge_gaps(rows_of(1000, 2, gap=0.35), ROLES, usual)

    assert {f.outcome for f in same} == {Outcome.OK}
    selection = next(f for f in wider if f.subject == "selection rate by sex")
    assert selection.outcome is Outcome.BREACHED
    assert selection.evidence["lower"] < 0.35 < selection.evidence["upper"]
    assert "sex = F" in selection.message


def test_a_small_group_cannot_be_told():
    """With 12 rows in the second group the finding is unknown and says that 18 are missing."""
    rows = rows_of(400, 0).with_columns(
        sex=pl.when(pl.int_range(400) < 12).then(pl.lit("X")).otherwise(pl.lit("M"))
    )
    usual = usual_gaps(rows_of(20_000, 0), ROLES, 400)

    found = judge_gaps(rows, ROLES, usual)

    selection = next(f for f in found if f.subject.startswith("selection"))
    assert selection.outcome is Outcome.UNKNOWN
    assert selection.evidence["needed"] == 18
    assert "needs 18 more rows" in selection.message


def test_a_small_reference_cannot_tell_either():
    """Where the reference's parts have no gap there is no bound, and that is said."""
    found = judge_gaps(rows_of(1000, 1), ROLES, {})

    assert {f.outcome for f in found} == {Outcome.UNKNOWN}
    assert all("reference" in f.message for f in found)


def test_newcombes_interval_is_the_published_one():
    """56 of 70 against 48 of 80: 0.0524 to 0.3339, the paper's example (a)."""
    low, high = Group("a", 48 / 80, 80, 0), Group("b", 56 / 70, 70, 0)

    found = Gap("accuracy", (high, low)).interval

    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_an_error_in_the_labels_unit_has_a_gap_too():
    """A regression's gap is the difference of mean absolute errors."""
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], 4000)
    truth = rng.normal(size=4000)
    said = truth + rng.normal(size=4000) * np.where(group == "a", 1.0, 2.0)
    rows = pl.DataFrame({"g": group, "y": truth, "p": said})

    [gap] = gaps(rows, Roles(Task.REGRESSION, "t", "p", label="y"), "g")[0]

    assert gap.metric == "mae"
    assert gap.value == pytest.approx(np.sqrt(2 / np.pi), abs=0.06)
    low, high = gap.interval
    assert low < np.sqrt(2 / np.pi) < high


def test_small_slices_raise_no_false_alarm():
    """Bounds are of as many rows as the slice has: 40 quiet slices give one at most."""
    reference = rows_of(12_000, 0)
    usual = usual_gaps(reference, ROLES, 150)

    days = [judge_gaps(rows_of(150, seed), ROLES, usual) for seed in range(1, 41)]

    assert len(usual["selection rate by sex"]) == 20
    assert sum(any(f.matters for f in day) for day in days) <= 1
