"""Whether this window asks for a retraining run, from the ledger's own record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from driftline.app.deliver import retrain_action
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.weigh_waiting import NOTE, weigh_waiting
from driftline.core.action import Action, ActionKind
from driftline.core.briefing import notify_actions, retraining_requested
from driftline.core.economics import Balance
from driftline.core.finding import DIAGNOSIS, Finding, Outcome, Severity, Topic
from driftline.core.incident import CAUSES, Cause
from driftline.core.model import ModelVersion
from driftline.core.retraining import Reason, Situation, decide_retraining
from driftline.ports import RetrainRequest

FLIGHT_DAYS = 2
"""A requested run of which nothing was heard for so many days is not waited for."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was decided about retraining, in words, the sum, and the actions it takes."""

    why: str
    actions: tuple[Action, ...] = ()
    balance: Balance | None = None


def request_key(monitor: str, champion: ModelVersion, as_of: date) -> str:
    """The same for the same champion and day, whoever asks."""
    return f"{monitor}/v{champion.version}/{as_of.isoformat()}"


def consider(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
) -> Request:
    """A request in the outbox when performance calls for it and no interlock holds.

    A window of a version that is no longer in service asks for nothing.
    """
    if job.retraining is None:
        return Request("retraining is not set up in the monitor file")
    sums = weigh_waiting(job, seen, findings)
    quick = decide_retraining(Situation(tuple(findings)), job.retraining.interlocks)
    if quick.reason is Reason.NOT_NEEDED:
        return Request(quick.sentence, balance=sums)
    champion = job.registry.resolve(job.model, job.alias)
    if champion.version != seen.model.version:
        return Request(f"{champion} is in service now; {seen.model} is not retrained")
    situation = replace(situation_of(job, seen, findings), balance=sums)
    decision = decide_retraining(situation, job.retraining.interlocks)
    if not decision.requested:
        return Request(decision.sentence, balance=sums)
    day = seen.window.day
    key = request_key(job.monitor, champion, day)
    request = RetrainRequest(key, job.monitor, decision.sentence, day)
    message = retraining_requested(job.monitor, key, decision.sentence, job.links)
    told = notify_actions(message, job.notifiers)
    return Request(decision.sentence, (retrain_action(request), *told), sums)


def situation_of(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
) -> Situation:
    """What the ledger knows that bears on retraining."""
    assert job.retraining is not None
    past = job.ledger.notes(job.monitor, NOTE)
    incident = job.ledger.incident(job.monitor, Cause.DATA)
    setup = job.retraining
    kept_back = timedelta(days=setup.holdout_days - 1)
    learnable = [
        entry
        for entry in job.history(seen.window, setup.train_days + setup.holdout_days)
        if entry.key.window.start < seen.window.start - kept_back
        and not entry.record["broken"]
    ]
    return Situation(
        findings=tuple(findings),
        data_incident_open=incident is not None and incident.is_open,
        labelled=sum(entry.record["labelled"] for entry in learnable),
        in_flight=_in_flight(job, past, seen.window.day),
        days_since_last=_days_since(past, seen.window.day),
        helped=tuple(bool(note["body"]["promoted"]) for note in past),
    )


def is_broken(findings: Sequence[Finding]) -> bool:
    """Whether a window's rows are not fit to learn from, or could not be read."""
    return any(
        (finding.severity is Severity.CRITICAL or finding.statistic == DIAGNOSIS)
        and (finding.matters or _is_blind(finding))
        for finding in findings
        if CAUSES[finding.topic] is Cause.DATA
    )


def _is_blind(finding: Finding) -> bool:
    return finding.topic is Topic.SLICE and finding.outcome is Outcome.UNKNOWN


def _in_flight(job: Job, past: Sequence[dict[str, Any]], day: date) -> bool:
    """Whether a request is waiting, or was accepted lately and has not ended."""
    ended = {note["key"] for note in past}
    asked = [
        action
        for action in job.ledger.actions(job.monitor)
        if action["kind"] == ActionKind.RETRAIN and action["state"] != "failed"
    ]
    return any(
        action["payload"]["key"] not in ended
        and (day - date.fromisoformat(action["payload"]["as_of"])).days <= FLIGHT_DAYS
        for action in asked
    )


def _days_since(past: Sequence[dict[str, Any]], day: date) -> int | None:
    days = [date.fromisoformat(note["body"]["as_of"]) for note in past]
    return (day - max(days)).days if days else None
