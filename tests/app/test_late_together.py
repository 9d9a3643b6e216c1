"""Monitors that come back from one outage are told of in one message, however many."""

import multiprocessing
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import polars as pl
import pytest

from driftline.app.catch_up import judge_due
from driftline.app.monitor_day import deliver_due
from driftline.app.overdue import tell_overdue
from driftline.core.action import Tone
from driftline.core.incidents.incident import Cause
from driftline.core.incidents.notice import Manners
from driftline.core.incidents.quiet_hours import QuietHours
from driftline.testing import RecordingNotifier
from tests.app import outages
from tests.app.crashing import clean_processes, killed, lines
from tests.app.outages import NAMES, Fleet
from tests.app.world import days_of, rows_of, window
from tests.servers.postgres import postgres

LAST = 4
"""The day whose runs make up for three days on which no worker was there."""


def breaks(fleet: Fleet) -> None:
    """From now on there is a day that acts."""
    fleet.deliver(2, rows_of(2).with_columns(pl.lit(-1.0).alias("weight")))


def reasons(fleet: Fleet) -> list[str]:
    """Why people were told of each monitor's late days, or not."""
    entries = [fleet.ledger.latest(name, window(LAST)) for name in fleet.names]
    notices = (e.record["notices"][f"{e.key.monitor}/late"] for e in entries if e)
    return [notice["said"] for notice in notices]


class TestNobodyWasThere:
    def test_is_one_message_that_names_every_monitor(self, fleet):
        """The first to come back opens it, the others are in it."""
        for name in NAMES:
            assert len(fleet.catch_up(name, LAST)) == LAST
        [message] = fleet.notifier.messages
        assert message.title.startswith("first: 2026-03-02 to 2026-03-05 judged late")
        [card] = fleet.notifier.cards.values()
        assert card.title == "3 monitors: judged late after one outage"
        assert [name for name, _ in card.members] == sorted(NAMES)
        assert "2026-03-02 to 2026-03-05: " in dict(card.members)["third"]
        assert reasons(fleet) == [
            "told: in the summary of the days judged late",
            "not told: heard from first",
            "not told: heard from first",
        ]

    def test_says_again_what_acted(self, fleet):
        """Bad days of the second are a reply, and lead the message."""
        fleet.catch_up("first", LAST)
        breaks(fleet)
        fleet.catch_up("second", LAST)
        first, second = fleet.notifier.sent
        assert second[1] == first[0].key
        assert second[0].title.startswith("second: ")
        assert "1 act" in second[0].title
        [card] = fleet.notifier.cards.values()
        name, said = card.members[0]
        assert name == "second"
        assert "2026-03-03: act: " in said

    def test_is_one_mail_and_one_for_what_acted(self, fleet):
        """A place without threads cannot be told the rest in place: it hears of harm."""
        fleet.notifier = mail = RecordingNotifier(place="mail")
        fleet.catch_up("first", LAST)
        fleet.catch_up("second", LAST)
        breaks(fleet)
        fleet.catch_up("third", LAST)
        assert [message.monitor for message in mail.messages] == ["first", "third"]

    def test_is_one_message_in_the_morning(self, fleet):
        """At night the first one's waits, and the others' with it."""
        now = window(LAST).end + outages.HOUR
        until = now + timedelta(hours=2)
        hours = QuietHours(begins=window(LAST).end.time(), ends=until.time())
        fleet.manners = Manners(quiet_hours=hours)
        for name in NAMES:
            fleet.catch_up(name, LAST)
        assert fleet.notifier.sent == []
        fleet.clock.moment = until
        for name in reversed(NAMES):
            deliver_due(fleet.job(name))
        assert [message.monitor for message in fleet.notifier.messages] == ["first"]
        [card] = fleet.notifier.cards.values()
        assert len(card.members) == len(NAMES)

    def test_waits_for_nobody_elses_night(self, fleet):
        """Who may be told now is told, though another one's waits until the morning."""
        hours = QuietHours(begins=time(0), ends=time(9))
        fleet.manners = Manners(quiet_hours=hours)
        fleet.catch_up("first", LAST)
        fleet.manners = Manners()
        fleet.catch_up("second", LAST)
        assert [message.monitor for message in fleet.notifier.messages] == ["second"]

    def test_is_a_message_for_each_where_nothing_is_grouped(self, fleet):
        """`group_within_hours: 0` is a thread for each."""
        fleet.manners = Manners(group_within=timedelta())
        for name in NAMES:
            fleet.catch_up(name, LAST)
        assert [thread for _, thread in fleet.notifier.sent] == ["", "", ""]

    def test_is_told_by_the_second_where_the_first_is_silenced(self, fleet):
        """A silent monitor is not in it."""
        fleet.silence("first", "late")
        for name in NAMES:
            fleet.catch_up(name, LAST)
        assert [message.monitor for message in fleet.notifier.messages] == ["second"]
        [card] = fleet.notifier.cards.values()
        assert [name for name, _ in card.members] == ["second", "third"]

    def test_of_another_week_is_another_message(self, fleet):
        """Who comes back two days later was kept away by something else."""
        fleet.catch_up("first", LAST)
        fleet.catch_up("second", LAST + 2)
        assert [thread for _, thread in fleet.notifier.sent] == ["", ""]

    def test_is_heard_from_nobody_where_nobody_is_told(self, fleet):
        """A monitor without a channel does not say that others told of its days."""
        job = fleet.job("first", notifiers={})
        fleet.clock.moment = window(LAST).end + outages.HOUR
        judge_due(job, None, fleet.clock.moment)
        assert reasons(fleet)[0] == "told: in the summary of the days judged late"

    def test_is_over_in_the_ledger_as_it_is_told(self, fleet):
        """Nothing stays open, and no window of a silenced monitor is one of it."""
        fleet.catch_up("first", LAST)
        [late] = fleet.ledger.incidents()
        assert (late.cause, late.is_open) == (Cause.LATE, False)
        assert late.opened == late.resolved == fleet.clock().isoformat()


class TestMissedByTheHour:
    def test_is_one_thread_whose_first_message_ends_well(self, fleet):
        """The alarm and the summary of all are in it; what was missing is there."""
        fleet.verdict_by = time(9)
        fleet.clock.moment = window(3).end + timedelta(hours=10)
        for name in NAMES:
            tell_overdue(fleet.job(name))
        first = fleet.notifier.messages[0].key
        assert [thread for _, thread in fleet.notifier.sent] == ["", first, first]
        [card] = fleet.notifier.cards.values()
        assert (card.title, card.tone) == ("3 of 3 monitors: no verdict", Tone.OPENED)
        assert "Nobody is watching third" in dict(card.members)["third"]
        fleet.catch_up("first", LAST)
        [card] = fleet.notifier.cards.values()
        assert card.title == "2 of 3 monitors: no verdict"
        for name in NAMES[1:]:
            fleet.catch_up(name, LAST)
        told = fleet.notifier.sent[len(NAMES) :]
        assert [(m.monitor, thread) for m, thread in told] == [("first", first)]
        [(thread, card)] = fleet.notifier.cards.items()
        assert thread == first
        assert card.title == "3 monitors: judged late after one outage"
        assert card.tone is Tone.NOTE
        assert len(card.members) == len(NAMES)

    def test_is_no_contradiction(self, fleet):
        """A thread that a message began is one that no incident is the first of."""
        fleet.verdict_by = time(9)
        fleet.clock.moment = window(3).end + timedelta(hours=10)
        tell_overdue(fleet.job("first"))
        fleet.catch_up("first", LAST)
        assert fleet.ledger.verify() == []


class TestRegistryWasAway:
    def test_the_outages_first_message_says_what_became_of_each(self, fleet):
        """One reply for all, and the windows made up for beside each monitor."""
        fleet.registry.goes()
        for name in NAMES:
            fleet.judge(name, 1)
        fleet.registry.comes_back()
        for name in NAMES:
            fleet.catch_up(name, 2)
        replies = fleet.notifier.messages[len(NAMES) :]
        assert [message.monitor for message in replies] == ["first"]
        [card] = fleet.notifier.cards.values()
        assert card.title == "3 monitors: resolved — one outage"
        said = dict(card.members)["third"]
        assert "Judged late: 2026-03-02 to 2026-03-03: 2 healthy" in said

    def test_takes_in_nobody_whom_it_did_not_concern(self, fleet):
        """A monitor whose worker was away has a message of its own."""
        fleet.registry.goes()
        fleet.judge("first", 1)
        fleet.registry.comes_back()
        fleet.catch_up("first", 2)
        fleet.catch_up("second", 2)
        assert len(fleet.notifier.cards) == 1
        assert [thread for _, thread in fleet.notifier.sent].count("") == 2


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder whose ledger is in it, or on a PostgreSQL server."""
    if request.param == "sqlite":
        yield tmp_path
        return
    with postgres() as url:
        (tmp_path / "url").write_text(url)
        yield tmp_path


def begun(names: list[str], home: Path) -> Fleet:
    """Monitors with a day judged in time."""
    fleet = Fleet(names, days_of(range(LAST + 1)), home)
    for name in names:
        fleet.judge(name, 0)
    return fleet


def test_processes_that_come_back_at_once_tell_once(home):
    """Three decide before any has written: one message, and the others are in it."""
    names = [f"m{number}" for number in range(3)]
    fleet = begun(names, home)
    fleet.ledger.close()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["polars", "alembic", "scipy.stats"])
    racing = [
        context.Process(
            target=outages.late_racer, args=(str(home), name, len(names), LAST)
        )
        for name in names
    ]
    for each in racing:
        each.start()
    for each in racing:
        each.join(120)
    assert [each.exitcode for each in racing] == [0] * len(names)
    for name in names:  # who waited behind the first while it was being sent
        fleet.notifier = outages.Channel(home)
        deliver_due(fleet.job(name))
    late = [i for i in fleet.ledger.incidents() if i.cause is Cause.LATE]
    assert len({incident.in_thread for incident in late}) == 1
    assert len(outages.posted(home)) == 1
    assert lines(home / "cards")[-1].endswith(" 3")
    assert {row["state"] for row in fleet.ledger.actions()} == {"done"}
    fleet.ledger.close()


def test_killed_before_it_is_sent_it_is_told_once_all_the_same(home):
    """The others wait behind the first one's message, and are in it when it goes out."""
    fleet = begun(["first", "second"], home)
    killed(clean_processes(), outages.killed_late, str(home), "first", str(LAST))
    fleet.notifier = outages.Channel(home)
    fleet.catch_up("second", LAST)
    assert outages.posted(home) == []
    fleet.clock.tick(timedelta(minutes=20))
    fleet.catch_up("first", LAST)
    fleet.catch_up("second", LAST)
    assert [monitor for monitor, _ in outages.posted(home)] == ["first"]
    assert [line.split()[-1] for line in lines(home / "cards")] == ["2"]
    fleet.ledger.close()
