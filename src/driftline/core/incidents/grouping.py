"""One fault upstream that several monitors feel is one thread."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from driftline.core.incidents.incident import Cause, Incident

UPSTREAM = {Cause.DATA, Cause.OUTAGE}
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
    shorter list of subjects in common.
    """
    if other.monitor == incident.monitor or not other.is_open:
        return False
    if other.cause is not incident.cause or incident.cause not in UPSTREAM:
        return False
    began = [datetime.fromisoformat(i.opened) for i in (incident, other)]
    if abs(began[0] - began[1]) > within:
        return False
    if _same_source(incident, other):
        return True
    return incident.cause is Cause.DATA and _alike(incident, other)


def _same_source(incident: Incident, other: Incident) -> bool:
    return bool(incident.source) and incident.source == other.source


def _alike(incident: Incident, other: Incident) -> bool:
    mine, theirs = set(incident.subjects), set(other.subjects)
    fewest = min(len(mine), len(theirs))
    return fewest > 0 and len(mine & theirs) >= SHARED * fewest
