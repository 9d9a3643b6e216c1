"""Who is told what, from rows to notifier: reasons, groups, silences share one set-up.

Over 300 lines because every reason for telling or not is one test.
"""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from driftline.app import answer
from driftline.app.deliver import State
from driftline.app.monitor_day import deliver_due, monitor_day
from driftline.app.report import content_of
from driftline.app.tell import silences_of
from driftline.core.action import Answer, Tone
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.notice import Manners, Reason
from driftline.core.incidents.quiet_hours import QuietHours
from driftline.errors import DeliveryFailed, SettingsError
from driftline.ports import Reply
from driftline.testing import RecordingNotifier
from tests.app.test_monitor_day import grams
from tests.app.world import MONITOR, World, days_of, rows_of, window

DOWN = DeliveryFailed("503", retryable=True)


@pytest.fixture
def world() -> World:
    """Twelve days, told to a notifier with threads at one place."""
    made = World(days_of(range(12)))
    made.notifier = RecordingNotifier(threads=True, place="slack/#models")
    made.job = replace(made.job, notifiers={"slack": made.notifier}, source_id="shop")
    return made


def twin(world: World, monitor: str, **changes) -> World:
    """Another monitor of the same rows, with the same ledger and channel."""
    other = World.__new__(World)
    other.__dict__.update(world.__dict__)
    other.job = replace(world.job, monitor=monitor, owner=monitor, **changes)
    return other


def notices(world: World, number: int) -> dict[str, str]:
    """The reasons of a window by the cause of the incident."""
    entry = world.ledger.latest(world.job.monitor, window(number))
    said = entry.record["notices"].items()
    return {key.split("/")[1]: notice["reason"] for key, notice in said}


def broken(world: World, *numbers: int) -> None:
    for number in numbers:
        world.deliver(number, grams(number))


def reply(world: World, said: Answer, key: str = "press-1", thread: str = "") -> str:
    taken = answer.take(world.job, Reply(key, said, MONITOR, "ann", thread))
    deliver_due(world.job)
    return taken


class TestReasons:
    def test_each_window_keeps_the_reason_for_telling_or_not(self, world):
        """The ledger says why, and so does the report."""
        broken(world, 0, 1)
        for number in range(4):
            world.judge(number)
        said = [notices(world, number).get("data") for number in range(4)]
        assert said == [
            Reason.FIRST,
            Reason.NOTHING_NEW,
            Reason.NOTHING_NEW,
            Reason.RESOLVED,
        ]
        page = content_of(world.ledger, world.ledger.latest(MONITOR, window(1)))
        assert page.incidents == (
            "Data incident open since 2026-03-01 (not told: nothing new)",
        )

    def test_what_lasts_is_repeated_after_the_interval(self, world):
        """Once, and then not before it has elapsed again."""
        manners = Manners(repeat_after=timedelta(days=2))
        world.job = replace(world.job, manners=manners)
        broken(world, *range(6))
        for number in range(6):
            world.judge(number)
        reasons = [notices(world, number)["data"] for number in range(6)]
        assert [r for r in reasons if r != Reason.NOTHING_NEW][1:] == [
            "repeat interval elapsed"
        ] * 2

    def test_the_first_message_is_redrawn_and_has_a_chart(self, world):
        """In place: today's state, then its end; the chart needs a day before it."""
        broken(world, 1)
        for number in range(4):
            world.judge(number)
            if number == 2:
                [card] = world.notifier.cards.values()
                assert "quiet for 1 window" in card.state
        [card] = world.notifier.cards.values()
        assert card.tone is Tone.RESOLVED
        assert len(world.notifier.charts) == 1
        first = world.notifier.messages[0]
        assert first.matters
        assert first.doing
        assert first.state == "Since 2026-03-02"

    def test_broken_data_silence_the_harm_that_they_cause(self, world):
        """Negative weights and labels upside down: one thread, and a reason for the other."""
        reasons = []
        for number in range(4):
            rows = rows_of(number).with_columns(late=1 - pl.col("late"))
            world.deliver(number, rows.with_columns(weight=-pl.col("weight")))
            world.judge(number)
            reasons.append(notices(world, number).get("performance"))
        assert Reason.INHIBITED in reasons
        assert {r for r in reasons if r} == {Reason.INHIBITED}
        assert [i.cause for i in world.ledger.incidents(MONITOR)] == [Cause.DATA]
        page = content_of(world.ledger, world.ledger.latest(MONITOR, window(3)))
        assert any("Performance trouble (not told" in said for said in page.incidents)


class TestGroups:
    def test_one_fault_of_four_models_is_one_thread(self, world):
        """One first message, three replies, and a card that lists all four."""
        worlds = [world, *(twin(world, f"model-{n}") for n in range(3))]
        broken(world, 0)
        for each in worlds:
            monitor_day(each.job, window(0))
        sent = world.notifier.sent
        assert [thread for _, thread in sent] == ["", *[sent[0][0].key] * 3]
        [card] = world.notifier.cards.values()
        assert card.title.startswith("4 monitors: one fault upstream")
        assert {name for name, _ in card.members} == {w.job.monitor for w in worlds}
        assert notices(worlds[3], 0)["data"] == Reason.GROUPED
        for number in (1, 2):
            for each in worlds:
                each.judge(number)
        [card] = world.notifier.cards.values()
        assert card.tone is Tone.RESOLVED

    def test_other_rows_and_columns_are_another_thread(self, world):
        """Two faults on one day stay apart."""
        other = twin(world, "other", source_id="elsewhere")
        broken(world, 0)
        world.judge(0)
        world.deliver(0, rows_of(0).with_columns(origin=pl.lit("XXX")))
        other.judge(0)
        assert [thread for _, thread in world.notifier.sent] == ["", ""]

    def test_a_place_without_threads_hears_once(self, world):
        """Four mails about one fault are three too many; another's place hears its own."""
        mail = RecordingNotifier(place="mail")
        own = RecordingNotifier(place="other-mail")
        world.job = replace(world.job, notifiers={"mail": mail})
        broken(world, 0)
        world.judge(0)
        other = twin(world, "other", notifiers={"post": mail, "own": own})
        other.judge(0)
        assert (len(mail.sent), len(own.sent)) == (1, 1)

    def test_one_of_them_reminds_and_a_place_without_threads_hears_one_end(self, world):
        """Four models of one fault: one reminder everywhere, and two mails and one end."""
        mail = RecordingNotifier(place="mail")
        manners = Manners(repeat_after=timedelta(days=2))
        both = {"slack": world.notifier, "mail": mail}
        world.job = replace(world.job, notifiers=both, manners=manners)
        worlds = [world, *(twin(world, f"model-{n}") for n in range(3))]
        broken(world, 0, 1, 2)
        for number in range(5):
            for each in worlds:
                each.judge(number)
        titles = [m.title.partition(" — ")[2] for m in world.notifier.messages]
        assert titles.count("still data trouble: weight") == 1
        assert [m.title for m in mail.messages] == [
            "deliveries: act — data trouble: weight",
            "deliveries: act — still data trouble: weight",
            "deliveries: resolved — data quiet for 2 windows",
        ]
        assert "still open in model-0, model-1, model-2" in mail.messages[-1].summary
        assert notices(worlds[3], 2)["data"] == Reason.SHARED
        assert not [i for i in world.ledger.incidents() if i.is_open]

    def test_what_another_monitor_has_not_told_is_told_in_a_place_without_threads(
        self, world
    ):
        """Its own column, or one that is twice as far out; and a reminder of its own."""
        mail = RecordingNotifier(place="mail")
        manners = Manners(repeat_after=timedelta(days=3))
        world.job = replace(world.job, notifiers={"mail": mail}, manners=manners)
        other = twin(world, "other")
        broken(world, 0, 1)
        world.judge(0)
        other.judge(0)
        world.judge(1)
        worse = grams(1).with_columns(origin=pl.lit("XXX"))
        world.deliver(1, worse)
        other.judge(1)
        assert [m.monitor for m in mail.messages] == [MONITOR, "other"]
        assert "more data trouble" in mail.messages[-1].title

    def test_what_waited_behind_another_monitors_message_goes_out_with_it(self, world):
        """The parent failed first: the reply follows it in order, by whoever sends it."""
        other = twin(world, "other")
        broken(world, 0)
        world.notifier.failure = DOWN
        world.judge(0)
        world.notifier.failure = None
        monitor_day(other.job, window(0))
        assert world.notifier.sent == []
        world.clock.tick(timedelta(hours=1))
        deliver_due(world.job)
        assert [m.monitor for m in world.notifier.messages] == [MONITOR, "other"]

    def test_grouping_can_be_turned_off(self, world):
        """Each monitor then has a thread of its own."""
        off = Manners(group_within=timedelta(0))
        world.job = replace(world.job, manners=off)
        other = twin(world, "other")
        broken(world, 0)
        world.judge(0)
        other.judge(0)
        assert [thread for _, thread in world.notifier.sent] == ["", ""]


class TestAnswers:
    def test_a_silence_keeps_messages_back_and_says_why(self, world):
        """The days are judged; the reason names author and end."""
        until = world.clock() + timedelta(days=9)
        answer.silence(world.job, answer.Quiet("weight", until, "ann", "new scales"))
        broken(world, 0)
        world.judge(0)
        entry = world.ledger.latest(MONITOR, window(0))
        [said] = [n["said"] for n in entry.record["notices"].values()]
        assert "by ann: new scales" in said
        assert world.notifier.sent == []

    def test_a_lifted_silence_is_over(self, world):
        """What lasts is told in the next window; lifting twice is no error."""
        until = world.clock() + timedelta(days=9)
        made = answer.silence(world.job, answer.Quiet("", until, "ann", "move"))
        broken(world, 0, 1)
        world.judge(0)
        assert answer.lift(world.job, made.key, "bob")
        assert not answer.lift(world.job, made.key, "bob")
        world.judge(1)
        assert notices(world, 1)["data"] == Reason.FIRST
        with pytest.raises(SettingsError, match=made.key):
            answer.lift(world.job, "other", "bob")

    def test_an_acknowledgement_ends_reminders_and_shows(self, world):
        """A reply in the thread, a word in the first message, no repeats."""
        manners = Manners(repeat_after=timedelta(days=1))
        world.job = replace(world.job, manners=manners)
        broken(world, 0, 1, 2)
        world.judge(0)
        assert reply(world, Answer.ACKNOWLEDGE) == f"{MONITOR}: acknowledged by ann"
        world.judge(1)
        assert notices(world, 1)["data"] == Reason.ACKNOWLEDGED
        [card] = world.notifier.cards.values()
        assert card.state.endswith("acknowledged by ann")
        assert [m.tone for m in world.notifier.messages] == [Tone.OPENED, Tone.NOTE]

    def test_a_false_alarm_is_not_reminded_of(self, world):
        """Whoever said that it is none need not hear of it every week."""
        manners = Manners(repeat_after=timedelta(days=1))
        world.job = replace(world.job, manners=manners)
        broken(world, 0, 1)
        world.judge(0)
        reply(world, Answer.FALSE_ALARM)
        world.judge(1)
        assert notices(world, 1)["data"] == Reason.ACKNOWLEDGED

    def test_a_press_counts_once(self, world):
        """The same press again says what it said, and adds nothing."""
        broken(world, 0)
        world.judge(0)
        first = reply(world, Answer.FALSE_ALARM)
        before = (world.ledger.notes(MONITOR), world.ledger.actions())
        assert reply(world, Answer.FALSE_ALARM) == first
        assert (world.ledger.notes(MONITOR), world.ledger.actions()) == before
        [note] = world.ledger.notes(MONITOR, "false-alarm")
        assert note["body"]["cause"] == "data"
        assert note["body"]["author"] == "ann"

    def test_an_answer_to_a_group_is_for_all_of_it(self, world):
        """Acknowledged and silenced in every monitor that shares the thread."""
        other = twin(world, "other")
        broken(world, 0)
        world.judge(0)
        other.judge(0)
        thread = world.notifier.messages[0].thread
        reply(world, Answer.ACKNOWLEDGE, "p1", thread)
        said = reply(world, Answer.SILENCE, "p2", thread)
        assert "silenced until" in said
        for each in (world, other):
            assert each.ledger.notes(each.job.monitor, "acknowledged")
            assert {s.subject for s in silences_of(each.job)} >= {"weight"}

    def test_retraining_is_asked_for_once(self, world):
        """By two people on one day: one request; approving it is a note."""
        with pytest.raises(SettingsError, match="no retraining request"):
            answer.approve(world.job, "ann")
        assert "requested by ann" in reply(world, Answer.RETRAIN)
        assert "before" in reply(world, Answer.RETRAIN, "press-2")
        assert len(world.dispatcher.asked) == 1
        assert "approved" in reply(world, Answer.APPROVE, "press-3")
        [note] = world.ledger.notes(MONITOR, answer.APPROVAL)
        assert note["key"] == world.dispatcher.asked[0].key

    def test_what_cannot_be_done_says_so(self, world):
        """A button under an incident that has ended breaks nothing."""
        assert "no open incident" in reply(world, Answer.ACKNOWLEDGE)
        world.job = replace(world.job, retraining=None)
        assert "retraining" in reply(world, Answer.RETRAIN, "press-2")

    def test_before_anything_is_posted_an_answer_posts_nothing(self, world):
        """A word in a thread that does not exist would be the thread's first message."""
        broken(world, 0)
        world.notifier.failure = DOWN
        world.judge(0)
        answer.acknowledge(world.job, world.ledger.incidents(MONITOR), "ann")
        world.notifier.failure = None
        world.clock.tick(timedelta(hours=1))
        deliver_due(world.job)
        tones = [m.tone for m in world.notifier.messages]
        assert tones[0] is Tone.OPENED


class TestLater:
    def escalating(self, world) -> RecordingNotifier:
        pager = RecordingNotifier()
        manners = Manners(escalate_after=timedelta(hours=4))
        job = replace(world.job, manners=manners, escalation={"escalation": pager})
        world.job = job
        return pager

    def test_an_unacknowledged_page_goes_to_others(self, world):
        """After the hours set, once, and not before."""
        pager = self.escalating(world)
        broken(world, 0)
        world.judge(0)
        world.clock.tick(timedelta(hours=3))
        deliver_due(world.job)
        assert pager.sent == []
        world.clock.tick(timedelta(hours=1))
        deliver_due(world.job)
        deliver_due(world.job)
        [message] = pager.messages
        assert "nobody acknowledged" in message.title

    @pytest.mark.parametrize(
        "how", ["acknowledged", "silenced", "false-alarm", "resolved"]
    )
    def test_a_page_that_was_answered_or_is_over_does_not(self, world, how):
        """The escalation is done without a message."""
        pager = self.escalating(world)
        manners = replace(world.job.manners, escalate_after=timedelta(days=5))
        world.job = replace(world.job, manners=manners)
        broken(world, 0)
        world.judge(0)
        answers = {
            "acknowledged": Answer.ACKNOWLEDGE,
            "silenced": Answer.SILENCE,
            "false-alarm": Answer.FALSE_ALARM,
        }
        if how in answers:
            reply(world, answers[how])
        else:
            world.judge(1)
            world.judge(2)
        world.clock.tick(timedelta(days=6))
        deliver_due(world.job)
        assert pager.sent == []
        assert {a["state"] for a in world.ledger.actions(MONITOR)} == {"done"}

    def test_a_fault_of_several_models_goes_to_others_by_the_earliest_hour(self, world):
        """Whoever told of it: each place hears once, by the monitor that waits least."""
        pager, boss = RecordingNotifier(place="pager"), RecordingNotifier(place="boss")
        hours = {"first": (9, pager), "second": (2, pager), "third": (4, boss)}
        world.job = replace(world.job, notifiers={"mail": RecordingNotifier(place="m")})
        broken(world, 0)
        jobs = []
        for name, (after, to) in hours.items():
            manners = Manners(escalate_after=timedelta(hours=after))
            other = twin(world, name, manners=manners, escalation={"to": to})
            monitor_day(other.job, window(0))
            jobs.append(other.job)
        for _ in range(10):
            world.clock.tick(timedelta(hours=1))
            for job in jobs:
                deliver_due(job)
        assert [m.monitor for m in pager.messages] == ["second"]
        assert [m.monitor for m in boss.messages] == ["third"]
        assert {row["state"] for row in world.ledger.actions()} == {"done"}

    def test_a_fault_taken_on_for_one_model_still_goes_to_others(self, world):
        """Who answered for the first has not answered for the second."""
        pager = self.escalating(world)
        broken(world, 0)
        world.judge(0)
        other = twin(world, "other")
        monitor_day(other.job, window(0))
        answer.acknowledge(world.job, world.ledger.incidents(MONITOR), "ann")
        world.clock.tick(timedelta(hours=5))
        deliver_due(world.job)
        deliver_due(other.job)
        assert [message.monitor for message in pager.messages] == ["other"]

    def test_quiet_hours_keep_a_message_until_morning(self, world):
        """Due at eight, whoever drains then; nothing else waits behind it."""
        night = QuietHours(
            begins=(world.clock() - timedelta(hours=1)).time(),
            ends=(world.clock() + timedelta(hours=2)).time(),
            critical_waits=True,
        )
        world.job = replace(world.job, manners=Manners(quiet_hours=night))
        broken(world, 0)
        report = monitor_day(world.job, window(0))
        assert notices(world, 0)["data"] == Reason.QUIET_HOURS
        assert {d.state for d in report.deliveries} == {State.DONE}
        assert world.notifier.sent == []
        other = twin(world, "other")
        monitor_day(other.job, window(0))
        world.clock.tick(timedelta(hours=2))
        deliver_due(world.job)
        deliver_due(other.job)
        assert len(world.notifier.sent) == 2
        [card] = world.notifier.cards.values()
        assert {name for name, _ in card.members} == {MONITOR, "other"}

    def test_a_chart_waits_with_its_message(self, world):
        """It would have no thread to be in before."""
        world.judge(0)
        world.clock.tick(timedelta(days=1))
        night = QuietHours(
            begins=(world.clock() - timedelta(hours=1)).time(),
            ends=(world.clock() + timedelta(hours=2)).time(),
            critical_waits=True,
        )
        world.job = replace(world.job, manners=Manners(quiet_hours=night))
        broken(world, 1)
        monitor_day(world.job, window(1))
        assert world.notifier.charts == []
        world.clock.tick(timedelta(hours=2))
        deliver_due(world.job)
        assert len(world.notifier.charts) == 1


def test_incidents_of_other_causes_keep_their_own_thread(world):
    """Costs of two monitors in one account are not one fault of the data."""
    cost = Incident("o/cost/w", "o", Cause.COST, "2026-03-01T00:00:00+00:00", "w")
    assert cost.in_thread == cost.key
