"""One fault upstream that several monitors feel is one thread."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from driftline.core.incidents.incident import Cause, Incident

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
    """Whether two incidents look like one fault of the data.

    Both are open, began in windows at most `within` apart, and concern the same source
    or have at least half of the shorter list of subjects in common.
    """
    if other.monitor == incident.monitor or not other.is_open:
        return False
    if {incident.cause, other.cause} != {Cause.DATA}:
        return False
    began = [datetime.fromisoformat(i.opened) for i in (incident, other)]
    if abs(began[0] - began[1]) > within:
        return False
    return _same_source(incident, other) or _alike(incident, other)


def _same_source(incident: Incident, other: Incident) -> bool:
    return bool(incident.source) and incident.source == other.source


def _alike(incident: Incident, other: Incident) -> bool:
    mine, theirs = set(incident.subjects), set(other.subjects)
    fewest = min(len(mine), len(theirs))
    return fewest > 0 and len(mine & theirs) >= SHARED * fewest
