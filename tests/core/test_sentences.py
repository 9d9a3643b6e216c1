"""Harm, and how far a number is from its bounds, in sentences."""

from dataclasses import replace

import pytest

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.incidents.sentences import consequence, meaning, reading


def auc(outcome: Outcome, value: float | None = 0.7, segment: str = "") -> Finding:
    sentence = "ROC AUC fell to 0.7"
    severity = Severity.CRITICAL
    bounds = Bounds(lower=0.65)
    subject = "roc_auc"
    return Finding(
        Topic.PERFORMANCE,
        subject,
        "value",
        outcome,
        severity,
        sentence,
        value,
        bounds,
        segment,
    )


def test_harm_is_said_by_the_metric_that_decides():
    """Not by whichever was measured first, and by its value, not by what adds up."""
    summed = replace(auc(Outcome.OK, 0.2), statistic="cusum")
    other = replace(auc(Outcome.OK), subject="brier")
    said = consequence([other, summed, auc(Outcome.OK)], "late v1")
    assert said.startswith("No harm seen to late v1 so far: roc_auc is 0.7")


def test_worse_is_said_beside_the_usual_value():
    """The reader sees how much worse, and since when where that is known."""
    evidence = {"measured": {"value": 0.6}, "centre": 0.7, "matters": "since 1 March"}
    worse = replace(auc(Outcome.BREACHED), evidence=evidence)
    said = meaning([worse], [worse], "late v1")
    expected = "roc_auc is 0.6, usually 0.7; since 1 March."
    assert said == f"late v1 predicts worse than it should: {expected}"


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        (
            [auc(Outcome.BREACHED)],
            "late v1 predicts worse than it should: ROC AUC fell",
        ),
        (
            [auc(Outcome.OK)],
            "No harm seen to late v1 so far: roc_auc is 0.7, allowed at least 0.65",
        ),
        ([auc(Outcome.UNKNOWN, None)], "Harm to late v1 cannot be seen yet"),
        ([auc(Outcome.BREACHED, segment="origin=JFK")], "No labels tell of late v1"),
        (
            [replace(auc(Outcome.BREACHED), topic=Topic.DRIFT)],
            "No labels tell of late v1",
        ),
    ],
)
def test_why_it_matters_is_the_harm_that_is_known(findings: list[Finding], words: str):
    """Measured, measured and fine, not measurable yet, or never."""
    assert consequence(findings, "late v1").startswith(words)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(), "a (stability index) is 0.6"),
        (Bounds(upper=0.5), "a (stability index) is 0.6, allowed at most 0.5"),
        (Bounds(lower=0.7), "a (stability index) is 0.6, allowed at least 0.7"),
        (Bounds(0.1, 0.5), "a (stability index) is 0.6, allowed 0.1 to 0.5"),
    ],
)
def test_bounds_are_in_words(bounds: Bounds, words: str):
    """Both ends, one, or none."""
    outcome, severity = Outcome.BREACHED, Severity.WARNING
    seen = Finding(Topic.DRIFT, "a", "psi", outcome, severity, "", 0.6, bounds)
    assert reading(seen) == words
