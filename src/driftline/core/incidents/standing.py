"""The first message of a thread as it stands now: one incident, or several of one fault."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from driftline.core.action import Answer, Message, Tone
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.window import local_day
from driftline.core.wording import ended

NAMED = 3
"""Subjects and monitors that a title names; the others are counted."""

MISSED = "overdue"
"""The subject of what was told of verdicts that are missing."""

FOR_ALL = (Answer.ACKNOWLEDGE, Answer.SILENCE, Answer.FALSE_ALARM)
"""What can be answered for several monitors at once."""


def standing(
    members: Sequence[Incident], answers: Mapping[str, str], zones: Mapping[str, str]
) -> Message | None:
    """What a thread's first message says by now; None while nobody was told of any.

    `answers` says, by an incident's key, what its owner answered, and `zones`, by
    monitor, by whose clock its days are counted; neither is asked of what was late.
    """
    shown = [incident for incident in members if incident.card is not None]
    late = [incident for incident in shown if incident.cause is Cause.LATE]
    known = [incident for incident in shown if incident not in late]
    if not known:
        return _latest(late)
    states = {
        i.key: state_of(i, answers.get(i.key, ""), zones[i.monitor]) for i in known
    }
    if len(known) > 1:
        return _of_many(known, states | _with_late(known, states, late))
    [incident] = known
    assert incident.card is not None
    card = replace(
        incident.card, key=f"card/{incident.key}", state=states[incident.key]
    )
    if incident.is_open:
        return replace(card, tone=_open_tone(incident))
    title = f"{incident.monitor}: resolved — {_over(incident)}"
    return replace(card, tone=Tone.RESOLVED, title=title, answers=())


def _latest(late: Sequence[Incident]) -> Message | None:
    """What was last told of each monitor: that verdicts are missing, or what they are."""
    newest = {
        i.monitor: i for i in sorted(late, key=lambda i: (i.opened, i.last_window))
    }
    ordered = sorted(
        newest.values(), key=lambda i: (not _acted(i), not _facts(i), i.monitor)
    )
    first = ordered[0].card if ordered else None
    if first is None or len(ordered) == 1:
        return first
    if any(MISSED in incident.subjects for incident in ordered):
        return _missed(ordered, first)
    return _judged_late(ordered, first)


def _missed(ordered: Sequence[Incident], first: Message) -> Message:
    """Monitors without a verdict by one moment, and those that have theirs by now."""
    waiting = [i.monitor for i in ordered if MISSED in i.subjects]
    return replace(
        first,
        key=f"card/{ordered[0].in_thread}",
        tone=Tone.OPENED,
        title=f"{len(waiting)} of {len(ordered)} monitors: no verdict",
        summary=f"Nobody is watching {some(waiting)}.",
        facts=(),
        members=tuple((i.monitor, _late_said(i)) for i in ordered),
        links={},
    )


def _judged_late(ordered: Sequence[Incident], first: Message) -> Message:
    """One outage that is over: what every monitor made up for, unhealthy ones first."""
    monitors = [incident.monitor for incident in ordered]
    unwell = sum(bool(_facts(incident)) for incident in ordered)
    return replace(
        first,
        key=f"card/{ordered[0].in_thread}",
        title=f"{len(monitors)} monitors: judged late after one outage",
        summary=(
            f"Windows of {some(monitors)} waited for a verdict; each has been judged "
            f"once, oldest first. {unwell or 'None'} of {len(monitors)} had other than "
            "healthy ones. What is still wrong has its own thread."
        ),
        state="",
        facts=(),
        members=tuple((i.monitor, _late_said(i)) for i in ordered),
        links=_links(ordered),
    )


def _with_late(
    known: Sequence[Incident], states: Mapping[str, str], late: Sequence[Incident]
) -> dict[str, str]:
    """The states of monitors that made up for their windows since, with what came of it."""
    said = {incident.monitor: _late_said(incident) for incident in late}
    return {
        i.key: f"{states[i.key]}. Judged late: {said[i.monitor]}".rstrip(".")
        for i in known
        if i.monitor in said
    }


def _late_said(incident: Incident) -> str:
    """The windows and their verdicts, and what the unhealthy ones were about."""
    card = incident.card
    parts = [(card.state or card.summary) if card else ""]
    parts += [f"{label}: {text}" for label, text in _facts(incident)[:NAMED]]
    return " ".join(ended(part) for part in parts if part)


def _acted(incident: Incident) -> bool:
    """Whether one of the windows judged late is more than a note."""
    return incident.card is not None and incident.card.tone is not Tone.NOTE


def _facts(incident: Incident) -> tuple[tuple[str, str], ...]:
    return incident.card.facts if incident.card else ()


def _open_tone(incident: Incident) -> Tone:
    """An outage is no page: nothing is known to be wrong with the model."""
    return Tone.NOTE if incident.cause is Cause.OUTAGE else Tone.OPENED


def _over(incident: Incident) -> str:
    if incident.cause is Cause.OUTAGE:
        return "it can be judged again"
    return f"{incident.cause} trouble: {some(incident.subjects)}"


def date_said(moment: str, zone: str) -> str:
    """The local date of a moment in ISO form; text that is none stays as it is.

    >>> date_said("2026-02-28T23:00:00+00:00", "Europe/Berlin")
    '2026-03-01'
    """
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return (local_day(at, zone) if at.tzinfo else at.date()).isoformat()


def state_of(incident: Incident, answer: str, zone: str) -> str:
    """Since when it lasts, or until when it did, and what its owner said.

    >>> from driftline.core.incidents.incident import Cause
    >>> midnight = "2026-02-28T23:00:00+00:00"
    >>> calm = Incident("k", "m", Cause.DATA, midnight, "w", quiet_windows=1)
    >>> state_of(calm, "acknowledged by ann", "Europe/Berlin")
    'Since 2026-03-01, quiet for 1 window; acknowledged by ann'
    """
    since = date_said(incident.opened, zone)
    words = f"Since {since}"
    if not incident.is_open:
        words = f"Resolved on {date_said(incident.resolved, zone)}, began on {since}"
    elif incident.quiet_windows:
        plural = "" if incident.quiet_windows == 1 else "s"
        words += f", quiet for {incident.quiet_windows} window{plural}"
    return f"{words}; {answer}" if answer else words


def some(names: Sequence[str]) -> str:
    """At most three by name.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _of_many(members: Sequence[Incident], states: Mapping[str, str]) -> Message:
    """One fault, the monitors that feel it, and what each of them says."""
    ordered = sorted(members, key=lambda i: (not i.is_open, i.opened, i.monitor))
    first = ordered[0].card
    assert first is not None
    is_open = any(incident.is_open for incident in members)
    monitors = sorted({incident.monitor for incident in members})
    title, what = _shared(members, is_open=is_open)
    return replace(
        first,
        key=f"card/{ordered[0].in_thread}",
        tone=_open_tone(ordered[0]) if is_open else Tone.RESOLVED,
        title=f"{len(monitors)} monitors: {title}",
        summary=f"{what.format(some(monitors))} First seen: {first.summary}",
        state=f"{sum(i.is_open for i in members)} of {len(members)} incidents are open",
        members=tuple((i.monitor, _member(i, states[i.key])) for i in ordered),
        links=_links(ordered),
        answers=FOR_ALL if is_open and first.answers else (),
    )


def _shared(members: Sequence[Incident], *, is_open: bool) -> tuple[str, str]:
    """What the members have in common, for the title and for the summary."""
    if members[0].cause is Cause.OUTAGE:
        said = "cannot tell — one outage" if is_open else "resolved — one outage"
        return said, "What {} have in common gave no answer: mend it once."
    subjects = sorted({name for incident in members for name in incident.subjects})
    said = "one fault" if is_open else "resolved — one fault"
    return (
        f"{said} upstream: {some(subjects)}",
        "The same source, or the same columns, of {} moved at one time: mend it once, "
        "where it comes from.",
    )


def _member(incident: Incident, state: str) -> str:
    assert incident.card is not None
    if incident.cause is Cause.OUTAGE:
        return f"{state}."
    return f"{some(incident.subjects)}. {state}. {incident.card.matters}".strip()


def _links(members: Sequence[Incident]) -> dict[str, str]:
    """Each monitor's report."""
    found: dict[str, str] = {}
    for incident in members:
        report = incident.card.links.get("report") if incident.card else None
        if report:
            found.setdefault(f"report of {incident.monitor}", report)
    return found
