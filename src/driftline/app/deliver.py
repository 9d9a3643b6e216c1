"""Carry out what the outbox holds: tell people, retrain, promote, roll back, log the day.

Everything here happens after the verdict is recorded. A notifier that is down costs
nobody else a message: its action stays in the outbox, is tried again after growing
pauses by whoever drains next, and is given up after `MAX_ATTEMPTS` with its reason kept.
What a person has to mend, such as a revoked token, is reported as failed at each attempt.
An action that was begun by a process killed before it could say how it ended is looked
for where it was sent, and sent once more, with the same key, where it is not found.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from driftline.app.post import attach, post, redraw
from driftline.core.action import MAX_ATTEMPTS, Action, ActionKind
from driftline.core.model import ModelVersion
from driftline.core.verdict import reduce
from driftline.core.window import Window
from driftline.errors import (
    DeliveryFailed,
    DeliveryRefused,
    DriftlineError,
    LedgerRefused,
    LedgerUnavailable,
)
from driftline.ports import (
    DayRecord,
    Dispatcher,
    Ledger,
    ModelRegistry,
    Notifier,
    OutboxRow,
    RetrainRequest,
    WindowKey,
)

PREVIOUS = "previous"
"""The alias of the version that was in service before the last promotion."""


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


@dataclass(frozen=True, slots=True)
class Couriers:
    """Whoever can carry an action out; `notifiers` by the names that actions name."""

    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    dispatcher: Dispatcher | None = None
    registry: ModelRegistry | None = None


def deliver(
    ledger: Ledger,
    monitor: str,
    couriers: Couriers,
    owner: str,
    clock: Callable[[], datetime],
) -> list[Delivery]:
    """Every action of the monitor that is due has been tried once; says how each went.

    What other monitors sent to the same thread and place meanwhile goes out behind it.
    Raises only what the ledger raises.
    """
    deliveries: list[Delivery] = []
    lanes: set[str] = set()
    while (row := ledger.claim_action(monitor, owner, clock(), lanes)) is not None:
        deliveries.append(_carry_out(ledger, couriers, row, clock))
        if row.action.lane and deliveries[-1].state is not State.POSTPONED:
            lanes.add(row.action.lane)
    return deliveries


def retrain_action(request: RetrainRequest) -> Action:
    """The outbox action that asks for a retraining run."""
    payload = {
        "key": request.key,
        "monitor": request.monitor,
        "reason": request.reason,
        "as_of": request.as_of.isoformat(),
        "approved": request.approved,
    }
    asked = "approve" if request.approved else "retrain"
    return Action(ActionKind.RETRAIN, f"{asked}/{request.key}", payload)


def promote_action(champion: ModelVersion, challenger: ModelVersion) -> Action:
    """The outbox action that puts the challenger under the champion's alias."""
    key = f"promote/{champion.name}/v{champion.version}/v{challenger.version}"
    return _swap(ActionKind.PROMOTE, key, champion, challenger)


def rollback_action(harmful: ModelVersion, before: ModelVersion) -> Action:
    """The outbox action that puts the version before back under the alias."""
    key = f"rollback/{harmful.name}/v{harmful.version}/v{before.version}"
    return _swap(ActionKind.ROLL_BACK, key, before, harmful)


def _swap(
    kind: ActionKind, key: str, champion: ModelVersion, challenger: ModelVersion
) -> Action:
    payload = {
        "model": champion.name,
        "alias": champion.alias,
        "champion": champion.version,
        "challenger": challenger.version,
    }
    return Action(kind, key, payload)


def log_action(model: str, key: WindowKey) -> Action:
    """The outbox action that copies a judged window into the registry's own record."""
    payload = {
        "model": model,
        "monitor": key.monitor,
        "model_version": key.model_version,
        **key.window.to_json(),
        "fingerprint": key.fingerprint,
        "policy": key.policy,
    }
    return Action(ActionKind.LOG, _log_key(key), payload)


def _carry(ledger: Ledger, couriers: Couriers, row: OutboxRow, now: datetime) -> str:
    """The receipt. Raises `DeliveryFailed`."""
    match row.action.kind:
        case ActionKind.NOTIFY:
            return post(ledger, couriers.notifiers, row, now)
        case ActionKind.REDRAW:
            return redraw(ledger, couriers.notifiers, row.action)
        case ActionKind.CHART:
            return attach(ledger, couriers.notifiers, row.action)
        case ActionKind.LOG:
            return _log(ledger, couriers, row.action)
        case ActionKind.RETRAIN | ActionKind.PROMOTE | ActionKind.ROLL_BACK as kind:
            return MOVES[kind](couriers, row.action)


def _retrain(couriers: Couriers, action: Action) -> str:
    if couriers.dispatcher is None:
        raise DeliveryFailed(
            "no dispatcher is set up here; the request waits in the outbox for a "
            "run that has one",
            retryable=True,
        )
    values = action.payload
    return couriers.dispatcher.request(
        RetrainRequest(
            key=values["key"],
            monitor=values["monitor"],
            reason=values["reason"],
            as_of=date.fromisoformat(values["as_of"]),
            approved=values.get("approved", ""),
        )
    )


def _promote(couriers: Couriers, action: Action) -> str:
    """Nothing is moved when a third version came into service meanwhile."""
    values = action.payload
    model, alias = values["model"], values["alias"]
    with _answering(couriers) as registry:
        serving = registry.resolve(model, alias)
        if serving.version == values["champion"]:
            registry.move_alias(model, PREVIOUS, serving.version)
            registry.move_alias(model, alias, values["challenger"])
        elif serving.version != values["challenger"]:
            raise DeliveryFailed(
                f"{alias} of {model} names v{serving.version} by now and not "
                f"v{values['champion']}; v{values['challenger']} was not promoted"
            )
    return ""


def _roll_back(couriers: Couriers, action: Action) -> str:
    """The version before serves again, unless a third one came into service meanwhile.

    `previous` stays where it is: the version that did harm is not one to go back to.
    """
    values = action.payload
    model, alias = values["model"], values["alias"]
    with _answering(couriers) as registry:
        serving = registry.resolve(model, alias)
        if serving.version == values["challenger"]:
            registry.move_alias(model, alias, values["champion"])
        elif serving.version != values["champion"]:
            raise DeliveryFailed(
                f"{alias} of {model} names v{serving.version} by now and not "
                f"v{values['challenger']}; it was not moved back to v{values['champion']}"
            )
    return ""


MOVES = {
    ActionKind.RETRAIN: _retrain,
    ActionKind.PROMOTE: _promote,
    ActionKind.ROLL_BACK: _roll_back,
}
"""What is done to the model."""


@contextmanager
def _answering(couriers: Couriers) -> Iterator[ModelRegistry]:
    """The registry; whatever it raises, the action was not accepted."""
    if couriers.registry is None:
        raise DeliveryFailed("there is no registry here", retryable=True)
    try:
        yield couriers.registry
    except DeliveryFailed:
        raise
    except DriftlineError as error:
        raise DeliveryFailed(str(error), retryable=error.retryable) from error


def _log(ledger: Ledger, couriers: Couriers, action: Action) -> str:
    key = _window_key(action.payload)
    entry = ledger.find(key)
    if entry is None:
        raise DeliveryFailed(f"the ledger has no entry for {action.key}")
    record = DayRecord(
        monitor=key.monitor,
        key=_log_key(key),
        window=key.window,
        model=ModelVersion(action.payload["model"], key.model_version),
        verdict=reduce(entry.findings),
        metrics=entry.metrics,
    )
    with _answering(couriers) as registry:
        return registry.log_day(record)


def _log_key(key: WindowKey) -> str:
    start = key.window.start.isoformat()
    stated = (key.monitor, start, key.model_version, key.fingerprint, key.policy)
    return "/".join(("log", *stated))


def _window_key(payload: dict[str, Any]) -> WindowKey:
    window = Window.from_json(payload)
    return WindowKey(
        payload["monitor"],
        payload["model_version"],
        window,
        payload["fingerprint"],
        payload["policy"],
    )


def _carry_out(
    ledger: Ledger, couriers: Couriers, row: OutboxRow, clock: Callable[[], datetime]
) -> Delivery:
    try:
        receipt = _carry(ledger, couriers, row, clock())
    except DeliveryFailed as error:
        return _put_back(ledger, row, error, clock())
    except (LedgerUnavailable, LedgerRefused):
        raise
    except Exception as error:  # a notifier of the user's own may raise anything
        reason = f"{type(error).__name__} while carrying out {row.action.key}"
        failure = DeliveryFailed(reason, retryable=True)
        return _put_back(ledger, row, failure, clock())
    ledger.finish_action(row, receipt, clock())
    return Delivery(row.action, State.DONE, receipt)


def _put_back(
    ledger: Ledger, row: OutboxRow, error: DeliveryFailed, now: datetime
) -> Delivery:
    refused = isinstance(error, DeliveryRefused)
    waits = error.retryable or refused
    for_good = not waits or row.attempts + 1 >= MAX_ATTEMPTS
    ledger.postpone_action(row, str(error), now, for_good=for_good)
    state = State.FAILED if for_good or refused else State.POSTPONED
    return Delivery(row.action, state, str(error))
