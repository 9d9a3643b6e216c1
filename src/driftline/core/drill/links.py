"""What a drill proved: one link of the chain after another."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from driftline.core.action import Message
from driftline.core.drill.planting import Fault

MARK = "DRILL"
"""The first word of every message that a drill composes."""

NOTE = "drill"
"""The kind of note that a drill leaves in the ledger: all that stays of it."""


class State(StrEnum):
    """What became of a link. `held` is kept back by a named interlock or a person."""

    PROVED = "proved"
    HELD = "held back"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain from a fault to what it sets in motion."""

    name: str
    state: State
    said: str


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as a notifier would have sent it, or has."""

    notifier: str
    message: Message
    draft: str


@dataclass(frozen=True, slots=True)
class Drilled:
    """One fault gone through the whole path. `windows` are the labels of its days."""

    fault: Fault
    windows: tuple[str, ...]
    links: tuple[Link, ...]
    sent: tuple[Sent, ...] = ()

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the links that failed."""
        return self._in(State.FAILED)

    @property
    def was_found(self) -> bool:
        """Whether the fault brought out a finding that counts as it has to."""
        return "found" not in self.failed

    @property
    def outcome(self) -> str:
        """What came of it in a few words."""
        if self.failed:
            return f"failed in {', '.join(self.failed)}"
        held = self._in(State.HELD)
        return f"proved, but for {', '.join(held)} (held back)" if held else "proved"

    def _in(self, state: State) -> tuple[str, ...]:
        return tuple(link.name for link in self.links if link.state is state)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for the note and for programs."""
        return {
            "fault": self.fault.said,
            "kind": self.fault.name,
            "column": self.fault.column,
            "size": self.fault.size,
            "windows": list(self.windows),
            "links": [
                {"name": link.name, "state": link.state.value, "said": link.said}
                for link in self.links
            ],
        }


def outcome_of(drilled: Sequence[Drilled]) -> str:
    """All faults in one line."""
    return "; ".join(f"{each.fault.said}: {each.outcome}" for each in drilled)


def marked(message: Message, fault: Fault) -> Message:
    """The message as a drill shows it: it says what it is, and takes no answers."""
    return replace(
        message,
        key=f"drill/{message.key}",
        thread=f"drill/{message.thread}",
        title=f"{MARK}: {message.title}",
        summary=f"A drill, nothing is wrong: {fault.said}. {message.summary}",
        answers=(),
        links={},
    )
