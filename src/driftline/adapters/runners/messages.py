"""Prefect's side of sending messages apart from a day."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from driftline.adapters.runners._reports import Delivered
from driftline.errors import DriftlineError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

Deliveries = Sequence[Delivered]


def over_monitors(
    deliver: Callable[[str], Deliveries], monitors: Sequence[str]
) -> dict[str, Deliveries | DriftlineError]:
    """What became of each monitor's messages, or the error that broke it.

    A monitor that breaks keeps no other one's messages back.
    """
    ended: dict[str, Deliveries | DriftlineError] = {}
    for name in monitors:
        try:
            ended[name] = deliver(name)
        except DriftlineError as error:
            ended[name] = error
    return ended


def conclude_deliveries(
    ended: Mapping[str, "Deliveries | DriftlineError"],
) -> "State[Any]":
    """`Failed` where a message will not be sent or a monitor broke, and says which."""
    from prefect.states import Completed, Failed

    broken = [f"{n}: {e}" for n, e in ended.items() if isinstance(e, DriftlineError)]
    tried = [d for e in ended.values() if not isinstance(e, DriftlineError) for d in e]
    lost = [delivery.detail for delivery in tried if delivery.state == "failed"]
    if broken or lost:
        return Failed(message="; ".join([*broken, *lost])[:500])
    done = sum(delivery.state == "done" for delivery in tried)
    waiting = f", {len(tried) - done} postponed" if len(tried) > done else ""
    return Completed(message=f"{done} delivered{waiting}")


def run_key() -> str:
    """The same for every attempt of one flow run; another one each time outside of any."""
    from uuid import uuid4

    from prefect.runtime import flow_run

    return f"prefect/{flow_run.id or uuid4()}"


def conclude_answer(said: str) -> "State[Any]":
    """A completed state that says what came of an answer."""
    from prefect.states import Completed

    return Completed(name="Answered", message=said[:500])
