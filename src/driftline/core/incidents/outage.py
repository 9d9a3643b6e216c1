"""What keeps a monitor's windows from being judged, from its first until it is over.

People hear of each window by messages of their own. The incident says which thread these
are in, so that everybody whom one outage keeps from judging is told of in one.
"""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from driftline.core.finding import Finding, Topic
from driftline.core.incidents.incident import Cause, Incident, Step

PLACE = "place"
"""Where a finding's evidence has the address of what gave no answer."""

SUBJECT = "slice"
"""What a silence names so that nobody is told of windows that cannot be judged."""

NEAR = {None, "localhost", "127.0.0.1", "::1"}
"""Hosts that are another one on every machine; the address of a file has none."""


def away(findings: Sequence[Finding], source: str, machine: str = "") -> str:
    """What gave no answer, or the source whose rows are wanting; empty where unknown.

    It is the same for all monitors that one outage concerns: the address that the
    finding has, never its words. One that means this machine goes with the machine.
    """
    blind = next((finding for finding in findings if finding.blinds), None)
    if blind is None:
        return ""
    place = str(blind.evidence.get(PLACE, ""))
    if not place:
        return source if blind.topic is Topic.SLICE else ""
    return f"{place} on {machine}" if _is_near(place) else place


def _is_near(place: str) -> bool:
    """Whether the address means a server or file of the machine that it is used on.

    >>> [_is_near(f"http://{host}:5000") for host in ("mlflow.example.com", "localhost")]
    [False, True]
    """
    addresses = [urlsplit(each) for each in place.split() if "://" in each]
    return any(address.hostname in NEAR for address in addresses)


def is_unreachable(findings: Sequence[Finding]) -> bool:
    """Whether something gave no answer; else rows are wanting that may be yet to come."""
    return bool(away(findings, ""))


def outage(key: str, monitor: str, window: str, now: str) -> Incident:
    """The incident as it begins with a window (its start in ISO form).

    Unlike other incidents it is dated by the clock (`now`, ISO): one outage keeps an
    hour, a day and a week from being judged at the same moment.
    """
    return Incident(key, monitor, Cause.OUTAGE, now, window)


def lost(current: Incident | None, fresh: Incident) -> tuple[Step, Incident]:
    """The monitor's outage after a window that could not be judged.

    It begins as `fresh`, goes on, or is open again where its last window was judged
    and cannot be any more.
    """
    if current is None:
        return Step.OPEN, fresh
    last = max(current.last_window, fresh.last_window)
    if current.is_open or current.last_window == fresh.last_window:
        return Step.REPEAT, replace(current, last_window=last, resolved="")
    return Step.OPEN, fresh


def found(
    current: Incident | None, window: str, now: str
) -> tuple[Step, Incident | None]:
    """The monitor's open outage after a window that was judged.

    It is over, unless a later window waits.
    """
    if current is None or not current.is_open:
        return Step.NONE, None
    if window < current.last_window:
        return Step.NONE, current
    return Step.RESOLVE, replace(current, last_window=window, resolved=now)
