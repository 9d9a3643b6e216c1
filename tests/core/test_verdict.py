"""How findings become one word."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import (
    DIAGNOSIS,
    JUDGED_BY,
    REST_DAY,
    Bounds,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.verdict import Verdict, Word, reduce, unseen_harm


def finding(
    topic: Topic = Topic.DRIFT,
    outcome: Outcome = Outcome.BREACHED,
    severity: Severity = Severity.CRITICAL,
    value: float | None = None,
    subject: str = "delay",
) -> Finding:
    bounds = Bounds(upper=1.0)
    message = f"{subject} is {outcome}"
    return Finding(topic, subject, "psi", outcome, severity, message, value, bounds)


FINE = finding(outcome=Outcome.OK)
BLIND = finding(Topic.SLICE, Outcome.UNKNOWN, Severity.INFO, subject="slice")
AWAY = finding(Topic.REGISTRY, Outcome.UNKNOWN, subject="reference")

findings = st.lists(
    st.builds(
        finding,
        st.sampled_from(Topic),
        st.sampled_from(Outcome),
        st.sampled_from(Severity),
        st.none() | st.floats(0, 9),
    )
)


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        ([FINE], Word.HEALTHY),
        ([FINE, finding(severity=Severity.INFO)], Word.HEALTHY),
        ([FINE, finding(severity=Severity.WARNING)], Word.WATCH),
        ([FINE, finding()], Word.ACT),
        ([FINE, finding(outcome=Outcome.ERRORED)], Word.ACT),
        ([FINE, finding(outcome=Outcome.UNKNOWN)], Word.HEALTHY),
        ([BLIND], Word.CANNOT_TELL),
        ([BLIND, FINE], Word.CANNOT_TELL),
        ([AWAY, FINE], Word.CANNOT_TELL),
        ([BLIND, finding(severity=Severity.WARNING)], Word.CANNOT_TELL),
        ([BLIND, finding(Topic.COST)], Word.ACT),
        ([finding(outcome=Outcome.UNKNOWN)], Word.CANNOT_TELL),
        ([], Word.CANNOT_TELL),
    ],
)
def test_the_word(seen: list[Finding], word: Word):
    """Harm that is seen outweighs what is not; not knowing is never healthy."""
    assert reduce(seen).word is word


def test_reasons_come_by_severity_then_harm_then_excess():
    """Whatever the order in which they were found."""
    ranked = [
        finding(Topic.PERFORMANCE, value=1.1, subject="a"),
        finding(Topic.DRIFT, value=9.0, subject="b"),
        finding(Topic.DRIFT, value=2.0, subject="c"),
        finding(Topic.PERFORMANCE, severity=Severity.WARNING, subject="d"),
    ]
    for order in permutations(ranked):
        assert reduce([*order, FINE]).reasons == tuple(ranked)


def test_not_knowing_has_its_reasons():
    """What could not be measured is named, and the slice comes first of all."""
    unknown = finding(outcome=Outcome.UNKNOWN)
    assert reduce([unknown]).reasons == (unknown,)
    assert reduce([unknown, BLIND, FINE]).reasons == (BLIND,)


def test_the_headline_is_true():
    """It gives the first reason, counts the others, and calls nothing measured so."""
    assert reduce([]).headline == "cannot-tell: nothing was measured"
    assert reduce([FINE]).headline == "healthy: nothing is outside its bounds"
    idle = Finding(
        Topic.SLICE, "rows", REST_DAY, Outcome.OK, Severity.INFO, "no rows, as always"
    )
    assert reduce([idle]).headline == "healthy: no rows, as always"
    dear = reduce([idle, finding(Topic.COST, severity=Severity.WARNING)])
    assert dear.headline == "watch: delay is breached"
    two = Verdict(Word.ACT, (finding(subject="a"), finding(subject="b")))
    assert two.headline == "act: a is breached (and 1 more)"


def test_a_healthy_headline_names_drift_that_people_know():
    """Three columns of it by name: nothing is new, and not everything is inside."""
    known = [
        replace(
            finding(severity=Severity.INFO, subject=name),
            evidence={"told_since": "2026-03-01"},
        )
        for name in "abcd"
    ]
    seen = [FINE, *known, finding(severity=Severity.INFO, subject="e")]
    said = "healthy: nothing new; outside as told before: a, b, c and 1 more"
    assert reduce(seen).headline == said
    assert reduce(seen).reasons == ()


@pytest.mark.parametrize(
    ("word", "code"),
    [(Word.HEALTHY, 0), (Word.WATCH, 0), (Word.ACT, 1), (Word.CANNOT_TELL, 2)],
)
def test_exit_codes(word: Word, code: int):
    """Schedulers and scripts rely on these numbers."""
    assert word.exit_code == code


AWAY = Finding(
    Topic.REGISTRY,
    "reference",
    "registry_unavailable",
    Outcome.UNKNOWN,
    Severity.CRITICAL,
    "judged by late v3 as of 2 days ago: MLflow does not answer",
    evidence={JUDGED_BY: "late v3 as of 2 days ago"},
)


@pytest.mark.parametrize(
    ("severity", "headline"),
    [
        (None, f"cannot-tell: nothing is outside its bounds, {AWAY.message}"),
        (Severity.INFO, f"cannot-tell: nothing is outside its bounds, {AWAY.message}"),
        (Severity.WARNING, f"cannot-tell: {AWAY.message} (and 1 more)"),
        (Severity.CRITICAL, "act: delay moved, judged by late v3 as of 2 days ago"),
    ],
)
def test_what_may_be_out_of_service_raises_alarms_and_gives_no_all_clear(
    severity: Severity | None, headline: str
):
    """It says in any case what judged, as of when, and is among the reasons."""
    outcome = Outcome.BREACHED if severity else Outcome.OK
    kind = severity or Severity.CRITICAL
    seen = Finding(Topic.DRIFT, "delay", "psi", outcome, kind, "delay moved", 0.3)
    verdict = reduce([AWAY, seen])
    assert verdict.headline == headline
    assert verdict.judged_by == "late v3 as of 2 days ago"
    assert AWAY in verdict.reasons


@given(findings)
def test_healthy_means_measured_and_inside(seen: list[Finding]):
    """No finding that matters at warning or above is ever called healthy."""
    verdict = reduce(seen)
    if verdict.word is Word.HEALTHY:
        assert any(f.outcome in (Outcome.OK, Outcome.BREACHED) for f in seen)
        assert not any(f.matters and f.severity is not Severity.INFO for f in seen)
        assert verdict.reasons == ()


@given(findings)
def test_a_critical_breach_is_never_hidden(seen: list[Finding]):
    """Whatever else was found or not found, it makes the verdict act and leads it."""
    critical = [f for f in seen if f.matters and f.severity is Severity.CRITICAL]
    verdict = reduce(seen)
    assert (verdict.word is Word.ACT) == bool(critical)
    if critical:
        assert verdict.reasons[0].severity is Severity.CRITICAL


@given(findings)
def test_every_word_but_healthy_has_a_reason(seen: list[Finding]):
    """A person is always told why, unless nothing at all was found out."""
    verdict = reduce(seen)
    assert (
        verdict.reasons
        or verdict.word is Word.HEALTHY
        or not seen
        or all(f.outcome is not Outcome.UNKNOWN and not f.matters for f in seen)
    )


def test_what_the_model_was_fed_stands_before_what_it_said():
    """Of two warnings of drift the feature is named first, however far the score moved."""

    def drift(subject: str, role: str, value: float) -> Finding:
        evidence = {"role": role, "usual": 0.1}
        return Finding(
            Topic.DRIFT,
            subject,
            "psi",
            Outcome.BREACHED,
            Severity.WARNING,
            f"{subject} moved",
            value,
            Bounds(upper=0.2),
            evidence=evidence,
        )

    verdict = reduce([drift("score", "prediction", 0.9), drift("hour", "feature", 0.3)])

    assert [f.subject for f in verdict.reasons] == ["hour", "score"]


def test_a_cause_stands_before_its_symptoms():
    """And of two causes the one of more rows, where they are as severe."""
    small, large = (
        replace(finding(subject=name), statistic=DIAGNOSIS, evidence={"share": share})
        for name, share in (("a", 0.1), ("b", 0.4))
    )
    harm = finding(Topic.PERFORMANCE, value=9.0)

    assert reduce([harm, small, large]).reasons == (large, small, harm)


def test_of_two_drifts_the_less_usual_one_comes_first():
    """By how far its days let it go, where they are known, and not by its bound."""
    loose = replace(finding(value=5.0), evidence={"usual": 0.0})
    tight = replace(finding(value=3.0), evidence={"usual": 0.9})

    assert reduce([loose, tight]).reasons == (tight, loose)


WAITS = replace(
    finding(Topic.PERFORMANCE, Outcome.UNKNOWN, value=0.2), statistic="coverage"
)
"""The labels of a window are not in yet."""


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (WAITS, "delay is unknown"),
        (replace(WAITS, outcome=Outcome.OK), ""),
        (replace(WAITS, value=None), ""),
        (replace(WAITS, statistic="f1"), ""),
        (replace(WAITS, topic=Topic.COST), ""),
    ],
)
def test_a_healthy_window_says_which_labels_it_waits_for(seen: Finding, said: str):
    """Where some are to come, and say nothing yet."""
    assert unseen_harm([FINE, seen]) == said
