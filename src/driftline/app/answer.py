"""What people answer to an incident: each answer takes effect once, however often it comes.

An answer is a note in the ledger, written with the messages that it causes. The notes of
kind `false-alarm` are what the alarm budget is held against (`app/alarm_record.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from driftline.app.deliver import retrain_action
from driftline.app.job import Job
from driftline.app.post import ACKNOWLEDGED, FALSE_ALARM
from driftline.app.retraining.record import APPROVAL, request_key
from driftline.app.tell import redraw_actions
from driftline.core.action import Action, Answer, Message, Tone
from driftline.core.incidents.briefing import notify_actions
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.notice import Reason
from driftline.core.incidents.outage import SUBJECT
from driftline.core.incidents.silence import LIFTED, NOTE, Silence
from driftline.errors import SettingsError
from driftline.ports import Reply, RetrainRequest

PRESS = "press"
"""The kind of note that keeps what came of a button; its key is the press's."""

REQUESTED = "retrain-now"
"""The kind of note by which a person asks for a retraining; its key is the request's."""

SAID = "answer"
"""The kind of note that goes with the word in a thread."""

SILENCE_FOR = timedelta(days=7)
"""How long the button silences."""


def take(job: Job, reply: Reply) -> str:
    """The answer has taken effect, once; says what came of it, as the first time.

    A reply that cannot be carried out says why; nobody is told of that.
    """
    heard = [n for n in job.ledger.notes(job.monitor, PRESS) if n["key"] == reply.key]
    if heard:
        return str(heard[0]["body"]["said"])
    try:
        said = carry_out(job, reply)
    except SettingsError as error:
        said = str(error)
    body = {"answer": reply.answer.value, "author": reply.author, "said": said}
    job.ledger.note(job.monitor, PRESS, reply.key, body, job.clock())
    return said


def carry_out(job: Job, reply: Reply) -> str:
    """The answer has taken effect; what had taken effect before is left as it is.

    Raises `SettingsError` where there is nothing to answer to.
    """
    if reply.answer is Answer.RETRAIN:
        return retrain_now(job, reply.author, thread=reply.thread)
    if reply.answer is Answer.APPROVE:
        return approve(job, reply.author)
    about = open_incidents(job, reply.thread)
    match reply.answer:
        case Answer.ACKNOWLEDGE:
            return acknowledge(job, about, reply.author)
        case Answer.FALSE_ALARM:
            return call_false_alarm(job, about, reply.author)
        case _:
            until = job.clock() + SILENCE_FOR
            return silence_incidents(job, about, reply, until)


def open_incidents(job: Job, thread: str = "", cause: str = "") -> list[Incident]:
    """The open incidents of a thread, or of the monitor where that is empty.

    Raises `SettingsError` where there is none.
    """
    mine = None if thread else job.monitor
    known = job.ledger.incidents(mine, thread or None)
    lasting = [i for i in known if i.is_open]
    found = [i for i in lasting if cause in ("", i.cause)]
    if found:
        return found
    about = f" of {cause!r}" if cause else ""
    causes = ", ".join(sorted({i.cause for i in lasting}))
    rest = f"; what is open is of {causes}" if causes else ""
    raise SettingsError(f"{job.monitor} has no open incident{about}{rest}")


def acknowledge(job: Job, incidents: Sequence[Incident], author: str) -> str:
    """Somebody takes the incidents on: no reminders, no escalation."""
    return _noted(job, incidents, ACKNOWLEDGED, author, "acknowledged")


def call_false_alarm(job: Job, incidents: Sequence[Incident], author: str) -> str:
    """The incidents were none: no reminders, and one more in the alarm budget's record."""
    return _noted(job, incidents, FALSE_ALARM, author, "called a false alarm")


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence to be kept: of what, for how long, by whom and why."""

    subject: str
    until: datetime
    author: str
    because: str


def silence(job: Job, wanted: Quiet, key: str = "") -> Silence:
    """The monitor's subject (all of them where empty) is silent until then."""
    now = job.clock()
    made = Silence(
        key=key or f"{job.monitor}-{now:%Y%m%d%H%M%S%f}",
        monitor=job.monitor,
        until=wanted.until,
        author=wanted.author,
        because=wanted.because,
        subject=wanted.subject,
    )
    job.ledger.note(job.monitor, NOTE, made.key, made.to_json(), now)
    return made


def lift(job: Job, key: str, author: str) -> bool:
    """The silence of that key has ended; False where it had been lifted before.

    Raises `SettingsError` where there is no such silence.
    """
    known = [note["key"] for note in job.ledger.notes(job.monitor, NOTE)]
    if key not in known:
        listed = ", ".join(known) or "none"
        raise SettingsError(f"{job.monitor} has no silence {key!r}; it has {listed}")
    return job.ledger.note(job.monitor, LIFTED, key, {"author": author}, job.clock())


def silence_incidents(
    job: Job, incidents: Sequence[Incident], reply: Reply, until: datetime
) -> str:
    """What the incidents are about is silent in every monitor concerned."""
    for incident in incidents:
        for subject in _about(incident):
            made = Silence(
                key=f"{reply.key}/{incident.key}/{subject}",
                monitor=incident.monitor,
                until=until,
                author=reply.author,
                because=f"answered to {incident.in_thread}",
                subject=subject,
            )
            body = made.to_json()
            job.ledger.note(incident.monitor, NOTE, made.key, body, job.clock())
    said = f"silenced until {until:%Y-%m-%d %H:%M} UTC by {reply.author}"
    _say(job, incidents, reply.key, said)
    return said


def _about(incident: Incident) -> tuple[str, ...]:
    """What a silence has to name so that nothing more is told of the incident."""
    return (SUBJECT,) if incident.cause is Cause.OUTAGE else incident.subjects


def retrain_now(
    job: Job, author: str, as_of: date | None = None, thread: str = ""
) -> str:
    """A retraining is requested, unless the same one was requested before.

    Who asks for it agrees to its price; what comes of it is told in the thread.
    """
    if job.retraining is None:
        raise SettingsError(
            f"monitor {job.monitor} has no `retraining:`; name a trainer there, as in "
            "`retraining: {trainer: scikit_learn}`"
        )
    champion = job.registry.resolve(job.model, job.alias)
    day = as_of or job.window_of(None, job.clock()).day
    key = request_key(job.monitor, champion, day)
    reason = f"asked for by {author}"
    action = retrain_action(RetrainRequest(key, job.monitor, reason, day, author))
    body = {"author": author, "as_of": day.isoformat(), "thread": thread}
    job.ledger.note(job.monitor, APPROVAL, key, body, job.clock())
    first = job.ledger.note(job.monitor, REQUESTED, key, body, job.clock(), [action])
    again = "" if first else "; it had been asked for before"
    return f"retraining {key} requested by {author}{again}"


def approve(job: Job, author: str, request: str = "") -> str:
    """The retraining request, or the one asked for last, has a person's approval.

    Raises `SettingsError` where no request waits.
    """
    asked = {
        action["payload"]["key"]: action["payload"]
        for action in job.ledger.actions(job.monitor)
        if action["kind"] == "retrain"
    }
    if not asked or (request and request not in asked):
        raise SettingsError(
            f"{job.monitor} has no retraining request {request or 'to approve'}"
        )
    key = request or list(asked)[-1]
    day = date.fromisoformat(asked[key]["as_of"])
    wanted = RetrainRequest(key, job.monitor, asked[key]["reason"], day, author)
    action = retrain_action(wanted)
    body = {"author": author}
    first = job.ledger.note(job.monitor, APPROVAL, key, body, job.clock(), [action])
    return f"{key} {'approved' if first else 'had been approved before'}, by {author}"


def _noted(
    job: Job, incidents: Sequence[Incident], kind: str, author: str, words: str
) -> str:
    """A note for each incident, with a word in its thread; the first author stays."""
    now = job.clock()
    fresh = [
        incident
        for incident in incidents
        if job.ledger.note(
            incident.monitor, kind, incident.key, _body(incident, author), now
        )
    ]
    _say(job, incidents, f"{kind}/{len(incidents)}", f"{words} by {author}")
    about = ", ".join(dict.fromkeys(i.monitor for i in incidents))
    return f"{about}: {words} {'' if fresh else 'before, now again '}by {author}"


def _say(job: Job, incidents: Sequence[Incident], key: str, said: str) -> None:
    """One word in each thread, once for each key."""
    for thread in dict.fromkeys(incident.in_thread for incident in incidents):
        whole = f"{key}/{thread}"
        actions = _said_in_thread(job, thread, whole, said)
        body = {"said": said, "reason": Reason.ANSWERED.value}
        job.ledger.note(job.monitor, SAID, whole, body, job.clock(), actions)


def _body(incident: Incident, author: str) -> dict[str, Any]:
    return {
        "author": author,
        "cause": incident.cause.value,
        "opened": incident.opened,
        "subjects": list(incident.subjects),
    }


def _said_in_thread(job: Job, thread: str, key: str, said: str) -> list[Action]:
    """The answer as a reply, and in the first message, where there are threads."""
    message = Message(
        key=f"notify/{key}",
        thread=thread,
        tone=Tone.NOTE,
        title=f"{job.monitor}: {said}",
        summary="The owner's answer; nothing to do.",
        monitor=job.monitor,
    )
    names = [name for name, n in job.notifiers.items() if n.threads]
    told = notify_actions(message, names, job.places)
    if_posted = [replace(a, payload=a.payload | {"only_in_thread": True}) for a in told]
    return [*if_posted, *redraw_actions(job, thread, key)]
