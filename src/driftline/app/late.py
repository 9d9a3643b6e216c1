"""One message for all monitors whose windows one outage kept from being judged.

What the ledger knows was read before (`Summary`): in the verdict's transaction the thread
is chosen, so that monitors that come back at once agree on it. The first one's summary is
the message; those of the others are in it, by its being drawn again. Days that act are
news: they are told besides.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from driftline.app.summary import SUBJECT, Summary
from driftline.app.tell import Scene, Telling, redraw_actions, together
from driftline.core.action import Tone
from driftline.core.incidents.briefing import notify_actions, place_of
from driftline.core.incidents.grouping import thread_for
from driftline.core.incidents.incident import Cause, Incident, Told
from driftline.core.incidents.notice import Notice, Reason
from driftline.core.late import has_acted, in_short


def tell_late(scene: Scene, summary: Summary, others: Sequence[Incident]) -> Telling:
    """The windows judged late are in one message with those of other monitors."""
    incident = _placed(scene, summary, others)
    thread = incident.in_thread
    kin = [o for o in others if SUBJECT in o.subjects and o.in_thread == thread]
    names = _names(scene, summary, kin)
    message = replace(summary.message, thread=thread)
    told = notify_actions(message, names, scene.job.places, summary.notice.not_before)
    is_first = thread == incident.key and not kin
    drawn = [] if is_first else redraw_actions(scene.job, thread, message.key)
    notice = _notice(scene, summary, kin, names)
    return Telling(
        (_heard(scene, incident, names),),
        (*told, *together(drawn, summary.notice)),
        {f"{scene.job.monitor}/{SUBJECT}": notice.to_json()},
    )


def _placed(scene: Scene, summary: Summary, others: Sequence[Incident]) -> Incident:
    """That it was late, and is no more: in the thread of the outage, or of who was first.

    It is dated by the clock, since monitors of any window may come back at once.
    """
    job = scene.job
    at = summary.due(scene.around.now).isoformat()
    incident = Incident(
        key=f"{job.monitor}/{SUBJECT}/{scene.around.window}",
        monitor=job.monitor,
        cause=Cause.LATE,
        opened=at,
        last_window=scene.around.window,
        subjects=(SUBJECT,),
        resolved=at,
        thread=summary.thread,
        told=Told(at),
    )
    if job.manners.group_within and not summary.thread:
        thread = thread_for(incident, others, job.manners.group_within)
        incident = replace(incident, thread=thread)
    tone = Tone.UPDATED if has_acted(summary.days) else Tone.NOTE
    card = replace(summary.message, thread=incident.in_thread, tone=tone)
    return replace(incident, card=replace(card, state=in_short(summary.days)))


def _names(scene: Scene, summary: Summary, kin: Sequence[Incident]) -> list[str]:
    """The notifiers to use: a place that has the message by then hears of what acted."""
    if has_acted(summary.days):
        return list(summary.names)
    due = summary.due(scene.around.now)
    known = {place for other in kin for place in _places(other, due)}
    places = {name: place_of(name, scene.job.places) for name in summary.names}
    return [name for name, place in places.items() if place not in known]


def _places(other: Incident, due: datetime) -> tuple[str, ...]:
    """Where people have another monitor's summary by then."""
    told = other.told
    if told is None or datetime.fromisoformat(told.at) > due:
        return ()
    return told.places


def _heard(scene: Scene, incident: Incident, names: Sequence[str]) -> Incident:
    assert incident.told is not None
    places = tuple(sorted({place_of(name, scene.job.places) for name in names}))
    return replace(incident, told=replace(incident.told, places=places))


def _notice(
    scene: Scene, summary: Summary, kin: Sequence[Incident], names: Sequence[str]
) -> Notice:
    """Whether people hear of it from this monitor, or from which one."""
    if names or not scene.job.notifiers:
        return summary.notice
    return Notice(False, Reason.SHARED, kin[0].monitor if kin else "others")
