"""Carry out what the outbox holds: tell people, retrain, promote, log the day.

Everything here happens after the verdict is recorded. A notifier that is down costs
nobody else a message: its action stays in the outbox, is tried again after growing
pauses by whoever drains next, and is given up after `MAX_ATTEMPTS` with its reason kept.
An action that was begun by a process killed before it could say how it ended is looked
for where it was sent, and sent once more, with the same key, where it is not found.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from driftline.core.action import MAX_ATTEMPTS, Action, ActionKind, Chart, Message
from driftline.core.incident import Incident
from driftline.core.model import ModelVersion
from driftline.core.standing import standing
from driftline.core.verdict import reduce
from driftline.core.window import Every, Window
from driftline.errors import (
    DeliveryFailed,
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

ACKNOWLEDGED = "acknowledged"
"""The kind of note by which somebody takes an incident on; its key is the incident's."""

FALSE_ALARM = "false-alarm"
"""The kind of note that says an incident was none; its key is the incident's."""

PREVIOUS = "previous"
"""The alias of the version that was in service before the last promotion."""


ANSWERED = {
    ACKNOWLEDGED: "acknowledged by",
    FALSE_ALARM: "called a false alarm by",
}


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
    }
    return Action(ActionKind.RETRAIN, f"retrain/{request.key}", payload)


def promote_action(champion: ModelVersion, challenger: ModelVersion) -> Action:
    """The outbox action that puts the challenger under the champion's alias."""
    payload = {
        "model": champion.name,
        "alias": champion.alias,
        "champion": champion.version,
        "challenger": challenger.version,
    }
    key = f"promote/{champion.name}/v{champion.version}/v{challenger.version}"
    return Action(ActionKind.PROMOTE, key, payload)


def log_action(model: str, key: WindowKey) -> Action:
    """The outbox action that copies a judged window into the registry's own record."""
    payload = {
        "model": model,
        "monitor": key.monitor,
        "model_version": key.model_version,
        "start": key.window.start.isoformat(),
        "end": key.window.end.isoformat(),
        "zone": key.window.zone,
        "every": key.window.every.value,
        "fingerprint": key.fingerprint,
        "policy": key.policy,
    }
    return Action(ActionKind.LOG, _log_key(key), payload)


def answers_of(ledger: Ledger, incidents: Iterable[Incident]) -> dict[str, str]:
    """What the owners answered to these incidents, in words, by the incident's key."""
    said = {}
    for incident in incidents:
        for kind, words in ANSWERED.items():
            for note in ledger.notes(incident.monitor, kind):
                if note["key"] == incident.key:
                    said[incident.key] = f"{words} {note['body']['author']}"
    return said


def _carry(ledger: Ledger, couriers: Couriers, row: OutboxRow) -> str:
    """The receipt. Raises `DeliveryFailed`."""
    match row.action.kind:
        case ActionKind.NOTIFY:
            return _notify(ledger, couriers, row)
        case ActionKind.REDRAW:
            return _redraw(ledger, couriers, row.action)
        case ActionKind.CHART:
            return _attach(ledger, couriers, row.action)
        case ActionKind.RETRAIN:
            return _retrain(couriers, row.action)
        case ActionKind.PROMOTE:
            return _promote(couriers, row.action)
        case ActionKind.LOG:
            return _log(ledger, couriers, row.action)


def _notify(ledger: Ledger, couriers: Couriers, row: OutboxRow) -> str:
    """What was begun before is looked for first: it may have arrived all the same."""
    action = row.action
    thread = ledger.receipt(action.lane)
    lonely = action.payload.get("only_in_thread") and not thread
    if lonely or _answered(ledger, action):
        return ""
    notifier = _notifier(couriers, action)
    message = Message.from_json(action.payload["message"])
    found = notifier.find(message, thread) if row.again else None
    return (found or notifier.send(message, thread)).thread


def _redraw(ledger: Ledger, couriers: Couriers, action: Action) -> str:
    """The thread's first message says how things stand now, if there is one."""
    notifier = _notifier(couriers, action)
    receipt = ledger.receipt(action.lane)
    thread = action.payload["thread"]
    members = ledger.incidents(thread=thread)
    card = standing(members, answers_of(ledger, members))
    if receipt and card is not None:
        notifier.redraw(card, receipt)
    return ""


def _attach(ledger: Ledger, couriers: Couriers, action: Action) -> str:
    receipt = ledger.receipt(action.lane)
    if receipt:
        chart = Chart.from_json(action.payload["chart"])
        _notifier(couriers, action).attach(chart, action.key, receipt)
    return ""


def _notifier(couriers: Couriers, action: Action) -> Notifier:
    """The notifier that the action names, or another one for the same place."""
    name, place = action.payload["notifier"], action.payload.get("place")
    named = couriers.notifiers.get(name)
    same = [n for n in couriers.notifiers.values() if n.place and n.place == place]
    if named is not None and (named in same or not same):
        return named
    if same:
        return same[0]
    known = ", ".join(sorted(couriers.notifiers)) or "none"
    raise DeliveryFailed(
        f"no notifier named {name!r} is set up any more; known: {known}"
    )


def _answered(ledger: Ledger, action: Action) -> bool:
    """Whether an escalation has become needless: taken on, or over."""
    key = action.payload.get("unless_answered")
    if key is None:
        return False
    thread = action.payload["message"]["thread"]
    incidents = [i for i in ledger.incidents(thread=thread) if i.key == key]
    ended = not incidents or not incidents[0].is_open
    return ended or bool(answers_of(ledger, incidents))


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
    window = Window(
        datetime.fromisoformat(payload["start"]),
        datetime.fromisoformat(payload["end"]),
        payload["zone"],
        Every(payload["every"]),
    )
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
        receipt = _carry(ledger, couriers, row)
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
    for_good = not error.retryable or row.attempts + 1 >= MAX_ATTEMPTS
    ledger.postpone_action(row, str(error), now, for_good=for_good)
    state = State.FAILED if for_good else State.POSTPONED
    return Delivery(row.action, state, str(error))
