"""Whether this window asks for a retraining run, from the ledger's own record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from driftline.app.deliver import retrain_action
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.retraining.approval import halted, too_dear
from driftline.app.retraining.record import (
    APPROVAL,
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
from driftline.core.finding import DIAGNOSIS, Finding, Severity, Topic
from driftline.core.incidents.incident import CAUSES, Cause
from driftline.core.model import ModelVersion
from driftline.core.retraining.economics import Balance
from driftline.core.retraining.request import (
    Reason,
    Situation,
    Standing,
    decide_retraining,
)
from driftline.core.retraining.words import News
from driftline.ports import LedgerEntry, RetrainRequest

STANDING = "retraining_stands"
"""Where a window's record says how a retraining stood by then."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was decided about retraining, in words, the sum, and the actions it takes.

    `message` is what people are told of a request, unless they `heard` it of an earlier
    one that was not accepted. `standing` is that of this request or an earlier one, where
    performance is in trouble.
    """

    why: str
    actions: tuple[Action, ...] = ()
    balance: Balance | None = None
    message: Message | None = None
    heard: bool = False
    standing: Standing = Standing.NONE


def consider(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
) -> Request:
    """What the window asks for, and how a retraining stands by then."""
    request = _considered(job, seen, findings)
    ailing = any(f.matters and f.topic is Topic.PERFORMANCE for f in findings)
    if request.standing or job.retraining is None or not ailing:
        return request
    return replace(request, standing=standing_of(job, seen.window.day))


def _considered(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
) -> Request:
    """A request in the outbox when performance calls for it and no interlock holds.

    A window of a version that is no longer in service asks for nothing, nor does one that
    is judged by a version of which that is not known.
    """
    off = Standing.OFF if job.retraining is None else Standing.NONE
    if seen.away is not None:
        why = f"nothing is retrained until the registry answers: {seen.away.message}"
        return Request(why, standing=off)
    if job.retraining is None:
        return Request("retraining is not set up in the monitor file", standing=off)
    sums = weigh_waiting(job, seen, findings)
    quick = decide_retraining(Situation(tuple(findings)), job.retraining.interlocks)
    if quick.reason is Reason.NOT_NEEDED:
        return Request(quick.sentence, balance=sums)
    champion = job.registry.resolve(job.model, job.alias)
    if champion.version != seen.model.version:
        return Request(f"now {champion} is in service; {seen.model} is not retrained")
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
    standing = Standing.WAITS if question else Standing.UNDER_WAY
    heard = were_told(job, earlier)
    return Request(said, (action,), sums, message, heard, standing)


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
        standing=standing_of(job, seen.window.day),
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


def standing_in(entry: LedgerEntry) -> Standing:
    """How a retraining stood when the window was judged."""
    return Standing(entry.record.get(STANDING, ""))


def standing_of(job: Job, day: date) -> Standing:
    """How the last request stands that waits, or was accepted lately, and has not ended."""
    ended = keys_of(job, NOTE) | keys_of(job, REFUSAL)
    asked = [each["payload"] for each in requests_of(job) if each["state"] != "failed"]
    flying = [
        payload["key"]
        for payload in asked
        if payload["key"] not in ended
        and (day - date.fromisoformat(payload["as_of"])).days <= FLIGHT_DAYS
    ]
    if not flying:
        return Standing.NONE
    agreed = flying[-1] in keys_of(job, APPROVAL)
    return Standing.WAITS if too_dear(job) and not agreed else Standing.UNDER_WAY
