"""The week, told once in each place."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from driftline.app import answer
from driftline.app.digest import EVERYBODY, compose, send_digests
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.incidents.digest import MonitorWeek, digest
from driftline.core.verdict import reduce
from driftline.errors import DeliveryFailed
from driftline.ports import Judgement, WindowKey
from driftline.testing import RecordingNotifier
from tests.app.test_monitor_day import grams
from tests.app.test_tell import twin
from tests.app.world import MONITOR, World, days_of, window

MONDAY = date(2026, 3, 9)


@pytest.fixture
def world() -> World:
    """Two weeks, told to a channel; it is Monday morning after the first of them."""
    made = World(days_of(range(14)))
    made.notifier = RecordingNotifier(threads=True, place="slack/#models")
    made.job = replace(made.job, notifiers={"slack": made.notifier})
    return made


def warned(world: World, number: int, subject: str = "delay") -> None:
    """A day on which something is worth watching and nobody is paged."""
    bounds = Bounds(upper=0.2)
    outcome, severity = Outcome.BREACHED, Severity.WARNING
    words = f"{subject} moved a little"
    found = Finding(Topic.DRIFT, subject, "psi", outcome, severity, words, 0.3, bounds)
    key = WindowKey(world.job.monitor, "1", window(number), "f", "p")
    lease = world.ledger.acquire(key.monitor, window(number).label, "w", world.clock())
    record = {"headline": "", "incidents": {}, "rows_manifest": ""}
    made = Judgement(key, reduce([found]), (found,), None, {}, record)
    world.ledger.record(lease, made, world.clock())


def test_watched_days_are_collected_into_one_message(world):
    """The subject, on how many days, in its latest words; never paged, told once a week."""
    for number in (1, 2, 3):
        warned(world, number)
    world.clock.moment = window(8).end
    [done] = send_digests([world.job])
    assert done.state == "done"
    [said] = world.notifier.messages
    assert said.title == "Week 2026-W10: deliveries"
    assert said.members == ()
    assert said.summary == "3 watch. Watch: delay on 3 days: delay moved a little."


def test_a_week_is_told_once_in_each_place(world):
    """By whichever run comes first, for all monitors that are told there."""
    other = twin(world, "other")
    mail = RecordingNotifier(place="mail")
    third = twin(world, "third", notifiers={"mail": mail})
    warned(world, 1)
    warned(other, 1)
    warned(third, 1)
    world.clock.moment = window(8).end
    jobs = [third.job, other.job, world.job]
    assert len(send_digests(jobs)) == 2
    assert send_digests(jobs) == []
    [said] = world.notifier.messages
    assert {name for name, _ in said.members} == {MONITOR, "other"}
    assert mail.messages[0].title.endswith(": third")


def test_a_place_that_is_down_is_told_later(world):
    """The week waits in the outbox like any message."""
    warned(world, 1)
    world.clock.moment = window(8).end
    world.notifier.failure = DeliveryFailed("503", retryable=True)
    send_digests([world.job])
    world.notifier.failure = None
    world.clock.tick(timedelta(hours=1))
    send_digests([world.job])
    assert len(world.notifier.messages) == 1
    assert [a["state"] for a in world.ledger.actions(EVERYBODY)] == ["done"]


def test_open_incidents_and_answers_are_in_it_and_quiet_monitors_are_counted(world):
    """What is still wrong, and who said what."""
    quiet = twin(world, "quiet")
    quiet.judge(1)
    for number in range(1, 8):
        if number > 5:
            world.deliver(number, grams(number))
        world.judge(number)
    world.clock.moment = window(7).end - timedelta(hours=1)
    answer.acknowledge(world.job, world.ledger.incidents(MONITOR), "ann")
    said = compose([world.job, quiet.job], MONDAY - timedelta(days=1), "here")
    [(name, text)] = said.members
    assert name == MONITOR
    assert "1 of 2 monitors had nothing to tell" in said.summary
    assert "Open: data, weight" in text
    assert "data: acknowledged by ann" in text


def test_a_healthy_week_is_still_said(world):
    """One line a week proves that somebody is watching."""
    world.judge(0)
    said = compose([world.job], date(2026, 3, 1), "here")
    assert said.title == "Week 2026-W09: all is well"
    assert said.members == ()
    assert said.summary == "1 healthy; 1 of 1 monitors had nothing to tell."


def test_a_week_of_one_monitor_without_a_verdict_is_a_sentence() -> None:
    """It begins as one, since nothing stands before it."""
    said = digest("2026-W10", "key", [MonitorWeek(MONITOR)])

    assert said.summary == "Nothing was judged."
