"""How flows that only send messages end."""

from dataclasses import dataclass, field

from driftline.adapters.runners.messages import (
    conclude_answer,
    conclude_deliveries,
    over_monitors,
    run_key,
)
from driftline.core.action import Action, ActionKind
from driftline.errors import LedgerUnavailable


@dataclass(frozen=True)
class Delivered:
    """One delivery, as far as it is shown."""

    state: str
    detail: str = ""
    action: Action = field(default_factory=lambda: Action(ActionKind.NOTIFY, "k"))


def test_messages_that_went_out_or_wait_are_no_failure():
    """What is postponed is tried again by the next run."""
    state = conclude_deliveries({"a": [Delivered("done"), Delivered("postponed")]})
    assert (state.name, state.message) == ("Completed", "1 delivered, 1 postponed")
    assert conclude_deliveries({}).message == "0 delivered"


def test_a_lost_message_or_a_broken_monitor_is_a_failure():
    """The run says which, after the others were served."""
    served = []

    def deliver(name: str) -> list[Delivered]:
        served.append(name)
        if name == "b":
            raise LedgerUnavailable("the ledger was locked")
        return [Delivered("failed", "no such channel")]

    state = conclude_deliveries(over_monitors(deliver, ["a", "b", "c"]))
    assert served == ["a", "b", "c"]
    assert state.name == "Failed"
    assert "b: the ledger was locked" in state.message
    assert "no such channel" in state.message


def test_an_answer_is_a_named_state():
    """Outside a flow run every answer is one of its own."""
    assert conclude_answer("acknowledged").name == "Answered"
    assert run_key() != run_key()
