"""What each link of a drilled chain proved, from what the scratch ledger holds now."""

from dataclasses import dataclass, field
from datetime import datetime

from driftline.core.drill.links import Link, Sent, State
from driftline.core.drill.planting import Fault
from driftline.core.finding import Finding, Severity, Topic
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.notice import Reason as Notice
from driftline.core.retraining.request import (
    Reason,
    RetrainingPolicy,
    Situation,
    decide_retraining,
)
from driftline.core.verdict import weight
from driftline.core.window import Window, local_day
from driftline.core.wording import how_many
from driftline.ports import LedgerEntry, RetrainRequest

MOST_DAYS = 14
"""Harm has to last before a run is asked for: so many labelled days at most."""

DATA_INTERLOCKS = {
    Reason.SLICE_BROKEN,
    Reason.VALIDATION_FAILED,
    Reason.DATA_INCIDENT,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What came of a fault. `entry` is its last day as drilled, `before` that day's own.

    `first` is the first of its `days`; `refused` is what no notifier would draw or send.
    """

    fault: Fault
    entry: LedgerEntry
    before: tuple[Finding, ...]
    incidents: tuple[Incident, ...]
    first: Window
    days: int
    sent: tuple[Sent, ...] = ()
    refused: tuple[str, ...] = ()
    requests: tuple[RetrainRequest, ...] = ()
    interlocks: RetrainingPolicy | None = field(default=None)

    @property
    def cause(self) -> Cause | None:
        """The cause of the incident that has to open."""
        return self.fault.kind.pages

    @property
    def incident(self) -> Incident | None:
        """That incident, if it is open."""
        mine = [i for i in self.incidents if i.cause is self.cause and i.is_open]
        return mine[-1] if mine else None


def links_of(evidence: Evidence) -> tuple[Link, ...]:
    """Every link, in the order of the chain."""
    return (
        _planted(evidence),
        _found(evidence),
        _incident(evidence),
        _message(evidence),
        _retraining(evidence),
    )


def _planted(evidence: Evidence) -> Link:
    last = evidence.entry.key.window.label
    days = last if evidence.days == 1 else f"{evidence.first.label} to {last}"
    rows = evidence.entry.record["rows"]
    said = f"{evidence.fault.said} in {days} (a copy; {rows:,} rows on {last})"
    return Link("fault planted", State.PROVED, said)


def _found(evidence: Evidence) -> Link:
    """What the fault brought out and the day itself had not, or not as badly."""
    own = {f.identity: f.excess for f in evidence.before if f.matters}
    found = [
        f
        for f in evidence.entry.findings
        if f.matters and _concerns(evidence.fault, f)
        if f.identity not in own or f.excess > own[f.identity]
    ]
    needed = Severity.CRITICAL if evidence.cause else Severity.WARNING
    counted = [f for f in found if f.severity.rank >= needed.rank]
    if evidence.cause is None:  # drift is seen also where people were told before
        counted += [f for f in found if "told_since" in f.evidence and f not in counted]
    loud = sorted(counted, key=weight, reverse=True)
    if loud:
        return Link("found", State.PROVED, f"{loud[0].severity}: {loud[0].message}")
    if evidence.fault.on_labels and (bad := _bad_already(evidence)):
        said = f"{bad} was {needed} before the fault; name a sound day with --day"
        return Link("found", State.HELD, said)
    days = how_many(evidence.days, "day")
    said = f"nothing {needed} was found in {days} that was not there before"
    if evidence.fault.on_labels and evidence.days < MOST_DAYS:
        said += (
            "; harm has to last, and no more days with labels are judged: `driftline "
            "backfill` judges some"
        )
    return Link("found", State.FAILED, said)


def _bad_already(evidence: Evidence) -> str:
    """What of the performance was critical without the fault; empty if nothing was.

    A shortfall that is full grows no more, so that harm on top of harm shows nothing.
    """
    bad = [
        f.subject
        for f in evidence.before
        if f.matters
        and f.severity is Severity.CRITICAL
        and _concerns(evidence.fault, f)
    ]
    return bad[0] if bad else ""


def _concerns(fault: Fault, finding: Finding) -> bool:
    if fault.on_labels:
        return finding.topic is Topic.PERFORMANCE
    return fault.column in finding.subject


def _incident(evidence: Evidence) -> Link:
    if evidence.cause is None:
        return Link("incident", State.PROVED, "none: drift alone wakes nobody")
    incident = evidence.incident
    if incident is None:
        return Link("incident", State.FAILED, f"no {evidence.cause} incident opened")
    first = evidence.first
    since = local_day(datetime.fromisoformat(incident.opened), first.zone)
    new = incident.opened >= first.start.isoformat()
    word = "opened" if new else f"joined the one open since {since}"
    said = f"{evidence.cause}: {word} ({', '.join(incident.subjects[:3])})"
    return Link("incident", State.PROVED, said)


def _message(evidence: Evidence) -> Link:
    """Drawn by every notifier, or kept back for a reason that has a name."""
    name = "message"
    if evidence.cause is None:
        return Link(name, State.PROVED, "none: it goes into the weekly digest")
    if evidence.refused:
        return Link(name, State.FAILED, evidence.refused[0])
    incident = evidence.incident
    mine = [s for s in evidence.sent if incident and _is_about(s, incident)]
    if mine:
        by = ", ".join(dict.fromkeys(sent.notifier for sent in mine))
        return Link(name, State.PROVED, f"by {by}: {mine[0].message.title}")
    notice = _notice(evidence.entry, incident)
    if incident is None or not notice:
        return Link(name, State.FAILED, "nobody would have been told")
    return Link(name, State.HELD, notice)


def _is_about(sent: Sent, incident: Incident) -> bool:
    return sent.message.thread == incident.in_thread


def _notice(entry: LedgerEntry, incident: Incident | None) -> str:
    """Why people do not hear of the incident now; empty where they should have."""
    notices = entry.record.get("notices", {})
    notice = notices.get(incident.key, {}) if incident else {}
    waits = notice.get("reason") == Notice.QUIET_HOURS
    return str(notice["said"]) if notice and (waits or not notice["send"]) else ""


def _retraining(evidence: Evidence) -> Link:
    name, why = "retraining", evidence.entry.record["retraining"]
    asked = evidence.requests[-1] if evidence.requests else None
    if not evidence.fault.kind.retrains:
        if asked is not None:
            said = f"a run was asked for, and must not be: {asked.key}"
            return Link(name, State.FAILED, said)
        return _kept_back(evidence, why)
    if asked is not None:
        said = f"asked for with the key {asked.key}, not sent: {asked.reason}"
        return Link(name, State.PROVED, said)
    harmless = _reason(evidence) is Reason.NOT_NEEDED
    return Link(name, State.FAILED if harmless else State.HELD, why)


def _kept_back(evidence: Evidence, why: str) -> Link:
    """No run on broken data; where the model does harm too, because the data is broken."""
    harmed = evidence.fault.also is not None
    reason = _reason(evidence)
    if not harmed or reason is None or reason in DATA_INTERLOCKS:
        return Link("retraining", State.PROVED, f"none, as it has to be: {why}")
    if reason is Reason.NOT_NEEDED:
        return Link(
            "retraining", State.FAILED, "the harm beside the fault was not seen"
        )
    return Link("retraining", State.HELD, why)


def _reason(evidence: Evidence) -> Reason | None:
    """What the findings alone say of retraining; None where it is not set up."""
    if evidence.interlocks is None:
        return None
    open_ = any(i.cause is Cause.DATA and i.is_open for i in evidence.incidents)
    situation = Situation(evidence.entry.findings, data_incident_open=open_)
    return decide_retraining(situation, evidence.interlocks).reason
