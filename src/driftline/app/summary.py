"""One message about the windows that were judged late, written with the last verdict.

Each window before the last is recorded as collected, and the last one keeps which of
them it told of. So the summary has them all, however often the worker was killed in
between and whatever was judged by hand meanwhile, and each is told once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from driftline.app.gap import answered, heard_by
from driftline.app.job import Job
from driftline.app.pending import is_pending
from driftline.app.tell import Scene, unless_silenced
from driftline.app.unjudged import is_unjudged
from driftline.core.action import Message
from driftline.core.incidents.notice import Notice, Reason, waiting
from driftline.core.incidents.standing import MISSED
from driftline.core.late import LONGEST, Late, caught_up, deadline_of, has_acted
from driftline.core.verdict import reduce
from driftline.core.window import Window
from driftline.ports import LedgerEntry, WindowKey

REACH = LONGEST.days + 8
"""Days that a summary looks back: the longest wait, and the windows at its two ends."""

SUBJECT = "late"
"""What a silence of the summary names; also its notice's name in a record."""

OVERDUE = MISSED
"""The kind of note that says that people heard of a missing verdict."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What people are to hear of windows judged late, as the ledger has them before.

    `thread` is where they heard that verdicts were missing; empty where they did not.
    `names` are the notifiers for it, and `notice` says until when it waits.
    """

    message: Message
    days: tuple[Late, ...]
    thread: str
    names: tuple[str, ...]
    notice: Notice

    def due(self, now: datetime) -> datetime:
        """When people hear of it."""
        return self.notice.not_before or now


def summary_of(scene: Scene) -> Summary | None:
    """The summary, where windows were collected or this one was missed by then.

    It waits for quiet hours to end, and says nothing of a window that is pending.
    """
    job, window = scene.job, scene.seen.window
    pending = is_pending(job, window, scene.verdict.word)
    if not scene.late and (pending or not _was_missed(job, window)):
        return None
    if not unless_silenced(job, SUBJECT).send:
        return None
    days = [Late(e.key.window, reduce(e.findings)) for e in scene.late]
    days += [] if pending else [Late(window, scene.verdict)]
    told = Notice(True, Reason.COLLECTED, news=Reason.COLLECTED)
    return Summary(
        message=caught_up(scene.occasion, days, "", next_revision(job, window)),
        days=tuple(days),
        thread=_thread(job, scene.late, days[0].window),
        names=tuple(_names(job, scene.late, days)),
        notice=waiting(told, scene.around),
    )


def summary_notices(scene: Scene) -> dict[str, Any]:
    """Why nobody hears of the windows that were judged late, where that is silenced."""
    notice = unless_silenced(scene.job, SUBJECT)
    if notice.send or not scene.late:
        return {}
    return {f"{scene.job.monitor}/{SUBJECT}": notice.to_json()}


def _names(job: Job, late: Sequence[LedgerEntry], days: Sequence[Late]) -> list[str]:
    """The notifiers to use: all of them, but for an outage that another monitor told of.

    Who would hear of it once for each of its monitors hears of days that act.
    """
    away = [entry for entry in late if answered(job, entry)]
    if not away or has_acted(days):
        return list(job.notifiers)
    heard = {name for entry in away for name in heard_by(job, entry)}
    return [name for name, n in job.notifiers.items() if n.threads or name in heard]


def late_before(job: Job, window: Window) -> tuple[LedgerEntry, ...]:
    """The windows from the first that no summary told of to this one, oldest first.

    With those in between that were judged by hand. Only a window that is judged for the
    first time tells of others, and none whose followers come at once.
    """
    before = job.ledger.latest(job.monitor, window)
    if job.collecting or not is_unjudged(before):
        return ()
    earlier = job.history(window, REACH)
    untold = _untold(earlier, earlier)
    if untold:  # perhaps a later window, judged by hand, told of them
        untold = _untold(earlier, [*earlier, *job.since(window.start)])
    if not untold:
        return ()
    most = sum(untold[0].window <= e.key.window for e in earlier)
    late = job.ledger.history(job.monitor, before=window.start, limit=most)
    return tuple(e for e in late if e.key in untold or not is_unjudged(e))


def _untold(
    entries: Sequence[LedgerEntry], tellers: Iterable[LedgerEntry]
) -> list[WindowKey]:
    """Those of the entries that were left to a summary and are in none of the tellers'."""
    told = {pair for e in tellers for pair in e.record.get("caught_up", {}).items()}
    return [entry.key for entry in entries if told_late([entry]).items() - told]


def told_late(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """The starts of those that were left to a summary, and in which revision each was."""
    return {
        entry.key.window.start.isoformat(): entry.record["collected"]
        for entry in entries
        if entry.record.get("collected")
    }


def next_revision(job: Job, window: Window) -> int:
    """The revision of the window that is decided on."""
    before = job.ledger.latest(job.monitor, window)
    return before.revision + 1 if before else 1


def thread_of(job: Job, first: Window) -> str:
    """Where people hear that verdicts are missing from this window on, and are there.

    Monitors that miss theirs by one moment are missed in one thread.
    """
    if job.verdict_by is None or not job.manners.group_within:
        return f"{job.monitor}/{OVERDUE}/{first.start.isoformat()}"
    deadline = deadline_of(first, job.verdict_by).astimezone(UTC)
    return f"{OVERDUE}/{deadline.isoformat()}"


def _thread(job: Job, late: tuple[LedgerEntry, ...], first: Window) -> str:
    """The thread in which people heard of the outage, whichever they heard of first."""
    known = (answered(job, entry) for entry in late)
    missed = (
        note["body"].get("thread") or thread_of(job, first)
        for note in _missed(job)
        if first.label in note["body"]["windows"]
    )
    return next(filter(None, (*known, *missed)), "")


def _was_missed(job: Job, window: Window) -> bool:
    """Whether people heard that this window, judged for the first time, had no verdict."""
    if job.collecting or job.ledger.latest(job.monitor, window) is not None:
        return False
    return window.start.isoformat() in {note["key"] for note in _missed(job)}


def _missed(job: Job) -> list[dict[str, Any]]:
    """The notes of missing verdicts that people heard of."""
    notes = job.ledger.notes(job.monitor, OVERDUE)
    return [n for n in notes if n["body"].get("notice", {}).get("send", True)]
