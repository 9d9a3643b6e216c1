"""What people are told of a window that could not be judged, and of one that was after all."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.pending import due_of
from driftline.app.tell import Scene, Telling
from driftline.core.action import Action, Message
from driftline.core.incidents.briefing import (
    arrived,
    blind_thread,
    cannot_tell,
    notify_actions,
)
from driftline.core.incidents.notice import Notice, Reason, pending, waiting
from driftline.core.incidents.silence import silencer
from driftline.core.verdict import Word
from driftline.core.window import Window
from driftline.ports import LedgerEntry


def tell_blind(scene: Scene) -> Telling:
    """A window that cannot be judged is told of once, unless somebody silenced that."""
    job, around = scene.job, scene.around
    if scene.verdict.word is not Word.CANNOT_TELL:
        return _arrived(scene)
    silence = silencer(["slice"], around.silences, around.now)
    if job.collecting:
        notice = Notice(False, Reason.COLLECTED)
    elif silence is not None:
        notice = Notice(False, Reason.SILENCED, silence.said)
    elif _told_before(job, scene.seen):
        notice = Notice(False, Reason.NOTHING_NEW)
    else:
        first = Notice(True, Reason.FIRST, news=Reason.FIRST)
        notice = pending(first, _due(scene), around)
    was = _slice_notice(scene, scene.seen.window)
    message = cannot_tell(scene.occasion, scene.verdict, _due(scene))
    known = {
        "heard": notice.send or was.get("heard"),
        "thread": message.thread if notice.send else _outage(scene),
        "from": _heard_from(scene, notice) or was.get("from"),
    }
    notices = {f"{job.monitor}/slice": {**notice.to_json(), **known}}
    return Telling((), _told(scene, message, notice), notices)


def _told(scene: Scene, message: Message, notice: Notice) -> tuple[Action, ...]:
    """The message to everybody; before its hour, one for a window that stays unjudged."""
    if not notice.send:
        return ()
    job, window = scene.job, scene.seen.window
    actions = notify_actions(message, job.notifiers, job.places, notice.not_before)
    if not _heard_from(scene, notice):
        return tuple(actions)
    unless = {"unless_judged": window.to_json()}
    return tuple(replace(each, payload=each.payload | unless) for each in actions)


def _heard_from(scene: Scene, notice: Notice) -> str:
    """When people hear of a window whose verdict is not due yet; empty for any other."""
    due = _due(scene)
    pending_yet = notice.send and due is not None and due > scene.around.now
    return notice.not_before.isoformat() if pending_yet and notice.not_before else ""


def _due(scene: Scene) -> datetime | None:
    return due_of(scene.job, scene.seen.window)


def _arrived(scene: Scene) -> Telling:
    """People who heard that the window could not be judged hear that it is by now.

    Of a later window of the same outage they had heard nothing: it is a reply in the
    outage's thread, and no message where there are no threads. Where a summary has the
    window, it is the reply for all of them.
    """
    was = _slice_notice(scene, scene.seen.window)
    thread = was.get("thread") or blind_thread(scene.occasion)
    if not (was.get("heard") or was.get("thread")):
        return Telling()
    job = scene.job
    if was.get("from") and not _went_out(scene, was["from"]):
        untold = Notice(False, Reason.UNTOLD)
        return Telling((), (), {f"{job.monitor}/slice": untold.to_json()})
    if job.collecting or scene.late:
        told = Notice(False, Reason.COLLECTED).to_json()
        return Telling((), (), {f"{job.monitor}/slice": {**told, "answered": thread}})
    resolved = Notice(True, Reason.RESOLVED, news=Reason.RESOLVED)
    notice = waiting(resolved, scene.around)
    message = arrived(scene.occasion, scene.verdict, thread)
    names = [n for n, each in job.notifiers.items() if was.get("heard") or each.threads]
    actions = notify_actions(message, names, job.places, notice.not_before)
    return Telling((), tuple(actions), {f"{job.monitor}/slice": notice.to_json()})


def _went_out(scene: Scene, begins: str) -> bool:
    """Whether people heard at the hour: somebody has to be there then who sends it."""
    if scene.around.now < datetime.fromisoformat(begins):
        return False
    key = scene.occasion.key(scene.job.monitor, Word.CANNOT_TELL.value)
    rows = scene.job.ledger.actions(scene.job.monitor)
    return any(r["state"] == "done" and r["key"].startswith(f"{key}/") for r in rows)


def _outage(scene: Scene) -> str:
    """The thread of the outage that this window goes on with; empty where none was told."""
    window = scene.seen.window
    known = (_slice_notice(scene, each) for each in (window, window.previous))
    return next((each["thread"] for each in known if each.get("thread")), "")


def _slice_notice(scene: Scene, window: Window) -> dict[str, Any]:
    """Whether people heard that a window could not be judged, and in which thread."""
    before = scene.job.ledger.latest(scene.job.monitor, window)
    return _notice_of(scene.job, before) if before else {}


def answered(job: Job, entry: LedgerEntry) -> str:
    """The thread in which people heard that a window of a summary could not be judged."""
    return str(_notice_of(job, entry).get("answered", ""))


def _notice_of(job: Job, entry: LedgerEntry) -> dict[str, Any]:
    notices = entry.record.get("notices", {})
    found: dict[str, Any] = notices.get(f"{job.monitor}/slice", {})
    return found


def _told_before(job: Job, seen: Observation) -> bool:
    """Whether this window, or the one before it, was not to be judged either."""
    around = (seen.window, seen.window.previous)
    entries = (job.ledger.latest(job.monitor, window) for window in around)
    return any(e is not None and e.verdict == Word.CANNOT_TELL for e in entries)
