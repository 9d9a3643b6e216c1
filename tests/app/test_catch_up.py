"""After an outage every missed day is judged once, oldest first, in one message: one path."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import polars as pl
import pytest

from driftline.app import answer, catch_up, overdue
from driftline.app.backfill import backfill
from driftline.app.catch_up import judge_due
from driftline.app.monitor_day import deliver_due, monitor_day
from driftline.app.report import content_of
from driftline.app.summary import OVERDUE
from driftline.core.incidents.notice import Manners, Reason
from driftline.core.incidents.quiet_hours import QuietHours
from driftline.errors import SliceCorrupt, SliceUnavailable, WindowBusy
from tests.app.world import MONITOR, World, day, days_of, rows_of, window

HOUR = timedelta(hours=6)
"""The daily run is due so long after midnight."""


def due_for(number: int) -> datetime:
    """When the run that judges a day is due."""
    return window(number).end + HOUR


def world_until(number: int, **how: bool) -> World:
    """Two days judged in time; then nobody ran until the morning of another day."""
    world = World(pl.concat([days_of(range(2)), days_of(range(2, 30), **how)]))
    for early in range(2):
        world.clock.moment = due_for(early)
        monitor_day(world.job, window(early))
    world.clock.moment = due_for(number) + timedelta(hours=1)
    return world


def judged(world: World) -> list[str]:
    """The windows in the order in which they were recorded."""
    return [entry.key.window.label for entry in world.ledger.revisions(MONITOR)]


def labels(numbers: range) -> list[str]:
    return [window(number).label for number in numbers]


@pytest.mark.parametrize("order", [[2, 3, 4, 5, 6], [6, 5, 4, 3, 2], [4, 2, 6, 3, 5]])
def test_late_runs_judge_each_day_once_whatever_their_order(order):
    """Five runs fall due at once: five verdicts, oldest first, one message."""
    world = world_until(6)
    reports = [judge_due(world.job, None, due_for(number)) for number in order]
    assert judged(world) == labels(range(7))
    assert len(reports[0]) == 5
    assert all(report.repeated for later in reports[1:] for report in later)
    [message] = world.notifier.messages
    assert "2026-03-03 to 2026-03-07 judged late — 4 healthy, 1 watch" in message.title
    assert [label for label, _ in message.facts] == labels(range(4, 5))


def test_a_silence_of_everything_holds_the_summary_back():
    """Days are judged as ever, and the last one's record and page say who wanted it."""
    world = world_until(4)
    until = world.clock() + timedelta(days=9)
    answer.silence(world.job, answer.Quiet("", until, "ann", "moving"))
    judge_due(world.job, None, due_for(4))
    assert world.notifier.messages == []
    entry = world.ledger.latest(MONITOR, window(4))
    assert "by ann: moving" in entry.record["notices"]["deliveries/late"]["said"]
    page = content_of(world.ledger, entry)
    [said] = [each for each in page.incidents if "moving" in each]
    assert said.startswith("Days judged late (not told: silenced until")


def test_a_run_in_time_judges_its_day_and_tells_nothing_more():
    """Nothing is missed: no summary."""
    world = world_until(2)
    [report] = judge_due(world.job, None, due_for(2))
    assert report.window == window(2)
    assert world.notifier.messages == []


def test_a_run_started_by_hand_at_noon_catches_up_too():
    """A run that is not late judges what was missed before its own day."""
    world = world_until(5)
    judge_due(world.job, None, world.clock.moment)
    assert judged(world) == labels(range(6))


def test_the_summary_lets_people_sleep():
    """A worker that comes back at night tells in the morning what was missed."""
    world = world_until(6)
    until = world.clock.moment + timedelta(hours=2)
    hours = QuietHours(begins=window(6).end.time(), ends=until.time())
    world.job = replace(world.job, manners=Manners(quiet_hours=hours))
    judge_due(world.job, None, due_for(6))
    assert world.notifier.messages == []
    world.clock.moment = until
    deliver_due(world.job)
    [message] = world.notifier.messages
    assert "judged late" in message.title


def test_the_summary_says_nothing_of_a_day_that_is_pending():
    """The last day's rows may come until nine: it is told then, or never."""
    world = world_until(6)
    world.job = replace(world.job, verdict_by=time(9))
    world.source.failures[day(6)] = SliceUnavailable("no load", retryable=False)
    judge_due(world.job, None, due_for(6))
    assert judged(world) == labels(range(7))
    [message] = world.notifier.messages
    assert "2026-03-03 to 2026-03-06 judged late — 3 healthy, 1 watch" in message.title


def test_a_named_day_is_judged_alone():
    """Whoever names a day, or rehearses, means that day."""
    world = world_until(6)
    judge_due(world.job, day(4), world.clock.moment)
    judge_due(world.job, None, due_for(3), dry_run=True)
    assert judged(world) == labels(range(2)) + labels(range(4, 5))


@pytest.mark.parametrize("backfilled", [False, True])
def test_a_day_judged_by_hand_hides_none_that_was_missed_before_it(backfilled):
    """The next run judges the days on both sides of it; the summary has it with them."""
    world = world_until(6)
    world.deliver(4, rows_of(4).with_columns(pl.lit(-1.0).alias("weight")))
    if backfilled:
        backfill(world.job, day(4), day(5))
    else:
        judge_due(world.job, day(4), world.clock.moment)
    told = len(world.titles())
    judge_due(world.job, None, due_for(6))
    judge_due(world.job, None, due_for(5))
    assert sorted(judged(world)) == labels(range(7))
    [summary] = [m for m in world.notifier.messages[told:] if "judged late" in m.title]
    assert "2026-03-03 to 2026-03-07 judged late" in summary.title
    assert "1 act" in summary.title
    assert window(4).label in dict(summary.facts)


def test_days_that_only_a_person_asks_for_start_nothing_else():
    """Who tries a day of last week by hand and then the daily run has these two alone."""
    world = World(days_of(range(8)))
    world.clock.moment = due_for(6)
    judge_due(world.job, day(4), world.clock.moment)
    judge_due(world.job, day(2), world.clock.moment)
    judge_due(world.job, None, due_for(6))
    assert judged(world) == [
        *labels(range(4, 5)),
        *labels(range(2, 3)),
        *labels(range(5, 7)),
    ]


def test_days_that_are_not_due_yet_are_left():
    """At four in the morning yesterday's rows may not be there; its run comes at six."""
    world = world_until(6)
    world.clock.moment = window(6).end + timedelta(hours=4)
    judge_due(world.job, None, due_for(2))
    assert judged(world) == labels(range(6))


def test_a_monitor_that_never_ran_starts_with_its_day():
    """There is no history to catch up with, and an old run does not drag a year along."""
    world = World(days_of(range(3)))
    world.clock.moment = due_for(2)
    judge_due(world.job, None, due_for(2))
    assert judged(world) == labels(range(2, 3))
    world.clock.moment = due_for(2) + timedelta(days=40)
    judge_due(world.job, None, due_for(1))
    assert judged(world)[1:] == labels(range(1, 2))


def test_what_is_still_wrong_at_the_end_has_its_own_thread():
    """Harm that began in the outage: one incident message, one summary, one request."""
    world = world_until(7, changed=True)
    judge_due(world.job, None, due_for(7))
    opened, *others = world.titles()
    assert opened == "deliveries: act — performance trouble: roc_auc"
    summaries = [title for title in others if "2026-03-03 to 2026-03-08" in title]
    assert [len(summaries), len(others)] == [1, 2]
    [request] = world.dispatcher.asked
    assert request.as_of == day(7)
    [middle] = [e for e in world.ledger.history(MONITOR) if e.key.window == window(4)]
    reasons = {each["reason"] for each in middle.record["notices"].values()}
    assert reasons == {Reason.COLLECTED.value}
    assert "later windows" in middle.record["retraining"]


def test_an_end_that_falls_into_the_outage_is_told():
    """People who heard of an incident hear that it is over."""
    world = world_until(6)
    world.deliver(2, rows_of(2).with_columns(pl.lit(-1.0).alias("weight")))
    monitor_day(world.job, window(2))
    assert len(world.titles()) == 1
    judge_due(world.job, None, due_for(6))
    assert any("resolved" in title for title in world.titles())


def test_days_that_cannot_be_read_are_in_the_summary():
    """Nobody gets a message for each of them."""
    world = world_until(6)
    for number in (3, 4):
        world.source.failures[day(number)] = SliceCorrupt("broken file")
    judge_due(world.job, None, due_for(6))
    [message] = world.notifier.messages
    assert "3 healthy, 2 cannot-tell" in message.title
    [(span, said)] = message.facts
    assert span == "2026-03-04 to 2026-03-05"
    assert "broken file" in said


def test_killed_in_the_midst_the_rest_is_judged_and_all_is_told_once():
    """The summary has the days that an earlier attempt judged."""
    world = world_until(6)
    killed = []

    def dying(step, /, *args, **kwargs):
        if step.__name__ == "pull":
            killed.append(step)
            if len(killed) > 3:
                raise KeyboardInterrupt
        return step(*args, **kwargs)

    with pytest.raises(KeyboardInterrupt):
        judge_due(world.job, None, due_for(2), dying)
    assert 2 < len(judged(world)) < 7
    assert world.notifier.messages == []
    judge_due(world.job, None, due_for(6))
    assert judged(world) == labels(range(7))
    [message] = world.notifier.messages
    assert "2026-03-03 to 2026-03-07" in message.title


def test_days_restated_before_the_summary_are_in_it_too():
    """Labels that arrive while the rest is still to be judged take no day out of it."""
    world = world_until(6)
    for number in (2, 3):
        monitor_day(replace(world.job, collecting=True), window(number))
    world.deliver(3, rows_of(3).head(299))
    monitor_day(world.job, window(3))
    judge_due(world.job, None, due_for(6))
    assert world.ledger.latest(MONITOR, window(3)).revision == 2
    assert any("2026-03-03 to 2026-03-07 judged late" in t for t in world.titles())


def test_while_one_worker_catches_up_another_one_waits():
    """The lease is the monitor's; a worker that died gives it up with time."""
    world = world_until(6)
    world.ledger.acquire(MONITOR, catch_up.LEASE, "another", world.clock.moment)
    with pytest.raises(WindowBusy):
        judge_due(world.job, None, due_for(2))
    world.clock.tick(timedelta(minutes=16))
    judge_due(world.job, None, due_for(2))
    assert judged(world) == labels(range(7))


class TestDeadline:
    """A verdict that is missing by a stated hour is told, once."""

    def watched(self, hour: int = 9) -> World:
        world = world_until(4)
        world.job = replace(world.job, verdict_by=time(hour))
        return world

    def test_nobody_hears_before_the_hour(self):
        """At seven it is too early for nine."""
        world = self.watched()
        assert overdue.missing(world.job) == [window(2), window(3)]
        world.clock.moment = due_for(2)
        assert overdue.missing(world.job) == []
        assert overdue.tell_overdue(world.job) == ([], [])

    def test_people_hear_once_for_each_deadline(self):
        """Looking again tells nothing; a day later they hear that it lasts, in the thread."""
        world = self.watched()
        overdue.tell_overdue(world.job)
        overdue.tell_overdue(world.job)
        [first] = world.notifier.messages
        assert first.title == "deliveries: no verdict for 2026-03-03 to 2026-03-04"
        world.clock.tick(timedelta(days=1))
        overdue.tell_overdue(world.job)
        _, second = world.notifier.messages
        assert second.title.endswith("2026-03-03 to 2026-03-05")
        assert second.thread == first.thread
        assert len(world.ledger.notes(MONITOR, OVERDUE)) == 2

    @pytest.mark.parametrize("subject", ["", "slice"])
    def test_a_silence_holds_it_back_and_is_named(self, subject):
        """Nobody hears that verdicts are missing, nor that such a day is there."""
        world = self.watched()
        world.clock.moment = window(2).end + timedelta(hours=10)
        until = world.clock() + timedelta(days=9)
        answer.silence(world.job, answer.Quiet(subject, until, "ann", "moving"))
        assert overdue.tell_overdue(world.job) == ([window(2)], [])
        judge_due(world.job, None, due_for(2))
        assert world.notifier.messages == []
        [note] = world.ledger.notes(MONITOR, OVERDUE)
        assert "by ann: moving" in note["body"]["notice"]["said"]

    def test_the_summary_answers_in_the_same_thread(self):
        """Who heard that verdicts were missing hears there that they are here."""
        world = self.watched()
        overdue.tell_overdue(world.job)
        judge_due(world.job, None, due_for(4))
        missing, here = world.notifier.messages
        assert here.thread == missing.thread
        assert "2026-03-03 to 2026-03-05 judged late" in here.title
        assert overdue.missing(world.job) == []

    def test_a_single_missed_day_is_answered_too(self):
        """Where people heard of one missing day, its verdict is told."""
        world = self.watched()
        world.clock.moment = window(2).end + timedelta(hours=10)
        overdue.tell_overdue(world.job)
        judge_due(world.job, None, due_for(2))
        assert world.titles() == [
            "deliveries: no verdict for 2026-03-03",
            "deliveries: 2026-03-03 judged late — 1 healthy",
        ]

    def test_a_day_judged_by_hand_leaves_the_others_missing(self):
        """People hear of those that have no verdict, and of no other."""
        world = self.watched()
        judge_due(world.job, day(3), world.clock.moment)
        world.clock.tick(timedelta(days=1))
        overdue.tell_overdue(world.job)
        title = world.titles()[-1]
        assert title == "deliveries: no verdict for 2026-03-03, 2026-03-05"

    def test_a_monitor_that_never_judged_is_overdue(self):
        """Nobody has to have been there for somebody to be missed."""
        world = World(days_of(range(3)))
        world.job = replace(world.job, verdict_by=time(9))
        world.clock.moment = due_for(2) + timedelta(hours=4)
        assert overdue.missing(world.job) == [window(2)]

    def test_without_an_hour_nothing_is_awaited(self):
        """The alarm is the owner's choice."""
        world = world_until(4)
        assert overdue.missing(world.job) == []
        assert overdue.awaited(world.job) is None

    def test_the_wait_for_the_next_verdict_begins_before_the_last_one_ends(self):
        """Waits overlap, so that one wound in time never lets the alarm go off."""
        world = self.watched()
        judge_due(world.job, None, due_for(4))
        begins, deadline = overdue.awaited(world.job)
        assert deadline == datetime(2026, 3, 7, 9, tzinfo=UTC)
        assert begins == datetime(2026, 3, 6, 7, tzinfo=UTC)
        world.clock.tick(timedelta(days=1))
        _, after = overdue.awaited(world.job)
        assert after == deadline
