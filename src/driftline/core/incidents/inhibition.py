"""Trouble that another trouble explains: a broken slice moves columns and metrics too.

Whoever mends the slice sees what is left of them; telling of each would bury the cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.incident import CAUSES, Cause, Incident

EXPLAINS_FOR = timedelta(days=3)
"""For so long a failed validation explains a fall of performance: not for weeks."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The findings that incidents are judged by, and what was kept out of them.

    Where a cause is in `by`, the words say what explains it, and nothing is known of
    it: it neither opens nor grows nor calms.
    """

    findings: tuple[Finding, ...]
    by: dict[Cause, str] = field(default_factory=dict)


def inhibit(findings: Sequence[Finding], data: Incident | None, window: str) -> Heard:
    """Drift and performance without what a broken slice, or failed checks, explain.

    `data` is the monitor's data incident before this window, whose start (ISO) is
    `window`.
    """
    broken = [f for f in findings if _critical(f) and f.topic is Topic.SLICE]
    failed = [f for f in findings if _critical(f) and f.topic is Topic.VALIDATION]
    kept = tuple(f for f in findings if not _explained(f, broken, failed))
    reason = broken or (failed if _is_young(data, window) else [])
    harm = any(_critical(f) and f.topic is Topic.PERFORMANCE for f in findings)
    if not reason or not harm:
        return Heard(kept)
    by = {Cause.PERFORMANCE: f"{reason[0].topic} of {reason[0].subject}"}
    return Heard(tuple(_unjudged(f) for f in kept), by)


def _explained(
    finding: Finding, broken: Sequence[Finding], failed: Sequence[Finding]
) -> bool:
    """Whether a drift is one that the slice's state, or the column's checks, explain."""
    if finding.topic is not Topic.DRIFT or not _critical(finding):
        return False
    return bool(broken) or any(f.subject == finding.subject for f in failed)


def _unjudged(finding: Finding) -> Finding:
    if CAUSES[finding.topic] is not Cause.PERFORMANCE:
        return finding
    return replace(finding, outcome=Outcome.UNKNOWN)


def _critical(finding: Finding) -> bool:
    return finding.matters and finding.severity is Severity.CRITICAL


def _is_young(data: Incident | None, window: str) -> bool:
    """Whether the data's trouble begins now, or began a few days ago."""
    if data is None or not data.is_open:
        return True
    age = datetime.fromisoformat(window) - datetime.fromisoformat(data.opened)
    return age <= EXPLAINS_FOR
