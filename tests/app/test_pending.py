"""A window that cannot be judged is pending until its verdict is due, and late after that."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from driftline.app.monitor_day import DayReport, deliver_due, monitor_day
from driftline.core.incidents.notice import Manners
from driftline.core.incidents.quiet_hours import QuietHours
from driftline.core.verdict import Word
from driftline.errors import SliceUnavailable
from tests.app.world import MONITOR, World, day, days_of, rows_of, window

DUE = 9
"""The hour by which a verdict is due."""


@pytest.fixture
def world() -> World:
    """The rows of the first day are not there."""
    made = World(days_of(range(3)))
    made.job = replace(made.job, verdict_by=time(DUE))
    made.source.failures[day(0)] = SliceUnavailable("no load", retryable=False)
    return made


def judged(world: World, number: int, hour: int) -> DayReport:
    """The day as it is judged at an hour of the next one."""
    world.clock.moment = window(number).end + timedelta(hours=hour)
    return monitor_day(world.job, window(number))


def delivered(world: World, hour: int) -> list[str]:
    """What people have heard once whatever is due by the hour is sent."""
    world.clock.moment = window(0).end + timedelta(hours=hour)
    deliver_due(world.job)
    return world.titles()


def said(world: World) -> str:
    """Why people were told of the first day, or not."""
    [notice] = world.ledger.latest(MONITOR, window(0)).record["notices"].values()
    return str(notice["said"])


def test_rows_that_come_before_the_hour_are_no_news(world):
    """At six the day cannot be told, at eight it is healthy: nobody ever hears of it."""
    assert judged(world, 0, 6).verdict.word is Word.CANNOT_TELL
    assert said(world).startswith("told: its verdict is not due until 2026-03-02 09:00")
    assert delivered(world, 7) == []
    world.source.failures.clear()
    assert judged(world, 0, 8).verdict.word is Word.HEALTHY
    assert said(world) == "not told: over before anyone was told"
    assert delivered(world, 30) == []


def test_what_is_asked_is_not_ended_twice(world):
    """An error that ends in a question is a sentence already."""
    asked = SliceUnavailable("no load: is it on?", retryable=False)
    world.source.failures[day(0)] = asked
    judged(world, 0, 10)
    [late] = world.notifier.messages
    assert late.summary.endswith("is it on? It was due by 09:00 (UTC)")


def test_rows_that_are_not_there_at_the_hour_are_told_and_answered(world):
    """Once, with the hour that has passed; judged at last, the thread says so."""
    judged(world, 0, 6)
    judged(world, 0, 8)
    assert delivered(world, 10) == [
        "deliveries: cannot tell — 2026-03-01 was not judged"
    ]
    [late] = world.notifier.messages
    assert late.summary.endswith("no load. It was due by 09:00 (UTC)")
    page = world.pages.pages[world.pages.address(MONITOR, window(0))]
    assert any(line.startswith("Outage (told: ") for line in page.incidents)
    world.source.failures.clear()
    judged(world, 0, 11)
    assert world.titles()[1:] == ["deliveries: 2026-03-01 is judged now"]
    assert world.notifier.sent[1][1] == late.key


def test_what_nobody_sent_at_the_hour_is_not_answered(world):
    """Judged by the next day's run, the first that could have told: all is well by then."""
    judged(world, 0, 6)
    world.source.failures.clear()
    assert judged(world, 0, 30).verdict.word is Word.HEALTHY
    assert said(world) == "not told: over before anyone was told"
    assert delivered(world, 31) == []


def test_a_few_rows_before_the_hour_are_rows_to_come(world):
    """Pending as without any: no page, no incident, and no news once all are there."""
    world.source.failures.clear()
    world.deliver(0, rows_of(0).head(12))
    assert judged(world, 0, 6).verdict.word is Word.CANNOT_TELL
    assert delivered(world, 7) == []
    assert world.ledger.incidents(MONITOR) == []
    world.deliver(0, rows_of(0))
    assert judged(world, 0, 8).verdict.word is Word.HEALTHY
    assert delivered(world, 30) == []


def test_a_few_rows_before_the_hour_teach_nothing(world):
    """Also where no sample names what is missing; the whole day teaches, once judged."""
    world.job = replace(world.job, sample_rows=0)
    world.source.failures.clear()
    world.deliver(0, rows_of(0).head(12))
    judged(world, 0, 6)
    assert world.ledger.latest(MONITOR, window(0)).record["broken"]
    world.deliver(0, rows_of(0))
    judged(world, 0, 8)
    assert not world.ledger.latest(MONITOR, window(0)).record["broken"]


def test_a_few_rows_at_the_hour_are_told(world):
    """With how many there are, and what seems to be missing."""
    world.source.failures.clear()
    world.deliver(0, rows_of(0).head(12))
    judged(world, 0, 6)
    assert delivered(world, 10) == [
        "deliveries: cannot tell — 2026-03-01 was not judged"
    ]
    [late] = world.notifier.messages
    assert "only 12 rows" in late.summary
    assert "It was due by 09:00" in late.summary


def test_a_few_rows_after_the_hour_are_a_part_of_a_day(world):
    """Nobody waits for the rest any more."""
    world.source.failures.clear()
    world.deliver(0, rows_of(0).head(12))
    assert judged(world, 0, 10).verdict.word is Word.ACT


def test_a_part_that_can_be_judged_is_broken_data_before_the_hour_too(world):
    """Half a day has been judged: that a part of it is missing waits for nothing."""
    world.source.failures.clear()
    world.deliver(0, rows_of(0).head(100))
    assert judged(world, 0, 6).verdict.word is Word.ACT


def test_after_the_hour_people_hear_at_once(world):
    """A run that is late itself has no reason to wait."""
    judged(world, 0, 10)
    assert len(world.titles()) == 1


def test_without_an_hour_people_hear_at_once(world):
    """Nobody has said how long to wait."""
    world.job = replace(world.job, verdict_by=None)
    judged(world, 0, 6)
    assert len(world.titles()) == 1


@pytest.mark.parametrize(
    ("comes", "heard"),
    [(True, []), (False, ["deliveries: cannot tell — 2026-03-01 was not judged"])],
)
def test_quiet_hours_that_include_the_hour_are_kept(world, comes, heard):
    """Who is quiet until noon hears at noon, and nothing of rows that came by then."""
    hours = QuietHours(time(7), time(12), critical_waits=True)
    world.job = replace(world.job, manners=Manners(quiet_hours=hours))
    judged(world, 0, 6)
    assert delivered(world, 10) == []
    if comes:
        world.source.failures.clear()
    judged(world, 0, 11)
    assert delivered(world, 13) == heard


def test_the_next_day_of_an_outage_is_told_with_the_first(world):
    """The first day was told at its hour; the second is in its thread when it is judged."""
    world.source.failures[day(1)] = SliceUnavailable("no load", retryable=False)
    judged(world, 0, 6)
    judged(world, 1, 6)
    assert world.titles() == ["deliveries: cannot tell — 2026-03-01 was not judged"]
