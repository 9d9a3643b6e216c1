"""Windows that have no verdict by the hour that the monitor file states."""

from datetime import datetime

from driftline.app.deliver import Delivery
from driftline.app.job import Job
from driftline.app.monitor_day import deliver_due
from driftline.app.summary import OVERDUE, thread_of
from driftline.app.tell import unless_silenced
from driftline.app.unjudged import unjudged
from driftline.core.incidents.briefing import notify_actions
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
        names = job.notifiers if notice.send else ()
        actions = notify_actions(message, names, job.places)
        key = windows[-1].start.isoformat()
        labels = [window.label for window in windows]
        body = {"windows": labels, "notice": notice.to_json(), "thread": thread}
        job.ledger.note(job.monitor, OVERDUE, key, body, job.clock(), actions)
    return windows, deliver_due(job)


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
