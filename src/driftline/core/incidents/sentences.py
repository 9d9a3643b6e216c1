"""Findings in the words of a message: which are shown, and what they mean."""

from collections.abc import Sequence

from driftline.core.finding import (
    ESTIMATED,
    JUDGED_BY,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.incidents.incident import CAUSES, Cause
from driftline.core.incidents.standing import some
from driftline.core.measure import limits, measure, measured, reached
from driftline.core.verdict import Verdict, weight
from driftline.core.wording import number

FACTS = 3
"""How many findings a message shows below its summary; the report has them all."""


def meaning(
    critical: Sequence[Finding], findings: Sequence[Finding], model: str
) -> str:
    """What the weightiest trouble does to the model, and the harm that is known."""
    ranked = sorted(critical, key=weight, reverse=True)
    told = next((f for f in ranked if f.evidence.get("matters")), None)
    harm = consequence(findings, model)
    if told is None:
        return harm
    said = str(told.evidence["matters"]).rstrip(".")
    if "contribution" in told.evidence:
        return f"{said}. {harm}"
    return f"{harm.rstrip('.')}; {said}."  # what is known is only since when


def consequence(findings: Sequence[Finding], model: str) -> str:
    """What is known of the harm to the model's predictions, in a sentence."""
    about = [f for f in findings if f.topic is Topic.PERFORMANCE and not f.segment]
    worst = sorted((f for f in about if f.matters), key=weight, reverse=True)
    if worst and worst[0].severity is not Severity.INFO:
        return f"{model} predicts worse than it should: {_beside_usual(worst[0])}"
    decides = {f.subject for f in about if f.statistic == "cusum"}
    known = sorted(
        (f for f in about if f.value is not None and f.outcome is Outcome.OK),
        key=lambda f: (f.statistic != "value", f.subject not in decides),
    )
    for finding in known:
        if finding.statistic != ESTIMATED:
            return f"No harm seen to {model} so far: {reading(finding)}."
    if known:
        return f"Harm to {model} is only estimated so far: {known[0].message}"
    if about:
        return f"Harm to {model} cannot be seen yet: {about[0].message}"
    return f"No labels tell of {model}'s performance, so harm would not be seen."


def fact(finding: Finding) -> tuple[str, str]:
    """What the finding is about, and its sentence.

    >>> from driftline.core.finding import Bounds, Outcome, Severity
    >>> loud = Finding(Topic.DRIFT, "delay", "psi", Outcome.BREACHED, Severity.CRITICAL,
    ...                "delay has moved up", 0.613, Bounds(upper=0.2), "origin=JFK")
    >>> fact(loud)
    ('delay [origin=JFK]', 'delay has moved up')
    """
    return about(finding), finding.message


def reading(finding: Finding) -> str:
    """The number that was measured, with its bounds.

    >>> from driftline.core.finding import Bounds, Outcome, Severity
    >>> fine = Finding(Topic.PERFORMANCE, "mae", "value", Outcome.OK, Severity.INFO, "",
    ...                3.174, Bounds(upper=3.776))
    >>> reading(fine)
    'mae is 3.174, allowed at most 3.776'
    """
    what = "" if finding.statistic == "value" else f" ({measure(finding)})"
    value = reached(finding).replace("≥", "at least")
    return f"{about(finding)}{what} is {value}{_allowed(finding)}"


def _beside_usual(finding: Finding) -> str:
    """Today's value of a metric and its usual one, where both are known."""
    today = finding.evidence.get("measured", {}).get("value")
    usual = finding.evidence.get("centre")
    if today is None or usual is None:
        return finding.message
    return f"{finding.subject} is {number(today)}, usually {number(usual)}"


def about(finding: Finding) -> str:
    """The subject and its segment."""
    subject, segment = parts(finding)
    return f"{subject} [{segment}]" if segment else subject


def parts(finding: Finding) -> tuple[str, str]:
    """The subject and its segment; a segment of the subject itself stands for both.

    >>> from driftline.core.finding import Outcome, Severity
    >>> def group(subject, segment):
    ...     return Finding(Topic.PERFORMANCE, subject, "contrast", Outcome.BREACHED,
    ...                    Severity.WARNING, "", segment=segment)
    >>> parts(group("hour", "hour 6 to 12")), parts(group("auc", "hour 6 to 12"))
    (('hour 6 to 12', ''), ('auc', 'hour 6 to 12'))
    """
    subject, segment = finding.subject, finding.segment
    if segment.startswith((f"{subject}=", f"{subject} ")):
        return segment, ""
    return subject, segment


def _allowed(finding: Finding) -> str:
    bounds = finding.bounds
    low, high = measured(finding, bounds.lower), measured(finding, bounds.upper)
    if bounds.lower is not None and bounds.upper is not None:
        return f", allowed {low} to {high}"
    least, most = limits(finding)
    if bounds.upper is not None:
        return f", allowed {'at most' if most == '≤' else 'less than'} {high}"
    if bounds.lower is not None:
        return f", allowed {'at least' if least == '≥' else 'more than'} {low}"
    return ""


def reasons_shown(
    cause: Cause, critical: Sequence[Finding], verdict: Verdict
) -> list[Finding]:
    """The findings worth showing: one per subject of this cause, then of the others.

    By what the window is judged while the registry is away is said with what is done.
    """
    ranked = sorted(critical, key=weight, reverse=True)
    others = sorted(
        (f for f in verdict.reasons if JUDGED_BY not in f.evidence),
        key=lambda f: CAUSES[f.topic] is not cause,
    )  # a stable sort: their weight orders them within each half
    first: dict[tuple[str, str], Finding] = {}
    for finding in (*ranked, *others):
        first.setdefault((finding.subject, finding.segment), finding)
    return list(first.values())


def subjects_listed(findings: Sequence[Finding]) -> str:
    """The subjects, the weightiest first, at most three by name."""
    ranked = sorted(findings, key=weight, reverse=True)
    return some(tuple(dict.fromkeys(f.subject for f in ranked)))
