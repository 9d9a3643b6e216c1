"""A drill goes the whole way on copies: one chain, link by link, which says what holds.

Over 300 lines because every link of the chain is broken once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest

from driftline.adapters.ledgers import sql
from driftline.app import answer
from driftline.app.drill import drill
from driftline.app.drill.proof import Evidence, links_of
from driftline.app.monitor_day import deliver_due
from driftline.app.summary import OVERDUE
from driftline.core.drill.links import NOTE, Drilled, Link, State
from driftline.core.drill.planting import FAULTS
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.silence import NOTE as SILENCE
from driftline.core.incidents.silence import Silence
from driftline.core.retraining import request as retraining
from driftline.core.retraining.economics import Costs
from driftline.core.window import day_window
from driftline.errors import DeliveryFailed, SettingsError, UnknownName
from driftline.ports import Context, Ledger
from driftline.testing import MemoryLedger, RecordingNotifier
from tests.app.world import MONITOR, ROLES, World, day, days_of, rows_of, window

DAYS = 8
CHAIN = ["fault planted", "found", "incident", "message", "retraining"]


@contextmanager
def in_memory() -> Iterator[Ledger]:
    yield MemoryLedger()


@contextmanager
def on_disk() -> Iterator[Ledger]:
    """The real ledger, in a file that is gone at the end."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'scratch.db'}"
        ledger = sql.build(sql.Settings(url=url), Context(MONITOR, ".", "UTC", ROLES))
        yield ledger
        ledger.close()


@pytest.fixture
def world() -> World:
    """Quiet days, all judged."""
    world = World(days_of(range(DAYS)))
    for number in range(DAYS):
        world.judge(number)
    return world


def held(world: World, *names: str, scratch=in_memory, **how) -> list[Drilled]:
    faults = [drill.chosen_fault(world.job, name) for name in names]
    return drill.drill_monitor(world.job, scratch, faults, **how)


def states(drilled: Drilled) -> dict[str, State]:
    return {link.name: link.state for link in drilled.links}


def said(drilled: Drilled, name: str) -> str:
    return next(link.said for link in drilled.links if link.name == name)


def test_harm_on_the_only_day_that_is_judged_says_what_is_lacking():
    """It has to last: a first day alone proves nothing, and more of them can be judged."""
    world = World(days_of(range(2)))
    world.judge(0)
    [done] = held(world, "harm")
    assert states(done)["found"] is State.FAILED
    assert "in 1 day" in said(done, "found")
    assert "`driftline backfill` judges some" in said(done, "found")


@pytest.mark.parametrize("scratch", [in_memory, on_disk])
def test_the_usual_drill_proves_every_link(world, scratch):
    """A bug pages and is not learned; harm asks for a run; both at once ask for none."""
    bug, harm, both = drill.drill_monitor(world.job, scratch)
    for drilled in (bug, harm, both):
        assert list(states(drilled)) == CHAIN
        assert set(states(drilled).values()) == {State.PROVED}, drilled.links
    assert "critical" in said(bug, "found")
    assert f"{MONITOR}/v1/{day(DAYS - 1)}" not in said(bug, "retraining")
    assert f"asked for with the key {MONITOR}/v1/" in said(harm, "retraining")
    assert "broken data" in said(both, "retraining")
    assert both.windows[-1] == day(DAYS - 1).isoformat()


def test_nothing_of_a_drill_stays_but_its_note(world):
    """Ledger, source, registry, notifiers and dispatcher are as they were before."""
    before = (
        world.ledger.revisions(MONITOR),
        world.ledger.incidents(MONITOR),
        world.ledger.actions(MONITOR),
        dict(world.registry.aliases),
        dict(world.registry.days),
        world.source.rows.clone(),
        dict(world.pages.pages),
    )
    drill.drill_monitor(world.job, in_memory)
    after = (
        world.ledger.revisions(MONITOR),
        world.ledger.incidents(MONITOR),
        world.ledger.actions(MONITOR),
        dict(world.registry.aliases),
        dict(world.registry.days),
        world.source.rows,
        dict(world.pages.pages),
    )
    assert before[:5] == after[:5]
    assert before[6] == after[6]
    assert before[5].equals(after[5])
    assert world.notifier.messages == []
    assert world.dispatcher.asked == []
    [note] = world.ledger.notes(MONITOR, NOTE)
    assert note["body"]["passed"]


@pytest.mark.parametrize("name", ["nulls", "unseen", "unit"])
def test_every_data_bug_pages_and_is_not_learned(world, name):
    """Whatever the bug, its column is named and no run is asked for."""
    [drilled] = held(world, name)
    assert not drilled.failed, drilled.links
    assert drilled.fault.column in said(drilled, "found")
    assert drilled.sent[0].message.title.startswith("deliveries: act — data trouble")


def test_a_fault_that_pages_when_it_comes_again_is_planted_twice(world):
    """Of few reference days a share pages in the second window: the drill waits for it."""
    fault = drill.chosen_fault(world.job, "nulls", size=0.2)
    [drilled] = drill.drill_monitor(world.job, in_memory, [fault])
    assert drilled.windows == (window(DAYS - 2).label, window(DAYS - 1).label)
    assert not drilled.failed, drilled.links
    assert said(drilled, "found").startswith("critical: ")


def test_a_shift_is_watched_and_wakes_nobody(world):
    """Drift alone opens no incident, and the drill says that this is as it has to be."""
    [drilled] = held(world, "shift")
    assert not drilled.failed, drilled.links
    assert drilled.sent == ()
    assert said(drilled, "incident").startswith("none")


def test_a_shift_of_a_column_that_drifts_is_found_though_it_is_no_news(world):
    """People were told of the column before; that it went farther is seen all the same."""
    for number in (DAYS - 2, DAYS - 1):
        heavier = np.random.default_rng(number).gamma(5, 10, 300).round(1)
        rows = rows_of(number).with_columns(weight=pl.Series(heavier))
        world.deliver(number, rows)
        world.judge(number)

    fault = drill.chosen_fault(world.job, "shift", "weight", 0.3)
    [drilled] = drill.drill_monitor(world.job, in_memory, [fault])

    assert not drilled.failed, drilled.links
    assert said(drilled, "found").startswith("info: ")


def test_a_fault_too_small_to_see_fails_and_is_told(world, monkeypatch):
    """The failed link is named, in the note and to people, and told once a day."""
    small = drill.chosen_fault(world.job, "nulls", size=0.001)
    monkeypatch.setattr(drill, "usual_faults", lambda job: [small])
    [drilled] = drill.held_drill(world.job, in_memory)
    assert drilled.failed == ("found", "incident", "message")
    [note] = world.ledger.notes(MONITOR, NOTE)
    assert not note["body"]["passed"]
    world.clock.tick(timedelta(minutes=1))
    drill.held_drill(world.job, in_memory)
    [message] = world.notifier.messages
    assert message.title.startswith("deliveries: the drill failed")
    assert message.facts[0][0] == "0.1% of distance missing: found"


@pytest.mark.parametrize("subject", ["", "drill"])
def test_a_silence_holds_the_word_of_a_failed_drill_back(world, monkeypatch, subject):
    """Whoever wanted it so is named in the note; the drill has failed all the same."""
    small = drill.chosen_fault(world.job, "nulls", size=0.001)
    monkeypatch.setattr(drill, "usual_faults", lambda job: [small])
    until = world.clock() + timedelta(days=9)
    answer.silence(world.job, answer.Quiet(subject, until, "ann", "moving"))
    [drilled] = drill.held_drill(world.job, in_memory)
    assert "found" in drilled.failed
    assert world.notifier.messages == []
    [note] = world.ledger.notes(MONITOR, f"{NOTE}-told")
    assert "by ann: moving" in note["body"]["notice"]["said"]


def test_nobody_hears_of_a_chain_that_holds(world):
    """A scheduled drill is silent as long as every link is proved."""
    drill.held_drill(world.job, in_memory)
    assert world.notifier.messages == []


def test_a_drill_that_cannot_be_held_is_told(world):
    """Not having been able to try is no proof, and breaks the job; told once a local day."""
    world.job = replace(world.job, ledger=MemoryLedger(), zone="Asia/Tokyo")
    world.clock.moment = datetime(2026, 3, 9, 20, tzinfo=UTC)
    with pytest.raises(SettingsError):
        drill.held_drill(world.job, in_memory)
    [message] = world.notifier.messages
    assert message.title == "deliveries: the drill could not be held"
    assert message.thread.endswith("/2026-03-10")


def test_an_incident_that_is_joined_has_its_local_date(world):
    """Its first window began at midnight in Tokyo, fifteen o'clock of the day before."""
    first = day_window(date(2026, 3, 4), "Asia/Tokyo")
    opened = day_window(date(2026, 3, 2), "Asia/Tokyo").start.isoformat()
    known = Incident("k", MONITOR, Cause.DATA, opened, opened, ("weight",))
    entry = world.ledger.latest(MONITOR, window(0))
    fault = drill.chosen_fault(world.job, "nulls")
    evidence = Evidence(fault, entry, (), (known,), first, 1)

    link = next(each for each in links_of(evidence) if each.name == "incident")
    assert link.said == "data: joined the one open since 2026-03-02 (weight)"


def test_harm_on_a_day_that_is_bad_already_proves_nothing_and_says_so(world):
    """A shortfall that is full cannot grow: a sound day is asked for, nothing failed."""
    fault = drill.chosen_fault(world.job, "harm")
    full = Finding(
        Topic.PERFORMANCE, "mae", "cusum", Outcome.BREACHED, Severity.CRITICAL, "", 6.1
    )
    entry = replace(world.ledger.latest(MONITOR, window(0)), findings=(full,))

    def found(*before: Finding) -> Link:
        evidence = Evidence(fault, entry, before, (), window(0), 1)
        return next(each for each in links_of(evidence) if each.name == "found")

    assert found().state is State.PROVED
    assert found(full).state is State.HELD
    assert found(full).said.startswith("mae was critical before the fault")


def test_a_posted_drill_is_marked_and_takes_no_answers(world):
    """With `post` the message goes out as a drill, in a thread of its own."""
    world.job = replace(world.job, listens=True)
    held(world, "nulls", post=True)
    [message] = world.notifier.messages
    assert message.title.startswith("DRILL: deliveries: act")
    assert message.summary.startswith("A drill, nothing is wrong: 47% of")
    assert message.answers == ()
    assert message.thread.startswith("drill/")


def test_a_notifier_that_cannot_draw_fails_the_message(world):
    """What Slack would choke on is found by the drill and not by the incident."""

    class Broken(RecordingNotifier):
        def draft(self, message):
            raise DeliveryFailed("no such block")

    world.job = replace(world.job, notifiers={"slack": Broken()})
    [drilled] = held(world, "nulls")
    assert drilled.failed == ("message",)
    assert said(drilled, "message") == "no such block"


def test_without_a_notifier_nobody_would_be_told(world):
    """An incident of which nobody hears is a broken chain."""
    world.job = replace(world.job, notifiers={})
    [drilled] = held(world, "nulls")
    assert drilled.failed == ("message",)


def test_a_drill_of_a_day_that_was_late_tells_of_its_fault_alone(world):
    """What people heard of the days that came late is no part of what is rehearsed."""
    for number, collecting in ((DAYS, True), (DAYS + 1, False)):
        world.deliver(number, rows_of(number))
        world.job = replace(world.job, collecting=collecting)
        world.judge(number)
    missed = window(DAYS + 1).start.isoformat()
    world.ledger.note(MONITOR, OVERDUE, missed, {}, world.clock())
    assert "late" in world.titles()[-1]
    [drilled] = held(world, "nulls")
    assert not drilled.failed
    threads = {sent.message.thread for sent in drilled.sent}
    assert len(threads) == len(drilled.sent) == 1
    assert "data trouble" in drilled.sent[0].message.title


def test_a_silence_holds_the_message_back_by_name(world):
    """What a person silenced is no broken chain, and is named."""
    until = world.clock.moment + timedelta(days=7)
    silence = Silence("k", MONITOR, until, "ann", "known")
    world.ledger.note(MONITOR, SILENCE, "k", silence.to_json(), world.clock.moment)
    [drilled] = held(world, "nulls")
    assert states(drilled)["message"] is State.HELD
    assert "silenced" in said(drilled, "message")


def test_an_interlock_holds_the_request_back_by_name(world):
    """The real switch is asked; what it says is shown."""
    world.dispatcher.switch = "Prefect's variable is 'off'"
    [drilled] = held(world, "harm")
    assert states(drilled)["retraining"] is State.HELD
    assert "is 'off'" in said(drilled, "retraining")


def test_a_challenger_in_shadow_is_left_alone(world):
    """It sees no rows that have a fault, and nobody hears of its end."""
    world.job = replace(world.job, retraining=world.retraining(shadow_windows=3))
    body = {
        "as_of": day(3).isoformat(),
        "last": window(3).start.isoformat(),
        "champion": "1",
        "challenger": "2",
        "promoted": False,
        "shadow": 3,
    }
    world.ledger.note(MONITOR, "retraining", "a run", body, world.clock())
    [drilled] = held(world, "harm")
    assert "is in shadow" in said(drilled, "retraining")
    assert not any("shadow" in sent.message.title for sent in drilled.sent)


def test_a_run_that_does_not_pay_is_held_back_with_its_sum(world):
    """Harm that costs little is no broken chain."""
    dear = Costs(error=1, currency="USD", run=10**9)
    world.job = replace(world.job, retraining=world.retraining(costs=dear))
    [drilled] = held(world, "harm")
    assert states(drilled)["retraining"] is State.HELD
    assert "does not pay yet" in said(drilled, "retraining")


def test_without_retraining_the_incident_is_the_end_of_it(world):
    """A monitor that trains nothing is drilled up to its message."""
    world.job = replace(world.job, retraining=None, dispatcher=None)
    bug, harm = drill.drill_monitor(world.job, in_memory)
    assert not bug.failed
    assert not harm.failed
    assert "not set up" in said(harm, "retraining")


def test_a_run_on_broken_data_would_fail_the_drill(world, monkeypatch):
    """The drill is no rubber stamp: with an interlock taken out the chain is broken."""
    monkeypatch.setattr(retraining, "_data_interlock", lambda *_: None)
    loose = retraining.RetrainingPolicy(min_labelled=0)
    world.job = replace(world.job, retraining=world.retraining(interlocks=loose))
    bug = drill.chosen_fault(world.job, "nulls")
    both = replace(bug, also=drill.chosen_fault(world.job, "harm"))
    [drilled] = drill.drill_monitor(world.job, in_memory, [both])
    assert drilled.failed == ("retraining",)
    assert "must not be" in said(drilled, "retraining")


def test_late_labels_are_turned_where_they_live():
    """A label table of its own gets the fault; days without labels are left out."""
    world = World(days_of(range(DAYS)), late_labels=True)
    held_back = pl.col("at").dt.date() < day(DAYS - 2)
    world.labels.rows = world.labels.rows.filter(held_back)
    for number in range(DAYS):
        world.judge(number)
    [drilled] = held(world, "harm")
    assert not drilled.failed, drilled.links
    assert drilled.windows[-1] <= day(DAYS - 3).isoformat()


def test_what_cannot_be_drilled_is_said(world):
    """Names, sizes, columns, days and labels that are not there are errors with a word."""
    job = world.job
    with pytest.raises(UnknownName, match="Did you mean 'nulls'"):
        drill.chosen_fault(job, "null")
    with pytest.raises(SettingsError, match="a share"):
        drill.chosen_fault(job, "nulls", size=3.0)
    with pytest.raises(SettingsError, match="no column 'price'"):
        drill.chosen_fault(job, "nulls", "price")
    with pytest.raises(SettingsError, match="cannot happen to 'distance'"):
        drill.chosen_fault(job, "unseen", "distance")
    bare = replace(job, roles=replace(job.roles, label=None))
    with pytest.raises(SettingsError, match="no label"):
        drill.chosen_fault(bare, "harm")
    assert [f.name for f in drill.usual_faults(bare)] == ["nulls"]
    fresh = replace(job, ledger=MemoryLedger())
    with pytest.raises(SettingsError, match="driftline run deliveries"):
        held(replace_job(world, fresh), "nulls")
    with pytest.raises(SettingsError, match="has labels enough"):
        held(replace_job(world, fresh), "harm", day=day(3))


def test_a_day_too_large_to_copy_is_refused(world, monkeypatch):
    """A drill never takes a day into memory that is larger than its limit."""
    monkeypatch.setattr("driftline.app.drill.rehearsal.MOST_ROWS", 100)
    with pytest.raises(SettingsError, match="more than 100 rows"):
        held(world, "nulls")


def test_a_named_day_is_drilled(world):
    """`--day` names the day whose rows are copied."""
    [drilled] = held(world, "nulls", day=day(2))
    assert drilled.windows == (window(2).label,)
    assert not drilled.failed, drilled.links


def test_faults_are_all_explained():
    """Every fault has words that name its column or its share."""
    for kind in FAULTS.values():
        assert "{column}" in kind.said or "{share}" in kind.said


def replace_job(world: World, job) -> World:
    world.job = job
    return world


def test_delivering_after_a_drill_sends_nothing(world):
    """The real outbox has nothing of the drill."""
    held(world, "nulls")
    assert deliver_due(world.job) == []
