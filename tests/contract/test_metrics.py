"""What must hold of every metric file, whoever adds one."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sklearn

from driftline.core.labels.realised import METRICS
from driftline.core.performance._metric import (
    Best,
    Labelled,
    Needs,
    Unmeasured,
    load_metric,
)
from driftline.core.reference import Measured
from driftline.core.registry import names
from driftline.core.roles import Task

NAMES = names("driftline.core.performance")
PAIRS = [
    (name, task) for name in NAMES for task in sorted(load_metric(name).facts.tasks)
]


def rows_for(
    task: Task, rows: int = 400, quality: float = 1.0, seed: int = 0
) -> Labelled:
    """Rows of a model that is right more often the higher the quality."""
    rng = np.random.default_rng(seed)
    if task is Task.REGRESSION:
        truth = rng.normal(50, 10, rows)
        return Labelled(truth, truth + rng.normal(0.5, 1, rows) * 8 / (0.2 + quality))
    if task is Task.MULTICLASS:
        truth = rng.choice(4, rows, p=(0.5, 0.3, 0.15, 0.05))
        wrong = rng.random(rows) > 0.4 + quality / 3
        return Labelled(truth, np.where(wrong, rng.choice(4, rows), truth))
    truth = (rng.random(rows) < 0.3).astype(int)
    logit = rng.normal(0, 1, rows) + quality * (2 * truth - 1) * 1.2
    score = 1 / (1 + np.exp(-logit))
    return Labelled(truth, (score > 0.5).astype(int), score)


def perfect(task: Task) -> Labelled:
    """Rows of a model that is always right, and sure of it."""
    rows = rows_for(task)
    score = rows.truth.astype(float) if task is Task.BINARY else None
    return Labelled(rows.truth, rows.truth, score)


SKLEARN: dict[str, Callable[[Labelled], Any]] = {
    "roc_auc": lambda r: sklearn.roc_auc_score(r.truth, r.score),
    "average_precision": lambda r: sklearn.average_precision_score(r.truth, r.score),
    "log_loss": lambda r: sklearn.log_loss(r.truth, r.score),
    "brier": lambda r: sklearn.brier_score_loss(r.truth, r.score),
    "accuracy": lambda r: sklearn.accuracy_score(r.truth, r.predicted),
    "precision": lambda r: sklearn.precision_score(r.truth, r.predicted),
    "recall": lambda r: sklearn.recall_score(r.truth, r.predicted),
    "f1": lambda r: sklearn.f1_score(r.truth, r.predicted),
    "macro_f1": lambda r: sklearn.f1_score(r.truth, r.predicted, average="macro"),
    "weighted_f1": lambda r: sklearn.f1_score(r.truth, r.predicted, average="weighted"),
    "macro_precision": lambda r: sklearn.precision_score(
        r.truth, r.predicted, average="macro", zero_division=0
    ),
    "macro_recall": lambda r: sklearn.recall_score(
        r.truth, r.predicted, average="macro", zero_division=0
    ),
    "mae": lambda r: sklearn.mean_absolute_error(r.truth, r.predicted),
    "rmse": lambda r: sklearn.root_mean_squared_error(r.truth, r.predicted),
    "mape": lambda r: sklearn.mean_absolute_percentage_error(r.truth, r.predicted),
    "r2": lambda r: sklearn.r2_score(r.truth, r.predicted),
    "bias": lambda r: np.mean(r.predicted - r.truth),
}


@pytest.mark.parametrize(
    ("name", "task"), [pair for pair in PAIRS if pair[0] in SKLEARN]
)
def test_equals_scikit_learn(name: str, task: Task) -> None:
    """Where scikit-learn has the metric, the value is the same."""
    for seed in range(3):
        rows = rows_for(task, seed=seed, quality=0.5)
        found = load_metric(name)(rows)
        assert isinstance(found, Measured)
        assert found.value == pytest.approx(float(SKLEARN[name](rows)), abs=1e-9)


def test_equals_scikit_learn_where_scores_tie() -> None:
    """Rounded scores tie between classes; each tie counts one half, as there."""
    rows = rows_for(Task.BINARY)
    assert rows.score is not None
    tied = Labelled(rows.truth, rows.predicted, rows.score.round(1))
    for name in ("roc_auc", "average_precision"):
        found = load_metric(name)(tied)
        assert isinstance(found, Measured)
        assert found.value == pytest.approx(float(SKLEARN[name](tied)), abs=1e-9)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_interval_is_finite_ordered_and_in_range(name: str, task: Task) -> None:
    """The interval surrounds the value and stays inside the declared range."""
    facts = load_metric(name).facts
    for rows in (rows_for(task), rows_for(task, 5), rows_for(task, quality=-0.1)):
        found = load_metric(name)(rows)
        if isinstance(found, Unmeasured):
            continue
        assert facts.lower <= found.lower <= found.value <= found.upper <= facts.upper
        assert math.isfinite(found.lower + found.upper)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_interval_holds_the_truth_as_often_as_stated(name: str, task: Task) -> None:
    """Of 200 samples about 95 % of the intervals hold the value of a vast sample."""
    calculation = load_metric(name)
    truth = calculation(rows_for(task, 200_000, seed=99))
    assert isinstance(truth, Measured)
    hits = 0
    for seed in range(200):
        found = calculation(rows_for(task, 600, seed=1000 + seed))
        assert isinstance(found, Measured)
        hits += found.lower <= truth.value <= found.upper
    assert hits >= 178


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_interval_narrows_with_rows(name: str, task: Task) -> None:
    """Sixteen times the rows give about a quarter of the width."""
    widths = []
    for count in (500, 8000):
        found = load_metric(name)(rows_for(task, count))
        assert isinstance(found, Measured)
        widths.append(found.upper - found.lower)
    assert 0.1 * widths[0] < widths[1] < 0.4 * widths[0]


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_a_better_model_has_a_better_number(name: str, task: Task) -> None:
    """The declared direction is the true one, and a perfect model is at its best."""
    calculation = load_metric(name)
    values = []
    for rows in (rows_for(task, quality=0), rows_for(task), perfect(task)):
        found = calculation(rows)
        assert isinstance(found, Measured)
        values.append(found.value)
    assert calculation.facts.gain(values[0], values[1]) > 0
    assert calculation.facts.gain(values[1], values[2]) > 0


@pytest.mark.parametrize(("name", "task"), PAIRS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_rows_never_raise(name: str, task: Task, count: int) -> None:
    """With hardly a row there is a finite number or a reason."""
    found = load_metric(name)(rows_for(task).take(np.arange(count)))
    if isinstance(found, Unmeasured):
        assert found.reason
    else:
        assert count > 0
        assert math.isfinite(found.value)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_one_class_or_one_value_never_raises(name: str, task: Task) -> None:
    """Labels that are all alike give a finite number or a reason."""
    rows = rows_for(task)
    for alike in (0, 1):
        truth = np.full_like(rows.truth, alike)
        for predicted in (rows.predicted, truth, np.zeros_like(rows.predicted)):
            found = load_metric(name)(Labelled(truth, predicted, rows.score))
            assert isinstance(found, Unmeasured) or math.isfinite(found.value)


@pytest.mark.parametrize(
    "name", [name for name, task in PAIRS if task is Task.REGRESSION]
)
def test_values_too_large_to_square_never_raise(name: str) -> None:
    """Numbers near the end of a double's range give a finite number or a reason."""
    truth = np.array([1e300, -1e300, 1e-300, 5.0])
    found = load_metric(name)(Labelled(truth, -truth))
    assert isinstance(found, Unmeasured) or math.isfinite(found.upper - found.lower)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_declares_what_it_needs(name: str, task: Task) -> None:
    """A metric of scores gives a reason for a model without them; others need none."""
    facts, rows = load_metric(name).facts, rows_for(task)
    found = load_metric(name)(Labelled(rows.truth, rows.predicted))
    assert isinstance(found, Unmeasured) == (
        facts.needs in (Needs.SCORES, Needs.PROBABILITIES)
    )
    if facts.needs is Needs.PROBABILITIES:
        logits = Labelled(rows.truth, rows.predicted, rows.truth * 7.0)
        refused = load_metric(name)(logits)
        assert isinstance(refused, Unmeasured)
        assert "[0, 1]" in refused.reason


@pytest.mark.parametrize("name", NAMES)
def test_has_a_docstring_with_an_example(name: str) -> None:
    """Every metric shows its number on a few rows."""
    assert ">>>" in (load_metric(name).__doc__ or "")


def test_every_default_metric_fits_its_task() -> None:
    """The defaults of a task are metrics of that task."""
    for task, wanted in METRICS.items():
        assert all(task in load_metric(name).facts.tasks for name in wanted)


def test_zero_is_best_only_for_signed_metrics() -> None:
    """A metric that cannot be negative is not best at zero from both sides."""
    for name in NAMES:
        facts = load_metric(name).facts
        assert facts.best is not Best.ZERO or facts.lower < 0
