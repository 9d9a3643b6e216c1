"""Carry out what the outbox holds: tell people, ask for retraining.

Everything here happens after the verdict is recorded. A notifier that is down costs
nobody else a message: its action stays in the outbox, is tried again after growing
pauses by whoever drains next, and is given up after `MAX_ATTEMPTS` with its reason kept.
An action that was sent by a process killed before it could say so is sent once more,
with the same key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from driftline.core.action import MAX_ATTEMPTS, Action, ActionKind, Message
from driftline.errors import DeliveryFailed
from driftline.ports import Dispatcher, Ledger, Notifier, OutboxRow, RetrainRequest


class State(StrEnum):
    """What became of an action."""

    DONE = "done"
    POSTPONED = "postponed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One action that was tried. `detail` is its receipt, or why it was not accepted."""

    action: Action
    state: State
    detail: str


def deliver(
    ledger: Ledger,
    monitor: str,
    notifiers: Mapping[str, Notifier],
    dispatcher: Dispatcher | None,
    owner: str,
    clock: Callable[[], datetime],
) -> list[Delivery]:
    """Every action of the monitor that is due has been tried once; says how each went.

    `notifiers` are keyed by the names that the actions were written for. Raises only
    what the ledger raises.
    """
    couriers = _Couriers(notifiers, dispatcher)
    deliveries = []
    while (row := ledger.claim_action(monitor, owner, clock())) is not None:
        deliveries.append(_carry_out(ledger, couriers, row, clock))
    return deliveries


def retrain_action(request: RetrainRequest) -> Action:
    """The outbox action that asks for a retraining run."""
    payload = {
        "key": request.key,
        "monitor": request.monitor,
        "reason": request.reason,
        "as_of": request.as_of.isoformat(),
    }
    return Action(ActionKind.RETRAIN, f"retrain/{request.key}", payload)


@dataclass(frozen=True, slots=True)
class _Couriers:
    """Whoever can carry an action out."""

    notifiers: Mapping[str, Notifier]
    dispatcher: Dispatcher | None

    def carry(self, action: Action, thread: str) -> str:
        """The receipt. Raises `DeliveryFailed`."""
        match action.kind:
            case ActionKind.NOTIFY:
                return self._notify(action, thread)
            case ActionKind.RETRAIN:
                return self._retrain(action)

    def _notify(self, action: Action, thread: str) -> str:
        name = action.payload["notifier"]
        if name not in self.notifiers:
            known = ", ".join(sorted(self.notifiers)) or "none"
            raise DeliveryFailed(
                f"no notifier named {name!r} is set up any more; known: {known}"
            )
        message = Message.from_json(action.payload["message"])
        return self.notifiers[name].send(message, thread).thread

    def _retrain(self, action: Action) -> str:
        if self.dispatcher is None:
            raise DeliveryFailed(
                "no dispatcher is set up here; the request waits in the outbox for a "
                "run that has one",
                retryable=True,
            )
        values = action.payload
        return self.dispatcher.request(
            RetrainRequest(
                key=values["key"],
                monitor=values["monitor"],
                reason=values["reason"],
                as_of=date.fromisoformat(values["as_of"]),
            )
        )


def _carry_out(
    ledger: Ledger, couriers: _Couriers, row: OutboxRow, clock: Callable[[], datetime]
) -> Delivery:
    thread = ledger.receipt(row.action.lane)
    try:
        receipt = couriers.carry(row.action, thread)
    except DeliveryFailed as error:
        return _put_back(ledger, row, error, clock())
    except Exception as error:  # a notifier of the user's own may raise anything
        reason = f"{type(error).__name__} while carrying out {row.action.key}"
        failure = DeliveryFailed(reason, retryable=True)
        return _put_back(ledger, row, failure, clock())
    ledger.finish_action(row, receipt, clock())
    return Delivery(row.action, State.DONE, receipt)


def _put_back(
    ledger: Ledger, row: OutboxRow, error: DeliveryFailed, now: datetime
) -> Delivery:
    for_good = not error.retryable or row.attempts + 1 >= MAX_ATTEMPTS
    ledger.postpone_action(row, str(error), now, for_good=for_good)
    state = State.FAILED if for_good else State.POSTPONED
    return Delivery(row.action, state, str(error))
