"""What of the outbox is for people: a message, the first message redrawn, a chart."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from driftline.app.unjudged import still_waits
from driftline.core.action import Action, Chart, Message
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.silence import (
    LIFTED,
    NOTE,
    Silence,
    in_force,
    silencer,
)
from driftline.core.incidents.standing import standing
from driftline.core.window import Window
from driftline.errors import DeliveryFailed
from driftline.ports import Ledger, Notifier, OutboxRow

Notifiers = Mapping[str, Notifier]
"""By the names that actions name."""

ACKNOWLEDGED = "acknowledged"
"""The kind of note by which somebody takes an incident on; its key is the incident's."""

FALSE_ALARM = "false-alarm"
"""The kind of note that says an incident was none; its key is the incident's."""

UNLESS_ANSWERED = "unless_answered"
"""Where an escalation's payload has the key of its incident."""

BESIDE = "beside"
"""Where it has the lane of the thread: its own is that of the thread's escalations."""

ESCALATED = "escalated"
"""The receipt of an escalation where the service gave none."""

ANSWERED = {
    ACKNOWLEDGED: "acknowledged by",
    FALSE_ALARM: "called a false alarm by",
}


def silences_in(ledger: Ledger, monitor: str, now: datetime) -> list[Silence]:
    """A monitor's silences that are in force."""
    silences = [Silence.from_note(monitor, n) for n in ledger.notes(monitor, NOTE)]
    lifted = {note["key"] for note in ledger.notes(monitor, LIFTED)}
    return in_force(silences, lifted, now)


def post(ledger: Ledger, notifiers: Notifiers, row: OutboxRow, now: datetime) -> str:
    """What was begun before is looked for first: it may have arrived all the same."""
    action = row.action
    escalates = BESIDE in action.payload
    thread = ledger.receipt(action.payload.get(BESIDE, action.lane))
    lonely = action.payload.get("only_in_thread") and not thread
    if lonely or _answered(ledger, action, now) or _judged(ledger, action):
        return ""
    notifier = _notifier(notifiers, action)
    message = Message.from_json(action.payload["message"])
    found = notifier.find(message, thread) if row.again else None
    receipt = (found or notifier.send(message, thread)).thread
    return receipt or (ESCALATED if escalates else "")


def redraw(ledger: Ledger, notifiers: Notifiers, action: Action) -> str:
    """The thread's first message says how things stand now, if there is one."""
    notifier = _notifier(notifiers, action)
    receipt = ledger.receipt(action.lane)
    thread = action.payload["thread"]
    members = ledger.incidents(thread=thread)
    asked = [each for each in members if each.cause is not Cause.LATE]
    zones = {each.monitor: zone_of(ledger, each.monitor) for each in asked}
    card = standing(members, answers_of(ledger, asked), zones)
    if receipt and card is not None:
        notifier.redraw(card, receipt)
    return ""


def attach(ledger: Ledger, notifiers: Notifiers, action: Action) -> str:
    """The chart is in the thread, if there is one."""
    receipt = ledger.receipt(action.lane)
    if receipt:
        chart = Chart.from_json(action.payload["chart"])
        _notifier(notifiers, action).attach(chart, action.key, receipt)
    return ""


def _notifier(notifiers: Notifiers, action: Action) -> Notifier:
    """The notifier that the action names, or another one for the same place."""
    name, place = action.payload["notifier"], action.payload.get("place")
    named = notifiers.get(name)
    same = [n for n in notifiers.values() if n.place and n.place == place]
    if named is not None and (named in same or not same):
        return named
    if same:
        return same[0]
    known = ", ".join(sorted(notifiers)) or "none"
    raise DeliveryFailed(
        f"no notifier named {name!r} is set up any more; known: {known}"
    )


def _answered(ledger: Ledger, action: Action, now: datetime) -> bool:
    """Whether an escalation has become needless: taken on, silenced, or over.

    So it has where another monitor's of the same thread came to the same place.
    """
    key = action.payload.get(UNLESS_ANSWERED)
    if key is None:
        return False
    if BESIDE in action.payload and ledger.receipt(action.lane):
        return True
    thread = action.payload["message"]["thread"]
    incidents = [i for i in ledger.incidents(thread=thread) if i.key == key]
    if not incidents or not incidents[0].is_open or answers_of(ledger, incidents):
        return True
    [incident] = incidents
    silences = silences_in(ledger, incident.monitor, now)
    return silencer(incident.subjects, silences, now) is not None


def _judged(ledger: Ledger, action: Action) -> bool:
    """Whether the window that people were to hear could not be judged is judged by now."""
    window = action.payload.get("unless_judged")
    if window is None:
        return False
    monitor = action.payload["message"]["monitor"]
    entry = ledger.latest(monitor, Window.from_json(window))
    return entry is not None and not still_waits(entry)


def zone_of(ledger: Ledger, monitor: str) -> str:
    """The zone by whose clock the monitor's last window was cut; UTC before any."""
    last = ledger.history(monitor, limit=1, topics=())
    return last[0].key.window.zone if last else "UTC"


def answers_of(ledger: Ledger, incidents: Iterable[Incident]) -> dict[str, str]:
    """What the owners answered to these incidents, in words, by the incident's key."""
    said = {}
    for incident in incidents:
        for kind, words in ANSWERED.items():
            for note in ledger.notes(incident.monitor, kind):
                if note["key"] == incident.key:
                    said[incident.key] = f"{words} {note['body']['author']}"
    return said
