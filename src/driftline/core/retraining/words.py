"""What people are told of a retraining: asked for, in question, won, lost, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from driftline.core.action import Answer, Message, Tone
from driftline.core.model import ModelVersion


@dataclass(frozen=True, slots=True)
class Words:
    """What stands of a piece of news: the end of its key, its title and its advice.

    The title names the monitor first; `{0}` and `{1}` are the versions that it is about.
    """

    suffix: str
    title: str
    advice: str
    answers: tuple[Answer, ...] = ()


class News(Enum):
    """Everything that can be told of a retraining, in the order in which it may happen."""

    REQUESTED = Words("requested", "retraining requested", "Nothing to do.")
    APPROVAL = Words(
        "approval",
        "a retraining waits for approval",
        "If it is worth it: `driftline approve {monitor}`. Without an answer nothing is "
        "trained.",
        (Answer.APPROVE,),
    )
    PROMOTED = Words(
        "promoted",
        "{0} promoted",
        "Nothing to do. To go back, move the registry's alias to the version before.",
    )
    NOT_BETTER = Words(
        "not-better",
        "{0} stays in service",
        "Retraining did not help: look for a data bug or for missing features.",
    )
    WITHHELD = Words(
        "withheld",
        "{0} stays in service, though its challenger won",
        "`shadow: all` lets nothing serve unseen: trust the registry, leave it out, or "
        "move the registry's alias by hand.",
    )
    IN_SHADOW = Words(
        "shadow",
        "{0} in shadow beside {1}",
        "Nothing to do: the challenger serves nobody until it is surely better.",
    )
    DROPPED = Words(
        "dropped",
        "{0} dropped after its shadow",
        "Nothing to do: the version in service stays there.",
    )
    ROLLED_BACK = Words(
        "rolled-back",
        "{0} rolled back, {1} serves again",
        "Compare the days since the promotion with those of the contest before the "
        "next run; none is asked for during the cool-down.",
    )

    def key_of(self, request: str) -> str:
        """The key of the message with this news about a request."""
        return f"notify/{request}/{self.value.suffix}"

    def of(
        self,
        monitor: str,
        key: str,
        reason: str,
        links: Mapping[str, str],
        *versions: ModelVersion,
    ) -> Message:
        """The note about a retraining request's key, and why: in the reason's words.

        >>> late = ModelVersion("late", "8")
        >>> News.PROMOTED.of("flights", "r1", "AUC 0.70", {}, late).title
        'flights: late v8 promoted'
        """
        words = self.value
        return Message(
            key=self.key_of(key),
            thread="",
            tone=Tone.NOTE,
            title=f"{monitor}: {words.title.format(*versions)}",
            summary=reason,
            advice=words.advice.format(monitor=monitor),
            links=dict(links),
            monitor=monitor if words.answers else "",
            answers=words.answers,
        )
