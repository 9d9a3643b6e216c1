"""Whether people are told of what a window did to an incident, with a named reason.

Pure, as in Alertmanager: the same incident, silences, hours and moment give the same
answer, and the reason is kept with the window whichever way it goes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from driftline.core.finding import Finding
from driftline.core.incidents.incident import (
    Cause,
    Incident,
    Progress,
    Step,
    Told,
    subjects_of,
)
from driftline.core.incidents.quiet_hours import QuietHours
from driftline.core.incidents.silence import Silence, silencer

FACTOR = 2.0
"""So many times as far outside its bounds is worse; so much nearer is better."""


class Reason(StrEnum):
    """Why people are told, or are not."""

    FIRST = "first notification"
    GROUPED = "grouped into"
    NEW = "something new"
    WORSE = "worse"
    BETTER = "better"
    RESOLVED = "all resolved"
    REPEAT = "repeat interval elapsed"
    UNANSWERED = "not acknowledged"
    ANSWERED = "the owner's answer"
    RETRAINING = "news of a retraining"
    QUIET_HOURS = "quiet hours until"
    PENDING = "its verdict is not due until"
    SILENCED = "silenced until"
    INHIBITED = "inhibited by"
    ACKNOWLEDGED = "acknowledged by"
    UNTOLD = "over before anyone was told"
    COLLECTED = "in the summary of the days judged late"
    SHARED = "heard from"
    NOTHING_NEW = "nothing new"


URGENT = {Reason.FIRST, Reason.GROUPED, Reason.NEW, Reason.WORSE}
"""What may page at night; everything else waits for the morning."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A decision to tell people, or not to.

    `news` is what a message says happened; it differs from `reason` where quiet hours
    let the message wait until `not_before`. `detail` completes the reason's words.
    """

    send: bool
    reason: Reason
    detail: str = ""
    news: Reason = Reason.NOTHING_NEW
    not_before: datetime | None = None

    @property
    def said(self) -> str:
        """The decision in words.

        >>> Notice(False, Reason.SILENCED, "2026-03-08 by ann: known").said
        'not told: silenced until 2026-03-08 by ann: known'
        """
        told = "told" if self.send else "not told"
        return f"{told}: {self.reason} {self.detail}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """Plain values for the record of the window."""
        return {"send": self.send, "reason": self.reason.value, "said": self.said}


@dataclass(frozen=True, slots=True)
class Manners:
    """How the owner wants to be told.

    Incidents of several monitors that begin within `group_within` may share a thread.
    An incident that nobody acknowledges goes to others after `escalate_after`.
    """

    repeat_after: timedelta = timedelta(days=7)
    group_within: timedelta = timedelta(days=1)
    quiet_hours: QuietHours | None = None
    escalate_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a decision takes besides the incident.

    `window` is the judged window's start (ISO, UTC). `acknowledged` maps an incident's
    key to whoever took it on. While days are `collecting`, later ones follow at once,
    and people hear of all in one summary.
    """

    now: datetime
    window: str
    manners: Manners = Manners()
    silences: tuple[Silence, ...] = ()
    acknowledged: Mapping[str, str] | None = None
    collecting: bool = False


def decide_notice(progress: Progress, around: Surroundings) -> Notice:
    """Whether people are told of a window's effect on an incident, and why."""
    return waiting(_decide(progress, around), around)


def waiting(notice: Notice, around: Surroundings) -> Notice:
    """The notice, held back to the end of the owner's quiet hours where they apply."""
    hours = around.manners.quiet_hours
    until = hours.until(around.now) if hours and notice.send else None
    if hours is None or until is None:
        return notice
    if notice.news in URGENT and not hours.critical_waits:
        return notice
    detail = f"{until.isoformat(sep=' ', timespec='minutes')}: {notice.news}"
    return replace(notice, reason=Reason.QUIET_HOURS, detail=detail, not_before=until)


def pending(notice: Notice, due: datetime | None, around: Surroundings) -> Notice:
    """The notice, held back until the verdict is due, and to the end of quiet hours then.

    Rows that come by then are no news that they had been missing.
    """
    if due is None or due <= around.now:
        return waiting(notice, around)
    detail = f"{due.isoformat(sep=' ', timespec='minutes')}: {notice.news}"
    held = replace(notice, reason=Reason.PENDING, detail=detail, not_before=due)
    return waiting(held, replace(around, now=due))


def inhibited(by: str) -> Notice:
    """Nobody is told of a cause that another trouble explains."""
    return Notice(False, Reason.INHIBITED, by)


def heard(
    incident: Incident,
    notice: Notice,
    critical: Sequence[Finding],
    now: datetime,
    places: Sequence[str],
) -> Incident:
    """The incident as people know it once the notice is carried out."""
    if not notice.send:
        return incident
    before = incident.told or Told("")
    if notice.news is Reason.RESOLVED:
        told = replace(before, at=now.isoformat(), subjects=(), degree=0.0, worst=0.0)
        return replace(incident, told=told)
    degree = degree_of(critical)
    told = Told(
        at=now.isoformat(),
        subjects=tuple(sorted({*before.subjects, *subjects_of(critical)})),
        degree=degree,
        worst=max(degree, before.worst),
        places=tuple(sorted({*before.places, *places})),
    )
    return replace(incident, told=told)


def unsilenced(critical: Sequence[Finding], around: Surroundings) -> list[Finding]:
    """The findings whose subject nobody has silenced."""
    return [
        finding
        for finding in critical
        if silencer(subjects_of([finding]), around.silences, around.now) is None
    ]


def degree_of(critical: Sequence[Finding]) -> float:
    """How far outside its bounds the worst of them is, in units of the bound."""
    return max((finding.excess for finding in critical), default=0.0)


def _decide(progress: Progress, around: Surroundings) -> Notice:
    incident = progress.incident
    if around.window < incident.last_window:
        return Notice(False, Reason.NOTHING_NEW)
    if progress.step is Step.RESOLVE:
        return _ended(incident)
    if not progress.critical:
        return Notice(False, Reason.NOTHING_NEW)
    if around.collecting:
        return Notice(False, Reason.COLLECTED)
    audible = unsilenced(progress.critical, around)
    if not audible:
        subjects = subjects_of(progress.critical)
        silence = silencer(subjects, around.silences, around.now)
        return Notice(False, Reason.SILENCED, silence.said if silence else "")
    return _news(incident, audible, around)


def _ended(incident: Incident) -> Notice:
    """A silence does not keep the end of something back that people heard the start of."""
    if incident.told is None or not incident.told.subjects:
        return Notice(False, Reason.UNTOLD)
    return _told(Reason.RESOLVED)


def _news(
    incident: Incident, critical: Sequence[Finding], around: Surroundings
) -> Notice:
    told = incident.told
    if told is None:
        if incident.in_thread != incident.key:
            return _told(Reason.GROUPED, incident.in_thread)
        return _told(Reason.FIRST)
    fresh = sorted({*subjects_of(critical)} - {*told.subjects})
    if fresh:
        return _told(Reason.NEW, ", ".join(fresh[:3]))
    degree = degree_of(critical)
    if told.worst and degree >= FACTOR * told.worst:
        return _told(Reason.WORSE, _times(degree, told.worst))
    if degree <= told.degree / FACTOR and told.degree:
        return _told(Reason.BETTER, _times(degree, told.degree))
    return _again(incident, told, around)


def _again(incident: Incident, told: Told, around: Surroundings) -> Notice:
    """A reminder, unless somebody has taken the incident on."""
    by = (around.acknowledged or {}).get(incident.key)
    if by:
        return Notice(False, Reason.ACKNOWLEDGED, by)
    if around.now - datetime.fromisoformat(told.at) >= around.manners.repeat_after:
        return _told(Reason.REPEAT)
    return Notice(False, Reason.NOTHING_NEW)


def _told(reason: Reason, detail: str = "") -> Notice:
    return Notice(True, reason, detail, reason)


def _times(now: float, before: float) -> str:
    return f"({now:.2g} bounds beyond, {before:.2g} before)"


def notes_by_cause(by: Mapping[Cause, str], monitor: str) -> dict[str, dict[str, Any]]:
    """The record of causes that another trouble explains, by monitor and cause."""
    return {f"{monitor}/{cause}": inhibited(why).to_json() for cause, why in by.items()}
