"""What has been said often enough: drift that everybody knows is shown and does not count."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from driftline.core.finding import Finding, Severity

RECENT, OFTEN = 10, 7
"""Of so many windows before, in how many a thing was watched that is no news any more."""


def watched_names(findings: Iterable[Finding]) -> list[str]:
    """The soft findings of a window that are out of bounds, counted or not, by name."""
    return sorted({_name(f) for f in findings if f.matters and _is_soft(f)})


def demote_known(
    findings: Sequence[Finding], past: Sequence[Collection[str]]
) -> list[Finding]:
    """The findings, of which soft ones that most recent windows had too are remarks now.

    `past` has what each window before was watched for, oldest first. A world that has
    changed is news for a week; what stays outside after that is in the report, and the
    verdict is about what is new. Hard signals and harm count for as long as they last.
    """
    recent = past[-RECENT:]
    return [_demoted(finding, recent) for finding in findings]


def _demoted(finding: Finding, recent: Sequence[Collection[str]]) -> Finding:
    if not _is_soft(finding) or finding.severity is not Severity.WARNING:
        return finding
    known = sum(_name(finding) in names for names in recent)
    if known < OFTEN:
        return finding
    evidence = {**finding.evidence, "known_windows": known}
    return replace(finding, severity=Severity.INFO, evidence=evidence)


def _is_soft(finding: Finding) -> bool:
    return bool(finding.evidence.get("soft"))


def _name(finding: Finding) -> str:
    return f"{finding.subject}/{finding.statistic}"
