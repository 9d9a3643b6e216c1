"""What a day's report says, before anything has given it a form."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from driftline.core.finding import Bounds, Finding, Outcome, Topic
from driftline.core.verdict import weight
from driftline.core.window import Window

MOST_COLUMNS = 12
"""Drifting columns that are drawn; the others are listed."""


@dataclass(frozen=True, slots=True)
class Point:
    """One window's value of a metric with its interval."""

    label: str
    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over time, and the band it had on the reference's days."""

    metric: str
    points: tuple[Point, ...]
    band: Bounds
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A window in the strip of past verdicts."""

    label: str
    verdict: str
    headline: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything on the page, weightiest first within each part.

    `appeared` and `recovered` are what changed since the window before: findings that
    are out of bounds now and were not, and the other way round.
    """

    monitor: str
    window: Window
    verdict: str
    headline: str
    model: str
    rows: int
    labelled: int
    revision: int
    recorded_at: datetime
    findings: tuple[Finding, ...]
    reasons: tuple[Finding, ...] = ()
    appeared: tuple[Finding, ...] = ()
    recovered: tuple[Finding, ...] = ()
    series: tuple[Series, ...] = ()
    strip: tuple[Judged, ...] = ()
    retraining: str = ""
    links: dict[str, str] = field(default_factory=dict)

    def about(self, topic: Topic) -> tuple[Finding, ...]:
        """The findings of one topic, those that count first."""
        chosen = [finding for finding in self.findings if finding.topic is topic]
        return tuple(sorted(chosen, key=_order, reverse=True))

    @property
    def drifting(self) -> tuple[Finding, ...]:
        """One finding per column that can be drawn: out of bounds first, then nearest."""
        best: dict[str, Finding] = {}
        for finding in sorted(self.about(Topic.DRIFT), key=_closeness, reverse=True):
            if "histogram" in finding.evidence:
                best.setdefault(finding.subject, finding)
        return tuple(best.values())[:MOST_COLUMNS]


def changes(
    today: Sequence[Finding], yesterday: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What is out of bounds now and was not, and what is back inside.

    A finding that could not be measured on either day has neither come nor gone.
    """
    then = {finding.identity: finding for finding in yesterday}
    now = {finding.identity: finding for finding in today}
    appeared = [
        finding
        for finding in today
        if finding.matters and not _mattered(then.get(finding.identity))
    ]
    recovered = [
        now[finding.identity]
        for finding in yesterday
        if finding.matters
        and finding.identity in now
        and now[finding.identity].outcome is Outcome.OK
    ]
    return _ranked(appeared), _ranked(recovered)


def _mattered(finding: Finding | None) -> bool:
    return finding is not None and finding.matters


def _ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=weight, reverse=True))


def _order(finding: Finding) -> tuple[bool, tuple[int, int, float]]:
    return (finding.matters, weight(finding))


def _closeness(finding: Finding) -> tuple[bool, float]:
    """How near to its bound a statistic is, beyond it counting most."""
    upper = finding.bounds.upper
    if finding.value is None or not upper:
        return (finding.matters, 0.0)
    return (finding.matters, finding.value / upper)
