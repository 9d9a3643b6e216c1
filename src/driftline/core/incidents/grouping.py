"""One fault upstream that several monitors feel is one thread, and is told as one."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from driftline.core.incidents.incident import (
    Cause,
    Incident,
    Progress,
    Told,
    subjects_of,
)
from driftline.core.incidents.notice import (
    FACTOR,
    Reason,
    Surroundings,
    degree_of,
    unsilenced,
)

UPSTREAM = {Cause.DATA, Cause.OUTAGE, Cause.LATE}
"""Causes that may lie where several monitors come from."""

SHARED = 0.5
"""The share of the smaller incident's subjects that both must have in common."""


def thread_for(
    incident: Incident, others: Iterable[Incident], within: timedelta
) -> str:
    """The thread of the oldest related incident, or the incident's own."""
    kin = [other for other in others if related(incident, other, within)]
    oldest = min(kin, key=lambda other: (other.opened, other.key), default=incident)
    return oldest.in_thread


def related(incident: Incident, other: Incident, within: timedelta) -> bool:
    """Whether two incidents look like one fault of the data, or are one outage.

    Both are open and began at most `within` apart. An outage is of the same place or
    source. A fault of the data concerns the same source, or has at least half of the
    shorter list of subjects in common. Windows judged late have an end at once: they
    are told where another monitor's summary began a thread.
    """
    is_late = incident.cause is Cause.LATE and other.in_thread == other.key
    if other.monitor == incident.monitor or not (other.is_open or is_late):
        return False
    if other.cause is not incident.cause or incident.cause not in UPSTREAM:
        return False
    began = [datetime.fromisoformat(i.opened) for i in (incident, other)]
    if abs(began[0] - began[1]) > within:
        return False
    if is_late or _same_source(incident, other):
        return True
    return incident.cause is Cause.DATA and _alike(incident, other)


def _same_source(incident: Incident, other: Incident) -> bool:
    return bool(incident.source) and incident.source == other.source


def _alike(incident: Incident, other: Incident) -> bool:
    mine, theirs = set(incident.subjects), set(other.subjects)
    fewest = min(len(mine), len(theirs))
    return fewest > 0 and len(mine & theirs) >= SHARED * fewest


def is_repeated(
    progress: Progress,
    news: Reason,
    kin: Sequence[Told],
    place: str,
    around: Surroundings,
) -> bool:
    """Whether a place without threads would hear twice of one fault; no reminder is meant.

    `kin` is what people know of the open incidents of other monitors in the thread. Such
    a place hears of the fault from one of them, of what nobody there has heard yet, and
    of the end of what it heard begin.
    """
    if news is Reason.FIRST:
        return False
    if news is Reason.RESOLVED:
        return not _began(progress.incident, place)
    told = [each for each in kin if place in each.places]
    if news in (Reason.NEW, Reason.WORSE):
        return _is_known(progress, told, around)
    return bool(told)


def is_reminded(kin: Iterable[Told], place: str, around: Surroundings) -> bool:
    """Whether people at a place heard of one of these within the interval of reminders."""
    moments = (datetime.fromisoformat(t.at) for t in kin if place in t.places)
    return any(around.now - at < around.manners.repeat_after for at in moments)


def _began(incident: Incident, place: str) -> bool:
    """Whether people at the place heard of this monitor; of old ones no place is kept."""
    places = incident.told.places if incident.told else ()
    return place in places or (not places and incident.in_thread == incident.key)


def _is_known(progress: Progress, told: Sequence[Told], around: Surroundings) -> bool:
    """Whether all of it, as bad as it is by now, was told of another monitor."""
    audible = unsilenced(progress.critical, around)
    known = {subject for each in told for subject in each.subjects}
    worst = max((each.worst for each in told), default=0.0)
    return {*subjects_of(audible)} <= known and degree_of(audible) < FACTOR * worst
