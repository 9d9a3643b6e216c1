"""What people are told of a drill that failed."""

from collections.abc import Sequence

from driftline.core.action import Message, Tone
from driftline.core.drill.links import Drilled, outcome_of


def drill_failed(monitor: str, day: str, drilled: Sequence[Drilled]) -> Message:
    """The links that failed, fault by fault."""
    facts = tuple(
        (f"{each.fault.said}: {link.name}", link.said)
        for each in drilled
        for link in each.links
        if link.name in each.failed
    )
    return Message(
        key=f"notify/{monitor}/drill/{day}",
        thread=f"{monitor}/drill/{day}",
        tone=Tone.NOTE,
        title=f"{monitor}: the drill failed — a real fault like it would be missed",
        summary=f"{day}: {outcome_of(drilled)}",
        facts=facts,
        advice=(
            f"`driftline drill {monitor}` shows the chain link by link; "
            f"`driftline budget {monitor}` says which faults are seen at all."
        ),
        monitor=monitor,
    )


def could_not_drill(monitor: str, day: str, why: str) -> Message:
    """The drill could not be held, and why."""
    return Message(
        key=f"notify/{monitor}/no-drill/{day}",
        thread=f"{monitor}/no-drill/{day}",
        tone=Tone.NOTE,
        title=f"{monitor}: the drill could not be held",
        summary=why,
        advice=f"`driftline doctor {monitor}` checks what it needs.",
        monitor=monitor,
    )
