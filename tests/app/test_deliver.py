"""What the outbox holds reaches people once, whatever is down."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from driftline.app.deliver import Couriers, State, deliver, retrain_action
from driftline.core.action import MAX_ATTEMPTS, Action, Message, Tone, pause_after
from driftline.core.incidents.briefing import notify_actions
from driftline.errors import DeliveryFailed, DeliveryRefused, LedgerUnavailable
from driftline.ports import Dispatcher, Notifier, Receipt, RetrainRequest
from driftline.testing import FixedClock, MemoryLedger, RecordingNotifier

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
DOWN = DeliveryFailed("the server answered 503", retryable=True)
WRONG = DeliveryFailed("no such channel")
REQUEST = RetrainRequest("flights/2026-03-01", "flights", "it pays", date(2026, 3, 1))


class RecordingDispatcher(Dispatcher):
    """Starts nothing and keeps what it was asked for."""

    def __init__(self, failure: DeliveryFailed | None = None) -> None:
        self.failure = failure
        self.requests: list[RetrainRequest] = []

    def request(self, request: RetrainRequest) -> str:
        if self.failure is not None:
            raise self.failure
        self.requests.append(request)
        return "run-1"


class Broken(Notifier):
    """A user's own notifier with a mistake in it."""

    def send(self, message: Message, thread: str = "") -> Receipt:
        raise KeyError("row 7: ann@example.com")


def message(key: str, thread: str = "incident") -> Message:
    return Message(key, thread, Tone.OPENED, f"title of {key}", "summary")


@pytest.fixture
def clock() -> FixedClock:
    """It stands still until a test lets it tick."""
    return FixedClock(NOW)


@pytest.fixture
def ledger() -> MemoryLedger:
    """An empty one."""
    return MemoryLedger()


def put(ledger: MemoryLedger, *actions: Action) -> None:
    assert ledger.note("flights", "test", actions[0].key, {}, NOW, actions)


def told(ledger: MemoryLedger, key: str, *notifiers: str) -> None:
    put(ledger, *notify_actions(message(key), notifiers or ("slack",)))


def drained(
    ledger: MemoryLedger,
    clock: FixedClock,
    notifiers: Mapping[str, Notifier],
    dispatcher: Dispatcher | None = None,
) -> list[tuple[str, State]]:
    done = deliver(ledger, "flights", Couriers(notifiers, dispatcher), "ann", clock)
    return [(delivery.action.key, delivery.state) for delivery in done]


def test_a_message_arrives_as_it_was_composed_and_once(ledger, clock):
    """A second drain finds nothing to do."""
    slack = RecordingNotifier()
    told(ledger, "n")
    assert drained(ledger, clock, {"slack": slack}) == [("n/slack", State.DONE)]
    assert drained(ledger, clock, {"slack": slack}) == []
    assert slack.messages == [message("n")]


def test_replies_join_the_thread_of_each_notifier(ledger, clock):
    """Every notifier gets its own receipt back, and the first message none."""
    slack, mail = RecordingNotifier(), RecordingNotifier()
    told(ledger, "n1", "slack", "mail")
    told(ledger, "n2", "slack", "mail")
    drained(ledger, clock, {"slack": slack, "mail": mail})
    for notifier in (slack, mail):
        assert [thread for _, thread in notifier.sent] == ["", "n1"]


def test_a_note_belongs_to_no_thread(ledger, clock):
    """Notes do not join each other."""
    slack = RecordingNotifier()
    for key in ("n1", "n2"):
        put(ledger, *notify_actions(message(key, thread=""), ["slack"]))
    drained(ledger, clock, {"slack": slack})
    assert [thread for _, thread in slack.sent] == ["", ""]


def test_one_notifier_down_does_not_stop_or_repeat_the_other(ledger, clock):
    """What it missed arrives when it is back, in order, and only there."""
    slack, mail = RecordingNotifier(DOWN), RecordingNotifier()
    notifiers = {"slack": slack, "mail": mail}
    told(ledger, "n1", "slack", "mail")
    told(ledger, "n2", "slack", "mail")
    assert drained(ledger, clock, notifiers) == [
        ("n1/slack", State.POSTPONED),
        ("n1/mail", State.DONE),
        ("n2/mail", State.DONE),
    ]
    slack.failure = None
    assert drained(ledger, clock, notifiers) == []
    clock.tick(pause_after(1))
    drained(ledger, clock, notifiers)
    assert [m.key for m in slack.messages] == ["n1", "n2"]
    assert [m.key for m in mail.messages] == ["n1", "n2"]


def test_a_permanent_failure_is_given_up_and_reported(ledger, clock):
    """With its reason, in the deliveries and in the ledger; the next one is tried."""
    slack = RecordingNotifier(WRONG)
    told(ledger, "n1")
    told(ledger, "n2")
    done = deliver(ledger, "flights", Couriers({"slack": slack}), "ann", clock)
    assert [(d.state, d.detail) for d in done] == [
        (State.FAILED, "no such channel")
    ] * 2
    assert {row["state"] for row in ledger.actions()} == {"failed"}
    assert {row["reason"] for row in ledger.actions()} == {"no such channel"}


def test_what_a_person_has_to_mend_is_reported_and_sent_once_it_is(ledger, clock):
    """A revoked token fails the run each time; its messages wait, in their order."""
    slack = RecordingNotifier(DeliveryRefused("the token was revoked"), threads=True)
    told(ledger, "n1")
    told(ledger, "n2")
    for _ in range(2):
        states = drained(ledger, clock, {"slack": slack})
        assert states == [("n1/slack", State.FAILED)]
        clock.tick(timedelta(hours=6))
    slack.failure = None
    drained(ledger, clock, {"slack": slack})
    assert [m.key for m in slack.messages] == ["n1", "n2"]
    assert {row["state"] for row in ledger.actions()} == {"done"}


def test_attempts_are_bounded_and_span_days(ledger, clock):
    """A notifier that stays down is left alone at last, and not before two days."""
    slack = RecordingNotifier(DOWN)
    told(ledger, "n")
    states = []
    for _ in range(MAX_ATTEMPTS):
        states += [state for _, state in drained(ledger, clock, {"slack": slack})]
        clock.tick(timedelta(hours=6))
    assert states == [State.POSTPONED] * (MAX_ATTEMPTS - 1) + [State.FAILED]
    pauses = (pause_after(n) for n in range(1, MAX_ATTEMPTS))
    assert sum(pauses, timedelta()) > timedelta(days=2)


def test_a_broken_notifier_fails_neither_run_nor_others(ledger, clock):
    """Its error's text, which may hold rows of data, is not kept."""
    mail = RecordingNotifier()
    told(ledger, "n", "own", "mail")
    states = drained(ledger, clock, {"own": Broken(), "mail": mail})
    assert states == [("n/own", State.POSTPONED), ("n/mail", State.DONE)]
    reason = ledger.actions()[0]["reason"]
    assert "KeyError" in reason
    assert "ann@example.com" not in reason


def test_a_notifier_that_was_removed_is_named(ledger, clock):
    """The message for it is given up, with the names of those that are left."""
    told(ledger, "n", "pager")
    mail = {"mail": RecordingNotifier()}
    assert drained(ledger, clock, mail) == [("n/pager", State.FAILED)]
    assert "'pager'" in ledger.actions()[0]["reason"]
    assert "mail" in ledger.actions()[0]["reason"]


def test_retraining_is_requested_once(ledger, clock):
    """The dispatcher gets the request as it was made; its handle is the receipt."""
    dispatcher = RecordingDispatcher()
    put(ledger, retrain_action(REQUEST))
    assert drained(ledger, clock, {}, dispatcher)[0][1] is State.DONE
    assert drained(ledger, clock, {}, dispatcher) == []
    assert dispatcher.requests == [REQUEST]
    assert ledger.actions()[0]["receipt"] == "run-1"


@pytest.mark.parametrize(
    ("dispatcher", "state"),
    [
        (None, State.POSTPONED),
        (RecordingDispatcher(DOWN), State.POSTPONED),
        (RecordingDispatcher(DeliveryFailed("no such deployment")), State.FAILED),
    ],
)
def test_a_retraining_request_is_never_lost(ledger, clock, dispatcher, state):
    """It waits for a dispatcher, or stays in the ledger with its reason."""
    put(ledger, retrain_action(REQUEST))
    assert drained(ledger, clock, {}, dispatcher) == [(f"retrain/{REQUEST.key}", state)]
    assert ledger.actions()[0]["reason"]


def test_a_ledger_that_is_down_is_not_taken_for_a_notifier(ledger, clock):
    """Its error ends the drain; the row is free again when the claim runs out."""

    class Deaf(MemoryLedger):
        """It cannot be asked for receipts."""

        def receipt(self, lane: str) -> str:
            raise LedgerUnavailable("gone")

    deaf = Deaf()
    told(deaf, "n")
    with pytest.raises(LedgerUnavailable):
        drained(deaf, clock, {"slack": RecordingNotifier()})
    assert deaf.actions()[0]["attempts"] == 0


def test_another_monitors_actions_are_left_alone(ledger, clock):
    """They are for other notifiers."""
    told(ledger, "n")
    slack = {"slack": RecordingNotifier()}
    assert deliver(ledger, "hotels", Couriers(slack), "ann", clock) == []
