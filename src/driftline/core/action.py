"""What a verdict causes, decided with it and carried out after it is recorded."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

CLAIM = timedelta(minutes=5)
"""How long a claimed action is reserved; longer than any notifier tries."""

STRAY = timedelta(hours=1)
"""What is further ahead than it can be, and by this much, a wrong clock has written."""

LONGEST_PAUSE = timedelta(hours=6)
"""Between two attempts at one action."""

MAX_ATTEMPTS = 20
"""Then an action is given up: about three days when somebody tries whenever it is due."""


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: it doubles from one minute.

    >>> [pause_after(n).total_seconds() / 60 for n in (1, 2, 3, 20)]
    [1.0, 2.0, 4.0, 360.0]
    """
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)


class ActionKind(StrEnum):
    """The kinds of work that an outbox row can ask for."""

    LOG = "log"
    NOTIFY = "notify"
    REDRAW = "redraw"
    CHART = "chart"
    PROMOTE = "promote"
    ROLL_BACK = "roll back"
    RETRAIN = "retrain"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do exactly once. `key` is the same however often it is decided.

    Actions of one `lane` are carried out one after the other, in the order in which
    they were recorded; an empty lane waits for nobody. One that is `not_before` a later
    time holds nothing up until then.
    """

    kind: ActionKind
    key: str
    payload: dict[str, Any] = field(default_factory=dict)
    lane: str = ""
    not_before: datetime | None = None


class Tone(StrEnum):
    """Why a message is sent; the notifier picks colours and words of its own for it."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    NOTE = "note"


class Answer(StrEnum):
    """What a person can say to a message, by a button or on the command line."""

    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    RETRAIN = "retrain"
    APPROVE = "approve"
    FALSE_ALARM = "false-alarm"


@dataclass(frozen=True, slots=True)
class Chart:
    """One number over windows, oldest first, and the bounds of the last one.

    A window that was not judged has no value.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    lower: float | None = None
    upper: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for the outbox."""
        return {
            "title": self.title,
            "labels": list(self.labels),
            "values": list(self.values),
            "lower": self.lower,
            "upper": self.upper,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            values["title"],
            tuple(values["labels"]),
            tuple(values["values"]),
            values["lower"],
            values["upper"],
        )


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is told, before any notifier has given it a form.

    `facts` are the findings that matter, as (what, sentence) pairs, the weightiest
    first. `links` maps a word to an address or a path. `thread` groups the messages of
    one incident. `matters` says what the trouble means for the model, `doing` what is
    being done about it, `state` where the incident stands. `members` are the monitors
    that share the thread, each with a sentence. `answers` are what the reader may
    reply. Text may hold data: every notifier escapes it.
    """

    key: str
    thread: str
    tone: Tone
    title: str
    summary: str
    facts: tuple[tuple[str, str], ...] = ()
    advice: str = ""
    links: dict[str, str] = field(default_factory=dict)
    monitor: str = ""
    state: str = ""
    matters: str = ""
    doing: str = ""
    members: tuple[tuple[str, str], ...] = ()
    answers: tuple[Answer, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for the outbox."""
        return {
            "key": self.key,
            "thread": self.thread,
            "tone": self.tone.value,
            "title": self.title,
            "summary": self.summary,
            "facts": [list(fact) for fact in self.facts],
            "advice": self.advice,
            "links": self.links,
            "monitor": self.monitor,
            "state": self.state,
            "matters": self.matters,
            "doing": self.doing,
            "members": [list(member) for member in self.members],
            "answers": [answer.value for answer in self.answers],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            key=values["key"],
            thread=values["thread"],
            tone=Tone(values["tone"]),
            title=values["title"],
            summary=values["summary"],
            facts=tuple((what, text) for what, text in values["facts"]),
            advice=values["advice"],
            links=dict(values["links"]),
            monitor=values.get("monitor", ""),
            state=values.get("state", ""),
            matters=values.get("matters", ""),
            doing=values.get("doing", ""),
            members=tuple((name, text) for name, text in values.get("members", ())),
            answers=tuple(Answer(answer) for answer in values.get("answers", ())),
        )
