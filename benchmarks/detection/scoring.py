"""What a report says, held against what is true."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from benchmarks.detection import inject
from benchmarks.detection.planted import Drawn, Where
from benchmarks.detection.watch import Morning
from benchmarks.detection.worlds import World
from driftline.app.monitor_day import DayReport
from driftline.core.finding import Finding, Severity, Topic
from driftline.core.verdict import Word

DIAGNOSIS = "diagnosis"
ESTIMATED = "estimated"

SYNONYMS = {
    "nulls": ("null", "missing"),
    "unit": ("unit", "scale", "factor", "mile", "kilomet", "fahrenheit", "celsius"),
    "power of ten": ("power", "ten", "10", "scale"),
    "sign": ("sign", "negat"),
    "sentinel": ("sentinel", "placeholder"),
    "null fill": ("fill", "sentinel"),
    "offset": ("offset", "constant"),
    "time zone": ("zone", "hour"),
    "rename": ("renam", "spell", "relabel", "recoded"),
    "column swap": ("swap", "exchang"),
    "stuck": ("stuck", "constant", "frozen"),
    "duplicated load": ("duplic", "twice", "repeat"),
    "partial day": ("partial", "incomplete", "part of"),
}
"""Parts of words by which a stated cause is taken for the planted one."""


def reasons(report: DayReport) -> list[Finding]:
    """The breached findings that count, in the order in which a person reads them.

    With them what makes the slice one that cannot be judged: that is told too. What is
    only shown (an explanation, drift that is known by now) is no alarm and finds nothing.
    """
    return [f for f in report.verdict.reasons if _counts(f) or f.topic is Topic.SLICE]


def _counts(finding: Finding) -> bool:
    return finding.matters and finding.severity is not Severity.INFO


def about(finding: Finding, world: World, drawn: Drawn) -> bool:
    """Whether the finding points to what was changed."""
    planted = drawn.planted
    if planted.where is Where.ROWS:
        text = f"{finding.subject} {finding.statistic}".lower()
        return finding.topic is Topic.SLICE or "duplic" in text or "rows" in text
    if planted.where is Where.GROUP:
        return finding.topic is Topic.PERFORMANCE
    if planted.family == "joint" and is_joint(finding):
        return True
    wanted = {drawn.column}
    if planted.bug == "column swap":
        wanted.add(inject.partner(world, drawn.column))
    return bool(wanted & columns_of(finding))


def columns_of(finding: Finding) -> set[str]:
    """Every column that a finding names as its subject or as one of a pair."""
    named = set(re.split(r"[^A-Za-z0-9_]+", finding.subject)) | {finding.subject}
    for key in ("column", "columns", "pair"):
        value = finding.evidence.get(key, ())
        named |= {value} if isinstance(value, str) else set(value)
    return named


def is_joint(finding: Finding) -> bool:
    """Whether it is about how columns go together."""
    marks = (
        "pair",
        "joint",
        "associat",
        "correlat",
        "classifier",
        "combination",
    )
    text = f"{finding.statistic} {finding.subject}".lower()
    return any(mark in text for mark in marks)


def fresh(report: DayReport, twins: Sequence[DayReport]) -> list[Finding]:
    """The reasons that the same day without the change does not have, or less severe.

    `twins` are all judgements of that day: labels restate it.
    """
    known = {(f.identity, f.severity) for twin in twins for f in reasons(twin)}
    calm = {identity for identity, severity in known if severity is Severity.CRITICAL}
    return [
        f
        for f in reasons(report)
        if f.identity not in calm and (f.identity, f.severity) not in known
    ]


def rank_of(found: Sequence[Finding], wanted: Collection[Finding]) -> int | None:
    """The place of the first wanted subject among the subjects as read, from 1."""
    subjects = list(dict.fromkeys(f.subject for f in found))
    places = [subjects.index(f.subject) + 1 for f in wanted]
    return min(places, default=None)


def is_page(report: DayReport) -> bool:
    """Somebody is called."""
    return report.verdict.word is Word.ACT


def critical(findings: Sequence[Finding]) -> bool:
    """Whether one of them calls somebody."""
    return any(f.severity is Severity.CRITICAL for f in findings)


def causes(report: DayReport) -> list[str]:
    """The bugs that the report names."""
    named = (f.evidence.get("cause") for f in report.findings if _is_diagnosis(f))
    return [str(cause) for cause in named if cause]


def _is_diagnosis(finding: Finding) -> bool:
    kind = (finding.topic.value, finding.statistic)
    return finding.matters and DIAGNOSIS in kind


def names_bug(stated: Sequence[str], bug: str) -> bool:
    """Whether one of the stated causes is the planted one, in whatever words.

    >>> names_bug(["multiplied by 1.609 (miles to kilometres)"], "unit")
    True
    """
    parts = SYNONYMS.get(bug, ())
    return any(part in cause.lower() for cause in stated for part in parts)


def estimates(report: DayReport) -> dict[str, tuple[float, ...]]:
    """Every metric estimated without labels: its value and the ends of its band."""
    return {
        finding.subject: tuple(
            float(finding.evidence[key]) for key in ("estimated", "lower", "upper")
        )
        for finding in report.findings
        if finding.statistic == ESTIMATED and "estimated" in finding.evidence
    }


def shortly(findings: Sequence[Finding], most: int = 4) -> list[str]:
    """The first findings as `subject/statistic`, critical ones with a mark."""
    return [
        f"{f.subject}/{f.statistic}{'!' if f.severity is Severity.CRITICAL else ''}"
        for f in findings[:most]
    ]


def windows(mornings: Sequence[Morning]) -> dict[Any, list[DayReport]]:
    """Every judgement of every window, oldest first."""
    found: dict[Any, list[DayReport]] = {}
    for morning in mornings:
        for report in (morning.report, *morning.restated):
            found.setdefault(report.window.day, []).append(report)
    return found
