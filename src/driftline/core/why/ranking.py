"""Which columns changed most, among those that are out of bounds."""

from collections.abc import Sequence

from driftline.core.finding import DIAGNOSIS, Finding, Topic

ABOUT_COLUMNS = (Topic.DRIFT, Topic.SLICE)

OUTPUTS = ("prediction", "label")
"""Roles that only show what the features did; a column of one is never a cause."""


def changed_columns(findings: Sequence[Finding]) -> list[str]:
    """Columns out of bounds, the likeliest cause first.

    By surprise and not by what they do to the score, so that a broken column is not lost
    because the model hardly listens to it. A column counts by its loudest finding.
    """
    loudest: dict[str, float] = {}
    for finding in findings:
        if finding.matters and is_cause(finding):
            before = loudest.get(finding.subject, 0.0)
            loudest[finding.subject] = max(before, surprise(finding))
    return sorted(loudest, key=lambda name: (-loudest[name], name))


def is_cause(finding: Finding) -> bool:
    """Whether the finding is about a column that a model may be fed."""
    if finding.statistic == DIAGNOSIS:
        return finding.topic is Topic.DRIFT
    known = finding.topic in ABOUT_COLUMNS and "role" in finding.evidence
    return known and finding.evidence["role"] not in (*OUTPUTS, "slice")


def surprise(finding: Finding) -> float:
    """How far from its usual value, in units of how far its bound is: above 1 outside.

    Every check's bound is left as rarely as the others', so that this compares a null
    rate with a distance. What has no bounds and is breached all the same, such as a
    missing column or a diagnosis, is infinitely surprising.

    >>> from driftline.core.finding import Bounds, Outcome, Severity
    >>> surprise(Finding(Topic.DRIFT, "a", "psi", Outcome.BREACHED, Severity.WARNING, "",
    ...                  0.5, Bounds(upper=0.2), evidence={"usual": 0.1}))
    4.0
    """
    lower, upper = finding.bounds.lower, finding.bounds.upper
    if finding.value is None or (lower is None and upper is None):
        return float("inf")
    usual = float(finding.evidence.get("usual", 0.0))
    edge = upper if lower is None or (upper and finding.value > usual) else lower
    assert edge is not None
    reach = max(abs(edge - usual), 1e-12)
    return round(abs(finding.value - usual) / reach, 9)
