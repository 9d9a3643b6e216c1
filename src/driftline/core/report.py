"""What a day's report says, before anything has given it a form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from driftline.core.finding import JUDGED_BY, Bounds, Finding, Outcome, Topic
from driftline.core.incidents.briefing import Occasion
from driftline.core.incidents.incident import Incident
from driftline.core.incidents.sentences import meaning
from driftline.core.retraining.request import Standing
from driftline.core.verdict import Word, weight
from driftline.core.why.events import Event
from driftline.core.why.explanation import leading
from driftline.core.window import Window, local_day

MOST_COLUMNS = 12
"""Columns that are drawn; the others are listed."""

MOST_HARM = 2
"""Findings on performance that are dated beside the columns."""


@dataclass(frozen=True, slots=True)
class Point:
    """One window's value of a metric with its interval, and the band it was held to."""

    window: Window
    value: float
    lower: float
    upper: float
    band: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over time. `centre` is its usual value on the reference's days.

    `estimates` has what was said of windows before their labels came.
    """

    metric: str
    points: tuple[Point, ...]
    centre: float | None = None
    decides: bool = False
    estimates: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A window in the strip of past verdicts; without a verdict it was never judged."""

    window: Window
    verdict: str = ""
    headline: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything on the page, weightiest first within each part.

    `appeared` and `recovered` are what changed since the window before, None where that
    window tells nothing to compare with. `strip` has every window from the first that
    is shown to this one, and is the axis of every `series`, and of the `gaps` between groups.
    `incidents` are sentences; `standing` is how a retraining stood that was asked for,
    `last_run` is what the last retraining came to, and
    `last_drill` what the last drill proved, by now.
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
    appeared: tuple[Finding, ...] | None = None
    recovered: tuple[Finding, ...] | None = None
    series: tuple[Series, ...] = ()
    gaps: tuple[Series, ...] = ()
    strip: tuple[Judged, ...] = ()
    incidents: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    retraining: str = ""
    standing: Standing = Standing.NONE
    last_run: str = ""
    last_drill: str = ""
    links: dict[str, str] = field(default_factory=dict)

    @property
    def judged_by(self) -> str:
        """What judged provisionally, and as of when it is known; else empty."""
        known = (finding.evidence.get(JUDGED_BY, "") for finding in self.findings)
        return str(next(filter(None, known), ""))

    @property
    def advice(self) -> str:
        """What to do about the weightiest reason; empty on a healthy day."""
        if not self.reasons:
            return ""
        here = Occasion(self.monitor, self.window, retraining=self.standing)
        return here.advice_on(self.reasons[0])

    @property
    def meaning(self) -> str:
        """Why the reasons matter: what they do to the model, and the harm that is known."""
        if not self.reasons or self.verdict == Word.CANNOT_TELL:
            return ""
        return meaning(self.reasons, self.findings, self.model)

    def about(self, *topics: Topic) -> tuple[Finding, ...]:
        """The findings of these topics, those that count first."""
        chosen = [finding for finding in self.findings if finding.topic in topics]
        return tuple(sorted(chosen, key=_order, reverse=True))

    @property
    def explained(self) -> tuple[Finding, ...]:
        """Changed columns that say why they matter, the likeliest cause first; then harm."""
        told = {f.identity: f for f in self.findings if f.evidence.get("matters")}
        causes = [f for f in leading(self.findings).values() if f.identity in told]
        harm = [f for f in self.about(Topic.PERFORMANCE) if f.identity in told]
        return (*causes, *harm[:MOST_HARM])

    @property
    def drifting(self) -> tuple[Finding, ...]:
        """One finding per column that can be drawn: out of bounds first, then nearest.

        A column whose distribution stayed inside is drawn all the same when something
        else about it, such as missing values, is out of bounds.
        """
        drift = self.about(Topic.DRIFT)
        out = {f.subject for f in drift if f.matters}
        best: dict[str, Finding] = {}
        for finding in sorted(drift, key=_closeness, reverse=True):
            if "histogram" in finding.evidence:
                best.setdefault(finding.subject, finding)
        ranked = sorted(best.values(), key=lambda f: f.subject not in out)
        return tuple(ranked[:MOST_COLUMNS])


def changes(
    today: Sequence[Finding], yesterday: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """What is out of bounds now and was not, or counts more; and what is back inside.

    Some findings exist only while something is wrong, such as that of a missing column:
    they are taken as inside where their topic was measured and nothing else is wrong
    with their subject. What was unknown on either day has neither come nor gone. Those
    back inside are today's findings, or yesterday's where there is none today.
    """
    now, then = _by_identity(today), _by_identity(yesterday)
    appeared = [
        finding
        for finding in today
        if finding.matters
        and (_was_inside(finding, then, yesterday) or _is_graver(finding, then))
    ]
    recovered = [
        now.get(finding.identity, finding)
        for finding in yesterday
        if finding.matters and _was_inside(finding, now, today)
    ]
    return _ranked(appeared), _ranked(recovered)


def incident_said(incident: Incident, step: str, window: Window) -> str:
    """What a window did to an incident, as a sentence.

    >>> from datetime import date
    >>> from driftline.core.incidents.incident import Cause
    >>> from driftline.core.window import day_window
    >>> day = day_window(date(2013, 3, 28), "America/New_York")
    >>> began = Incident("k", "flights", Cause.DATA, "2013-03-26T04:00:00+00:00", "")
    >>> incident_said(began, "repeat", day)
    'Data incident open since 2013-03-26'
    """
    since = local_day(datetime.fromisoformat(incident.opened), window.zone)
    words = {
        "open": "opened",
        "update": f"open since {since}, and worse",
        "calm": f"open since {since}, quiet now",
        "resolve": f"resolved; it began on {since}",
    }
    return f"{incident.cause.capitalize()} incident {words.get(step, f'open since {since}')}"


_ByIdentity = Mapping[tuple[str, str, str, str], Finding]


def _by_identity(findings: Iterable[Finding]) -> _ByIdentity:
    return {finding.identity: finding for finding in findings}


def _was_inside(
    finding: Finding,
    known: _ByIdentity,
    others: Sequence[Finding],
) -> bool:
    """Whether a finding that matters on one day was measured and fine on the other."""
    twin = known.get(finding.identity)
    if twin is not None:
        return twin.outcome is Outcome.OK
    measured = any(
        f.topic is finding.topic and f.outcome is not Outcome.UNKNOWN for f in others
    )
    about = (finding.subject, finding.segment)
    return measured and not any(
        (f.subject, f.segment) == about and f.matters for f in others
    )


def _is_graver(finding: Finding, known: _ByIdentity) -> bool:
    """Whether it was outside as well, and counted less."""
    twin = known.get(finding.identity)
    if twin is None or not twin.matters:
        return False
    return finding.severity.rank > twin.severity.rank


def _ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=weight, reverse=True))


def _order(finding: Finding) -> tuple[bool, bool, tuple[int, int, float]]:
    ailing = finding.outcome is not Outcome.OK
    return (finding.matters, ailing, weight(finding))


def _closeness(finding: Finding) -> tuple[bool, float]:
    """How near to its bound a statistic is, beyond it counting most."""
    upper = finding.bounds.upper
    if finding.value is None or not upper:
        return (finding.matters, 0.0)
    return (finding.matters, finding.value / upper)
