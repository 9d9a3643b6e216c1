"""What is news of drift: a story is told once, and again when it is another.

It is news when it begins, when it turns to the other side, when it turns out to last, and
when it is clearly farther out than was told. What is no news is shown, and does not count
against the verdict. Hard signals, diagnoses, harm and pages count as long as they last.
"""

from collections.abc import Sequence
from dataclasses import replace

from driftline.core.bounds.stories import (
    APART,
    Stories,
    Told,
    ending,
    lasts,
    side_of,
    stories_of,
)
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.why.ranking import surprise

CLEARLY = 2.0
"""So many times as far out as was told is a step.

Distances are in reaches of the bound, so that the least that is told is 1, and twice as
far is one reach more at least: a day like the one that was told goes there as seldom as a
usual day leaves its bounds, and costs the alarm budget no more.
"""

OVER = "drift_over"
"""The statistic of a finding that says that drift has ended: good news, and no breach."""


def mark_news(findings: Sequence[Finding], told: Stories) -> list[Finding]:
    """The findings, of which soft ones that are no news are remarks now.

    `told` has the stories that people know. Of several findings that make a story news
    the one farthest out counts, and says what is new.
    """
    marked = {}
    for story, mine in stories_of(findings).items():
        known = told.get(story)
        news = {f.identity: said for f in mine if (said := _news(f, known)) is not None}
        best = max((f for f in mine if f.identity in news), key=surprise, default=None)
        for finding in mine:
            marked[finding.identity] = _as_remark(finding, known)
        if best is not None:
            marked[best.identity] = _as_news(best, news[best.identity], known)
    return [marked.get(finding.identity, finding) for finding in findings]


def ended(findings: Sequence[Finding], told: Stories, memory: float) -> list[Finding]:
    """One finding for each story that was told to last and is over with this window.

    It has been inside for `memory` windows; `findings` are all of this one.
    """
    gone = ending(findings, told, memory)
    return [
        _ended(story, known)
        for story, known in told.items()
        if known.lasting and story in gone
    ]


def _news(finding: Finding, known: Told | None) -> str | None:
    """What is new about it, in words; empty where all of it is, None where nothing is."""
    if known is None:
        return ""
    side, sided = side_of(finding), set(known.sides) - {APART}
    if sided and side not in {*sided, APART}:
        return f"it is {side} now"
    if lasts(finding):
        return None if known.lasting else "it lasts"
    before = known.far.get(finding.statistic, max(known.far.values(), default=1.0))
    if surprise(finding) < CLEARLY * before:
        return None
    return f"it is {surprise(finding) / before:.1f} times as far as was told"


def _as_remark(finding: Finding, known: Told | None) -> Finding:
    if finding.severity is not Severity.WARNING:
        return finding
    since = {} if known is None else {"told_since": known.since}
    return replace(
        finding, severity=Severity.INFO, evidence={**finding.evidence, **since}
    )


def _as_news(finding: Finding, said: str, known: Told | None) -> Finding:
    if known is None:
        return finding
    return replace(
        finding,
        message=f"{finding.message}; outside on and off since {known.since}, and {said}",
        evidence={**finding.evidence, "told_since": known.since},
    )


def _ended(story: str, known: Told) -> Finding:
    return Finding(
        Topic.DRIFT,
        known.column,
        OVER,
        Outcome.OK,
        Severity.INFO,
        f"{story} is as on usual days again: it drifted from {known.since} on, and has "
        f"been inside for {known.clear + 1} windows",
        evidence={"told_since": known.since},
    )
