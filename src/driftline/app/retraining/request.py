"""Whether this window asks for a retraining run, from the ledger's own record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from driftline.app.deliver import retrain_action
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.retraining.approval import halted, too_dear
from driftline.app.retraining.record import (
    FLIGHT_DAYS,
    NOTE,
    REFUSAL,
    days_since_last,
    helped,
    in_vain_before,
    keys_of,
    request_key,
    requests_of,
    shadow_said,
)
from driftline.app.retraining.tell import were_told
from driftline.app.retraining.weigh_waiting import weigh_waiting
from driftline.core.action import Action, Message
from driftline.core.finding import DIAGNOSIS, Finding, Severity
from driftline.core.incidents.incident import CAUSES, Cause
from driftline.core.model import ModelVersion
from driftline.core.retraining.economics import Balance
from driftline.core.retraining.request import Reason, Situation, decide_retraining
from driftline.core.retraining.words import News
from driftline.ports import RetrainRequest


@dataclass(frozen=True, slots=True)
class Request:
    """What was decided about retraining, in words, the sum, and the actions it takes.

    `message` is what people are told of a request, unless they `heard` it of an earlier
    one that was not accepted.
    """

    why: str
    actions: tuple[Action, ...] = ()
    balance: Balance | None = None
    message: Message | None = None
    heard: bool = False


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
    if decision.requested:  # only now is the switch worth asking a server for
        situation = replace(situation, halted=halted(job))
        decision = decide_retraining(situation, job.retraining.interlocks)
    if not decision.requested:
        return Request(decision.sentence, balance=sums)
    return _requested(job, champion, seen, decision.sentence, sums)


def _requested(
    job: Job,
    champion: ModelVersion,
    seen: Observation,
    why: str,
    sums: Balance | None,
) -> Request:
    """The request with the message about it: a question where it costs too much."""
    day = seen.window.day
    key = request_key(job.monitor, champion, day)
    question = too_dear(job)
    said = f"{why} {question[:1].upper()}{question[1:]}." if question else why
    news = News.APPROVAL if question else News.REQUESTED
    message = news.of(job.monitor, key, said, job.links)
    if not job.listens:
        message = replace(message, answers=())
    action = retrain_action(RetrainRequest(key, job.monitor, why, day))
    earlier = [news.key_of(each) for each in in_vain_before(job, key)]
    return Request(said, (action,), sums, message, were_told(job, earlier))


def situation_of(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
) -> Situation:
    """What the ledger knows that bears on retraining."""
    assert job.retraining is not None
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
        in_flight=_in_flight(job, seen.window.day),
        days_since_last=days_since_last(job, seen.window.day),
        helped=helped(job),
        shadow=shadow_said(job),
    )


def is_broken(findings: Sequence[Finding]) -> bool:
    """Whether a window's rows are not fit to learn from, or could not be read."""
    return any(
        (finding.severity is Severity.CRITICAL or finding.statistic == DIAGNOSIS)
        and (finding.matters or finding.blinds)
        for finding in findings
        if CAUSES[finding.topic] is Cause.DATA
    )


def _in_flight(job: Job, day: date) -> bool:
    """Whether a request is waiting, or was accepted lately and has not ended."""
    ended = keys_of(job, NOTE) | keys_of(job, REFUSAL)
    asked = [action for action in requests_of(job) if action["state"] != "failed"]
    return any(
        action["payload"]["key"] not in ended
        and (day - date.fromisoformat(action["payload"]["as_of"])).days <= FLIGHT_DAYS
        for action in asked
    )
