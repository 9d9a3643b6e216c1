"""One message about the windows that were judged late, written with the last verdict.

Each window before the last is recorded as collected. So the summary has them all,
however often the worker was killed in between, and it is told once.
"""

from driftline.app.job import Job
from driftline.app.pending import is_early
from driftline.app.tell import Scene
from driftline.core.action import Action
from driftline.core.incidents.briefing import notify_actions
from driftline.core.incidents.notice import Notice, Reason, waiting
from driftline.core.late import Late, caught_up
from driftline.core.verdict import Word, reduce
from driftline.core.window import Window
from driftline.ports import LedgerEntry

OVERDUE = "overdue"
"""The kind of note that says that people heard of a missing verdict."""

MOST = 1000
"""Windows that a summary looks back over."""


def summary_actions(scene: Scene) -> list[Action]:
    """The summary, where windows were collected or this one was missed by then.

    It waits for quiet hours to end, and says nothing of a window that is pending.
    """
    job, window = scene.job, scene.seen.window
    if job.collecting or job.ledger.latest(job.monitor, window) is not None:
        return []
    collected = collected_before(job, window)
    pending = scene.verdict.word is Word.CANNOT_TELL and is_early(job, window)
    if not collected and (pending or not _was_missed(job, window)):
        return []
    days = [Late(e.key.window.label, reduce(e.findings)) for e in collected]
    days += [] if pending else [Late(window.label, scene.verdict)]
    first = collected[0].key.window if collected else window
    message = caught_up(scene.occasion, days, thread_of(job, first))
    told = Notice(True, Reason.COLLECTED, news=Reason.COLLECTED)
    due = waiting(told, scene.around).not_before
    return notify_actions(message, job.notifiers, job.places, due)


def collected_before(job: Job, window: Window) -> list[LedgerEntry]:
    """The windows just before, of which people have heard nothing yet, oldest first."""
    newest = job.ledger.history(job.monitor, before=window.start, limit=1, topics=())
    if not newest or not newest[0].record.get("collected"):
        return []
    known = job.ledger.history(job.monitor, before=window.start, limit=MOST)
    told = [n for n, e in enumerate(known) if not e.record.get("collected")]
    return known[told[-1] + 1 :] if told else known


def thread_of(job: Job, first: Window) -> str:
    """Where people hear that verdicts are missing from this window on, and are there."""
    return f"{job.monitor}/{OVERDUE}/{first.start.isoformat()}"


def _was_missed(job: Job, window: Window) -> bool:
    """Whether people heard that this window had no verdict."""
    key = window.start.isoformat()
    return any(n["key"] == key for n in job.ledger.notes(job.monitor, OVERDUE))
