"""Windows that have no verdict by the hour that the monitor file states."""

from collections.abc import Sequence
from datetime import datetime

from driftline.app.deliver import Delivery
from driftline.app.job import Job
from driftline.app.monitor_day import deliver_due
from driftline.app.summary import OVERDUE, thread_of
from driftline.app.tell import Telling, redraw_actions, unless_silenced
from driftline.app.unjudged import unjudged
from driftline.core.action import Message
from driftline.core.incidents.briefing import notify_actions
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.outage import SUBJECT
from driftline.core.late import deadline_of, due_at, overdue, wait_of
from driftline.core.window import Window


def missing(job: Job) -> list[Window]:
    """The windows whose verdict was due by now and is not there, oldest first.

    A window that could not be judged has a verdict. Empty where no hour is stated.
    """
    if job.verdict_by is None:
        return []
    last = due_at(job.clock(), job.every, job.zone, job.verdict_by)
    return unjudged(job, last, last)


def tell_overdue(job: Job) -> tuple[list[Window], list[Delivery]]:
    """People hear of the missing verdicts, once for each deadline that passed.

    A silence of everything, or of `slice`, holds that back; the note keeps the reason.
    """
    windows = missing(job)
    if windows and job.verdict_by is not None:
        thread = thread_of(job, windows[0])
        message = overdue(job.monitor, windows, job.verdict_by, thread)
        notice = unless_silenced(job, SUBJECT)
        labels = [window.label for window in windows]
        body = {"windows": labels, "notice": notice.to_json(), "thread": thread}
        telling = _telling(job, windows, message) if notice.send else Telling()
        job.ledger.note(
            *(job.monitor, OVERDUE, windows[-1].start.isoformat(), body, job.clock()),
            telling.actions,
            incidents=telling.incidents,
        )
    return windows, deliver_due(job)


def _telling(job: Job, windows: Sequence[Window], message: Message) -> Telling:
    """The message, and the thread's first one as it lists who else has no verdict."""
    at, first = job.clock().isoformat(), windows[0].start.isoformat()
    missed = Incident(
        key=f"{job.monitor}/missed/{first}",
        monitor=job.monitor,
        cause=Cause.LATE,
        opened=at,
        last_window=windows[-1].start.isoformat(),
        subjects=(OVERDUE,),
        resolved=at,
        thread=message.thread,
        card=message,
    )
    told = notify_actions(message, job.notifiers, job.places)
    drawn = redraw_actions(job, message.thread, message.key)
    return Telling((missed,), (*told, *drawn))


def awaited(job: Job) -> tuple[datetime, datetime] | None:
    """When the wait for the next verdict begins, and its deadline; None without an hour.

    The next verdict is that of the first window without one whose deadline is to come.
    """
    if job.verdict_by is None:
        return None
    now = job.clock()
    window = due_at(now, job.every, job.zone, job.verdict_by).following
    newest = job.ledger.history(job.monitor, limit=1, topics=())
    if newest:
        window = max(window, newest[0].key.window.following)
    deadline = deadline_of(window, job.verdict_by)
    return deadline - wait_of(job.every), deadline
