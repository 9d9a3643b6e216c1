"""A ledger that a person has to mend: people hear of the day from memory."""

from datetime import timedelta

import pytest

from driftline.app.catch_up import judge_due
from driftline.errors import DeliveryFailed, LedgerRefused, LedgerUnavailable
from driftline.testing import RecordingNotifier
from tests.app.world import MONITOR, World, days_of, window


@pytest.fixture
def world() -> World:
    """One day judged, and a ledger that then breaks; two people to tell."""
    made = World(days_of(range(3)))
    made.judge(0)
    made.job.notifiers["other"] = RecordingNotifier()
    return made


def broken(world: World, error: Exception) -> None:
    """From now on no lease is given."""

    def acquire(*_: object) -> None:
        raise error

    world.ledger.acquire = acquire


def test_everybody_is_told_once_whichever_way_a_day_begins(world: World) -> None:
    """A day that is asked for, a run that catches up, and the same again: one message."""
    broken(world, LedgerRefused("the ledger 'x' is damaged"))
    world.clock.moment = window(1).end + timedelta(hours=6)
    with pytest.raises(LedgerRefused):
        judge_due(world.job, None, world.clock.moment)
    with pytest.raises(LedgerRefused):
        world.judge(1)
    for notifier in world.job.notifiers.values():
        [message] = notifier.messages
        assert message.title == "deliveries: 2026-03-02: the ledger cannot be written"
        assert message.summary == "It was not judged. the ledger 'x' is damaged"


def test_a_ledger_that_breaks_between_two_missed_days_is_told_of(world: World) -> None:
    """The first missed day is in the ledger, and people hear that the next is not."""
    lease_of = world.ledger.acquire

    def acquire(*asked: object) -> object:
        if world.ledger.latest(MONITOR, window(1)) is not None:
            raise LedgerRefused("the ledger 'x' is damaged")
        return lease_of(*asked)

    world.ledger.acquire = acquire
    world.clock.moment = window(2).end + timedelta(hours=6)
    with pytest.raises(LedgerRefused):
        judge_due(world.job, None, world.clock.moment)
    [message] = world.notifier.messages
    assert message.title == "deliveries: 2026-03-03: the ledger cannot be written"


def test_who_cannot_be_told_costs_nobody_else_the_message(world: World) -> None:
    """The error goes on and says who did not hear."""
    broken(world, LedgerUnavailable("no room", retryable=False))
    world.notifier.failure = DeliveryFailed("Slack is down too", retryable=True)
    with pytest.raises(LedgerUnavailable, match="no room") as caught:
        world.judge(1)
    assert caught.value.__notes__ == [
        "Nobody was told by slack, which raised DeliveryFailed"
    ]
    assert len(world.job.notifiers["other"].messages) == 1


def test_what_the_next_try_may_mend_is_not_told(world: World) -> None:
    """A ledger that is down for a moment wakes nobody: the day is made up."""
    broken(world, LedgerUnavailable("the ledger did not answer"))
    with pytest.raises(LedgerUnavailable):
        world.judge(1)
    assert all(n.messages == [] for n in world.job.notifiers.values())
