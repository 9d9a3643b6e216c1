"""News of a retraining: in the thread of the incident that it came from, and not at night."""

from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any

from driftline.app.answer import REQUESTED
from driftline.app.job import Job
from driftline.app.retraining.record import in_vain_before
from driftline.app.tell import Telling, silences_of
from driftline.core.action import ActionKind, Message
from driftline.core.incidents.briefing import notify_actions
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.notice import Notice, Reason, Surroundings, waiting
from driftline.core.incidents.silence import silencer

SUBJECT = "retraining"
"""What a silence of these news names; also their notice's name in a record."""


def tell_request(
    job: Job, message: Message, incidents: Iterable[Incident], *, heard: bool = False
) -> Telling:
    """What people are told of a request, given the incidents of its window.

    A reply to the harm that asks for it, where people have heard of that; nothing where
    they `heard` it before, of a request that was not accepted.
    """
    if heard:
        return _kept_back(job)
    harm = [i for i in incidents if i.cause is Cause.PERFORMANCE and i.told]
    return _telling(job, message, harm[0].in_thread if harm else "")


def tell_outcome(job: Job, key: str, message: Message) -> Telling:
    """What people are told of what came of a request; `key` is the request's."""
    return _telling(job, message, thread_of(job, key))


def thread_of(job: Job, key: str) -> str:
    """The thread in which a request was told of or made; empty where there was none.

    People may have heard of it when it was made before, in vain.
    """
    about = tuple(f"notify/{k}/" for k in (key, *in_vain_before(job, key)))
    threads = [m["thread"] for m in _messages(job) if m["key"].startswith(about)]
    pressed = job.ledger.notes(job.monitor, REQUESTED)
    threads += [
        note["body"].get("thread", "") for note in pressed if note["key"] == key
    ]
    return next(filter(None, threads), "")


def were_told(job: Job, keys: Container[str]) -> bool:
    """Whether a message with one of these keys was made for people."""
    return any(message["key"] in keys for message in _messages(job))


def _messages(job: Job) -> list[dict[str, Any]]:
    """Every message in the outbox, oldest first."""
    rows = job.ledger.actions(job.monitor)
    return [r["payload"]["message"] for r in rows if r["kind"] == ActionKind.NOTIFY]


def _kept_back(job: Job) -> Telling:
    nothing_new = Notice(False, Reason.NOTHING_NEW)
    return Telling((), (), {f"{job.monitor}/{SUBJECT}": nothing_new.to_json()})


def _telling(job: Job, message: Message, thread: str) -> Telling:
    """One decision with its reason, and where it is to tell, a message for everybody."""
    notice = _notice(job)
    placed = replace(message, thread=thread)
    names = job.notifiers if notice.send else ()
    actions = notify_actions(placed, names, job.places, notice.not_before)
    return Telling((), tuple(actions), {f"{job.monitor}/{SUBJECT}": notice.to_json()})


def _notice(job: Job) -> Notice:
    """It waits for quiet hours to end; a silence of everything, or of this, holds it back."""
    now, news = job.clock(), Reason.RETRAINING
    silence = silencer([SUBJECT], silences_of(job), now)
    if silence is not None:
        return Notice(False, Reason.SILENCED, silence.said)
    around = Surroundings(now=now, window="", manners=job.manners)
    return waiting(Notice(True, news, news=news), around)
