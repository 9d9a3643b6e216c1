"""The summary that the demo ends with, in words."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from driftline.core.finding import Severity
from driftline.core.incidents.incident import Cause, Incident
from driftline.demo.flights import ZONE
from driftline.demo.story import (
    Alarms,
    Discovery,
    Gain,
    Judged,
    discoveries,
    unexplained,
)


def tell(
    judged: Sequence[Judged], incidents: Sequence[Incident], gained: Gain | None
) -> str:
    """The whole story as lines of text; `gained` is None when nothing was promoted."""
    lines = ["What happened, and what was found", ""]
    lines += [f"  {line}" for each in discoveries(judged) for line in _of_event(each)]
    lines += ["", "Incidents", ""]
    lines += [f"  {_of_incident(incident)}" for incident in incidents] or ["  none"]
    lines += ["", "Alarms that no known event explains", ""]
    lines += [f"  {line}" for line in _of_alarms(unexplained(judged))]
    lines += ["", "Retraining", ""]
    lines += [f"  {line}" for line in _of_gain(gained)]
    return "\n".join(lines)


def _of_event(found: Discovery) -> Iterator[str]:
    event = found.event
    kind = "planted" if event.planted else "real"
    span = _day(event.first)
    if event.last != event.first:
        span += f" to {_day(event.last)}"
    if found.judged is None or found.finding is None:
        yield f"MISSED  {event.name} ({kind}, {span})"
        return
    delay = (found.judged.on - event.first).days
    when = "the same day" if delay == 0 else f"{delay} days after its start"
    yield f"found   {event.name} ({kind}, {span}) on {_day(found.judged.on)}, {when}"
    loud = "paged" if found.finding.severity is Severity.CRITICAL else "not paged"
    yield f"        {found.judged.word}, {loud}: {found.finding.message}"


def _of_incident(incident: Incident) -> str:
    end = _local(incident.resolved)
    state = f"resolved by {_day(end)}" if end else "still open"
    began = f"opened by the flights of {_day(_local(incident.opened))}, {state}"
    if incident.cause is Cause.OUTAGE:  # it is dated by the clock, not by flights
        began = "a day was missing, and came" if end else "a day is missing"
    return f"{incident.cause}: {began} ({', '.join(incident.subjects)})"


def _of_alarms(alarms: Alarms) -> Iterator[str]:
    yield f"false pages: {_listed(alarms.false)}"
    yield f"paged on a bad day without a name: {_listed(alarms.harm)}"
    yield f"watched, nobody paged: {_listed(alarms.digest)}"


def _of_gain(gained: Gain | None) -> Iterator[str]:
    if gained is None:
        yield "no challenger was promoted"
        return
    yield (
        f"On the same {gained.flights:,} flights of {_day(gained.first)} to "
        f"{_day(gained.last)}, old model → new:"
    )
    yield "log loss {:.3f} → {:.3f} (lower is better)".format(*gained.log_loss)
    yield "ROC AUC  {:.3f} → {:.3f}".format(*gained.roc_auc)
    yield (
        "The rest of the recovery is the world's: the furloughs ended on 27 April, and "
        "the old model would have seen that too."
    )


def _listed(judged: Sequence[Judged]) -> str:
    if not judged:
        return "none"
    ordered = sorted(judged, key=lambda each: each.day)
    return ", ".join(f"{_day(each.day)} ({_subjects(each)})" for each in ordered)


def _subjects(judged: Judged) -> str:
    loud = [f for f in judged.findings if f.matters and f.severity is not Severity.INFO]
    return ", ".join(sorted({finding.subject for finding in loud})) or judged.word


def _local(moment: str) -> date | None:
    """The local date of an ISO moment; None for an empty one."""
    if not moment:
        return None
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(ZONE)).date()


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B}" if day else ""
