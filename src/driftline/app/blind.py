"""What people are told of a window that could not be judged, and of one that was after all.

What the ledger knows was read before (`Gap`): in the verdict's transaction only the thread
is chosen, so that all monitors that one outage keeps from judging agree on it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from driftline.app.gap import ANSWERED, BY, Gap, notice_key
from driftline.app.job import Job
from driftline.app.pending import due_of, is_early
from driftline.app.tell import Scene, Telling, audience, redraw_actions, together
from driftline.core.action import Action, Message
from driftline.core.incidents.briefing import (
    arrived,
    blind_thread,
    cannot_tell,
    notify_actions,
)
from driftline.core.incidents.grouping import thread_for
from driftline.core.incidents.incident import (
    Incident,
    Progress,
    Step,
    Told,
    subjects_of,
)
from driftline.core.incidents.notice import Notice, Reason, pending, waiting
from driftline.core.incidents.outage import SUBJECT
from driftline.core.incidents.silence import silencer
from driftline.core.verdict import Verdict, Word


def tell_blind(scene: Scene, gap: Gap, others: Sequence[Incident]) -> Telling:
    """A window that cannot be judged is told of once, unless somebody silenced that.

    `others` is what other monitors have open.
    """
    if not scene.waits:
        return _arrived(scene, gap)
    incident = _placed(scene, gap, others)
    notice = _notice(scene, gap, incident)
    thread = incident.in_thread if incident else ""
    message = cannot_tell(scene.occasion, _unjudged(scene), _due(scene), thread)
    names = _names(scene, incident, notice, others)
    known = {
        "heard": notice.send or gap.was.get("heard"),
        BY: names if notice.send else (gap.was or gap.told).get(BY),
        "thread": message.thread if notice.send else gap.thread,
        "from": _heard_from(scene, notice) or gap.was.get("from"),
    }
    notices = {notice_key(scene.job.monitor): {**notice.to_json(), **known}}
    actions = _told(scene, message, notice, names)
    if incident is None or not notice.send:
        return Telling(_some(incident), tuple(actions), notices)
    incident = _heard(scene, incident, notice, message)
    if not gap.opens or incident.in_thread != incident.key:
        actions += _redrawn(scene, incident, notice)
    return Telling((incident,), tuple(actions), notices)


def _unjudged(scene: Scene) -> Verdict:
    """The verdict; of a window that acts though the registry is away, for that reason."""
    word, away = scene.verdict.word, scene.seen.away
    if word is Word.CANNOT_TELL or away is None:
        return scene.verdict
    return Verdict(word, (away,))


def _placed(scene: Scene, gap: Gap, others: Sequence[Incident]) -> Incident | None:
    """The outage in its thread: an older one's of the same place, or its own."""
    within = scene.job.manners.group_within
    if gap.incident is None or not gap.opens or not within:
        return gap.incident
    return replace(gap.incident, thread=thread_for(gap.incident, others, within))


def _notice(scene: Scene, gap: Gap, incident: Incident | None) -> Notice:
    around = scene.around
    blind = subjects_of([f for f in scene.findings if f.blinds])
    silences = [silencer(s, around.silences, around.now) for s in ([SUBJECT], blind)]
    silence = next(filter(None, silences), None)
    if scene.job.collecting:
        return Notice(False, Reason.COLLECTED)
    if silence is not None:
        return Notice(False, Reason.SILENCED, silence.said)
    if gap.known:
        return Notice(False, Reason.NOTHING_NEW)
    first = Notice(True, Reason.FIRST, news=Reason.FIRST)
    if incident is not None and incident.in_thread != incident.key:
        thread = incident.in_thread
        first = Notice(True, Reason.GROUPED, thread, news=Reason.GROUPED)
    return pending(first, _due(scene), around)


def _names(
    scene: Scene,
    incident: Incident | None,
    notice: Notice,
    others: Sequence[Incident],
) -> list[str]:
    """The notifiers to use, as for any incident."""
    if incident is None:
        return list(scene.job.notifiers)
    kin = [other for other in others if other.in_thread == incident.in_thread]
    return audience(scene, Progress(Step.OPEN, incident, ()), notice, kin)


def _told(
    scene: Scene, message: Message, notice: Notice, names: Sequence[str]
) -> list[Action]:
    """The message to everybody; before its hour, one for a window that stays unjudged."""
    if not notice.send:
        return []
    job, window = scene.job, scene.seen.window
    actions = notify_actions(message, names, job.places, notice.not_before)
    if not _heard_from(scene, notice):
        return actions
    unless = {"unless_judged": window.to_json()}
    return [replace(each, payload=each.payload | unless) for each in actions]


def _heard(
    scene: Scene, incident: Incident, notice: Notice, message: Message
) -> Incident:
    """The outage as people know it: in all their places, unless it waits for its hour.

    What waits may never be sent, so that nobody else is silent for it.
    """
    held = bool(_heard_from(scene, notice))
    places = () if held else tuple(sorted(set(scene.job.places.values())))
    told = Told(scene.around.now.isoformat(), incident.subjects, places=places)
    return replace(incident, told=told, card=message)


def _redrawn(scene: Scene, incident: Incident, notice: Notice) -> list[Action]:
    """The thread's first message as it stands after this window."""
    key = f"{incident.key}/{scene.around.window}/{scene.seen.key.fingerprint}"
    actions = redraw_actions(scene.job, incident.in_thread, key)
    return together(actions, notice)


def _heard_from(scene: Scene, notice: Notice) -> str:
    """When people hear of a window whose verdict is not due yet; empty for any other."""
    early = is_early(scene.job, scene.seen.window)
    if not (early and notice.send and notice.not_before):
        return ""
    return notice.not_before.isoformat()


def _due(scene: Scene) -> datetime | None:
    return due_of(scene.job, scene.seen.window)


def _arrived(scene: Scene, gap: Gap) -> Telling:
    """People who heard that the window could not be judged hear that it is by now.

    Of a later window of the same outage they had heard nothing: it is a reply in the
    outage's thread, and no message where there are no threads. Where a summary has the
    window, it is the reply for all of them. An outage that is over is shown in its
    thread's first message.
    """
    name = notice_key(scene.job.monitor)
    if not gap.sent:
        untold = Notice(False, Reason.UNTOLD)
        return Telling(_some(_unheard(gap.incident)), (), {name: untold.to_json()})
    notice = waiting(Notice(True, Reason.RESOLVED, news=Reason.RESOLVED), scene.around)
    ended = gap.incident if gap.step is Step.RESOLVE else None
    drawn = _redrawn(scene, ended, notice) if ended and ended.told else []
    if not (gap.was.get("heard") or gap.was.get("thread")):
        return Telling(_some(ended), tuple(drawn))
    if scene.job.collecting or scene.late:
        left = Notice(False, Reason.COLLECTED).to_json()
        heard = {ANSWERED: _thread(scene, gap), BY: _told_by(scene.job, gap)}
        return Telling(_some(ended), tuple(drawn), {name: {**left, **heard}})
    actions = (*_answered(scene, gap, notice), *drawn)
    return Telling(_some(ended), actions, {name: notice.to_json()})


def _answered(scene: Scene, gap: Gap, notice: Notice) -> list[Action]:
    """Word of the verdict to whoever heard that there was none, and into the thread."""
    job = scene.job
    heard = _told_by(job, gap) if gap.was.get("heard") else []
    names = [name for name, n in job.notifiers.items() if name in heard or n.threads]
    message = arrived(scene.occasion, scene.verdict, _thread(scene, gap))
    return notify_actions(message, names, job.places, notice.not_before)


def _told_by(job: Job, gap: Gap) -> list[str]:
    """The notifiers by which people heard of the outage."""
    by: list[str] | None = gap.was.get(BY)
    return list(job.notifiers) if by is None else by


def _unheard(incident: Incident | None) -> Incident | None:
    """An outage that nobody was told of is in nobody's first message."""
    return replace(incident, told=None, card=None) if incident else None


def _thread(scene: Scene, gap: Gap) -> str:
    """The thread in which people heard that there was no verdict."""
    return gap.was.get("thread") or blind_thread(scene.occasion)


def _some(incident: Incident | None) -> tuple[Incident, ...]:
    return () if incident is None else (incident,)
