"""A day without its labels: estimated, told when they are due, restated when they come."""

from dataclasses import replace

import polars as pl
import pytest

from driftline.app.estimate import weighed
from driftline.app.observe import observe
from driftline.app.refresh import refresh
from driftline.core.estimation.estimate import Estimate
from driftline.core.estimation.judging import judge_estimate
from driftline.core.finding import ESTIMATED, Outcome, Severity, Topic
from driftline.core.verdict import Word
from driftline.ports import call
from tests.app.test_late import arrive
from tests.app.world import MONITOR, World, days_of, rows_of, window


@pytest.fixture
def world() -> World:
    """Thirty days whose labels are in a table of their own, which has none yet."""
    made = World(days_of(range(30)), late_labels=True)
    made.labels.rows = made.labels.rows.clear()
    return made


def estimates(report):
    return {f.subject: f for f in report.findings if f.statistic == ESTIMATED}


def waiting(report):
    return next(f for f in report.findings if f.statistic == "coverage")


def entry(world, number):
    return world.ledger.latest(MONITOR, window(number))


def test_a_day_without_labels_is_estimated(world):
    """Every metric has its band, and most days turn out to be inside."""
    inside = []
    for number in range(10):
        found = estimates(world.judge(number))
        assert {"accuracy", "roc_auc", "log_loss", "brier", "f1"} <= set(found)
        assert "is estimated at" in found["accuracy"].message
        truth = (rows_of(number)["called"] == rows_of(number)["late"]).mean()
        evidence = found["accuracy"].evidence
        inside.append(evidence["lower"] < truth < evidence["upper"])
    assert sum(inside) >= 7


def test_a_restated_day_keeps_its_first_estimate(world):
    """What was said before the labels came stays beside what they say."""
    said = estimates(world.judge(0))["accuracy"].value
    arrive(world, 0)
    [report] = refresh(world.job, window(0))
    assert estimates(report) == {}
    assert entry(world, 0).metrics["estimated/accuracy"] == said
    assert entry(world, 0).record["raw"]["accuracy"] > 0


def test_labels_that_are_in_leave_nothing_to_estimate(world):
    """Nothing is fitted where the labels are there at once."""
    arrive(world, 0)
    assert estimates(world.judge(0)) == {}
    assert not any(key[0] == "estimator" for key in world.job.kept)


def test_some_labels_leave_the_deciding_metric_in_question(world):
    """Enough labels to judge, others to come: two estimates, and neither is a warning."""
    arrive(world, 0, share=0.6)
    found = estimates(world.judge(0))
    assert set(found) == {"roc_auc", "accuracy"}
    assert {f.severity for f in found.values()} == {Severity.INFO}


def test_estimates_follow_the_labels_of_a_changed_world(world):
    """Features look as before; labels three days late say that the model fails."""
    for number in range(25):
        report = world.judge(number)
        if number >= 3:
            arrive(world, number - 3, changed=True)
            refresh(world.job, window(number))
    found = estimates(report)["accuracy"]
    assert found.value < 0.65 < found.evidence["reference_value"]
    assert found.evidence["labels_late_days"] == 4
    assert "corrected by labels 4 windows old" in found.evidence["method"]


def test_an_estimate_calms_no_incident(world):
    """Harm was measured; a good estimate on the next days resolves nothing."""
    for number in range(6):
        arrive(world, number, changed=True)
        world.judge(number)
    assert entry(world, 5).verdict == Word.ACT
    for number in range(6, 10):
        world.judge(number)
    [incident] = [i for i in world.ledger.incidents() if i.cause == "performance"]
    assert incident.is_open


def test_a_day_says_when_its_labels_are_due(world):
    """The lag is learned from how the shares of earlier days grew."""
    assert "expected" not in waiting(world.judge(0)).message
    for number in range(1, 12):
        report = world.judge(number)
        if number >= 2:
            arrive(world, number - 2, share=0.9)
            refresh(world.job, window(number))
    assert ", 90% expected by 16 Mar" in waiting(report).message
    assert waiting(report).evidence["expected"] == pytest.approx(0.9)


def test_labels_that_never_come_make_no_page_of_an_estimate(world):
    """The rows look as before: thirty days on, nothing is asked for."""
    words = {world.judge(number).verdict.word for number in range(20)}
    assert Word.ACT not in words
    assert world.dispatcher.asked == []


def test_rows_that_the_model_is_unsure_of_are_warned_of(world):
    """Nothing but borderline rows: worse than any usual day, by their scores alone."""
    near = pl.concat(
        rows_of(1000 + n).filter(pl.col("distance").is_between(900, 1100))
        for n in range(10)
    )
    stamps = rows_of(3, rows=near.height)["at"]
    world.deliver(3, near.with_columns(at=stamps).drop("late"))
    report = world.judge(3)
    found = estimates(report)
    assert found["roc_auc"].outcome is Outcome.BREACHED
    assert found["roc_auc"].severity is Severity.WARNING
    assert found["accuracy"].outcome is Outcome.BREACHED
    assert report.verdict.word is not Word.ACT


@pytest.mark.parametrize(
    ("metric", "lag", "surely", "severity"),
    [
        ("roc_auc", 15.0, (0.3, 0.6), Severity.CRITICAL),
        ("roc_auc", 14.0, (0.3, 0.6), Severity.WARNING),
        ("roc_auc", 15.0, (0.3, 0.9), Severity.WARNING),
        ("accuracy", 15.0, (0.3, 0.6), Severity.WARNING),
    ],
)
def test_sure_harm_is_acted_on_only_where_labels_come_too_late(
    world, metric, lag, surely, severity
):
    """The deciding metric, labels older than a fortnight, and the wide band outside."""
    seen = observe(world.job, window(0), call)
    found = Estimate(0.5, 0.4, 0.55, surely, 0.5, lag, 0.0, 0.8)
    policy = world.job.harm
    judged = judge_estimate(metric, found, seen.reference, 300, policy)
    assert weighed(world.job, seen, judged, found).severity is severity


def test_estimates_can_be_switched_off(world):
    """The day waits for its labels, as it did."""
    world.job = replace(world.job, estimate=False)
    report = world.judge(0)
    assert {f.statistic for f in report.findings if f.topic is Topic.PERFORMANCE} == {
        "coverage"
    }
    assert entry(world, 0).record["raw"] == {}
