"""One registry or source that is away is one thread, however many monitors wait for it."""

import multiprocessing
from datetime import time, timedelta

from driftline.app import answer
from driftline.app.monitor_day import deliver_due
from driftline.core.action import Answer, Tone
from driftline.core.incidents.incident import Cause
from driftline.core.incidents.notice import Manners, Reason
from driftline.core.verdict import Word
from driftline.errors import RegistryUnavailable, SliceCorrupt, SliceUnavailable
from driftline.ports import Reply
from driftline.testing import RecordingNotifier
from tests.app import outages
from tests.app.outages import FAR, NAMES, Fleet
from tests.app.world import days_of, rows_of, window


def threads(fleet: Fleet) -> list[str]:
    """The thread of each message in its order; empty for one that begins a thread."""
    return [thread for _, thread in fleet.notifier.sent]


class TestOneRegistry:
    def test_that_is_away_is_one_thread(self, fleet):
        """One first message that lists all; each monitor's own word is a reply."""
        fleet.registry.goes()
        reports = [fleet.judge(name, 1) for name in NAMES]
        assert {r.verdict.word for r in reports} == {Word.CANNOT_TELL}
        first = fleet.notifier.messages[0].key
        assert threads(fleet) == ["", first, first]
        [card] = fleet.notifier.cards.values()
        assert card.title == "3 monitors: cannot tell — one outage"
        assert [name for name, _ in card.members] == sorted(NAMES)
        assert fleet.reasons(1) == [Reason.FIRST, Reason.GROUPED, Reason.GROUPED]

    def test_resolves_for_each_and_the_thread_with_the_last(self, fleet):
        """Days that waited are judged, each of them told of in that thread."""
        fleet.registry.goes()
        for number in (1, 2):
            for name in NAMES:
                fleet.judge(name, number)
        assert len(fleet.notifier.sent) == 3
        fleet.registry.comes_back()
        stands = []
        for name in NAMES:
            fleet.catch_up(name, 3)
            [card] = fleet.notifier.cards.values()
            stands.append((card.tone, card.state))
        assert stands == [
            (Tone.NOTE, "2 of 3 incidents are open"),
            (Tone.NOTE, "1 of 3 incidents are open"),
            (Tone.RESOLVED, "0 of 3 incidents are open"),
        ]
        assert threads(fleet)[0] == ""
        assert set(threads(fleet)[1:]) == {fleet.notifier.messages[0].key}
        # Each monitor's word that it is blind, and one summary of the days made up for.
        assert len(fleet.notifier.messages) == len(NAMES) + 1
        assert not [i for i in fleet.ledger.incidents() if i.is_open]

    def test_that_one_monitor_alone_has_is_as_ever(self, fleet):
        """One note, one summary of the days judged, and a first message that says so."""
        fleet.registry.goes()
        fleet.judge("first", 1)
        fleet.registry.comes_back()
        fleet.catch_up("first", 2)
        assert len(fleet.notifier.messages) == 2
        [card] = fleet.notifier.cards.values()
        assert card.title == "first: resolved — it can be judged again"

    def test_the_next_outage_is_a_thread_of_its_own(self, fleet):
        """What is over takes nobody in."""
        for number in (1, 3):
            fleet.registry.goes()
            fleet.judge("first", number)
            fleet.judge("second", number)
            fleet.registry.comes_back()
            fleet.catch_up("first", number + 1)
            fleet.catch_up("second", number + 1)
        assert threads(fleet).count("") == 2
        assert len(fleet.notifier.cards) == 2

    def test_other_words_or_another_model_are_the_same_registry(self, fleet):
        """The address decides, and no text."""
        fleet.registry.goes()
        fleet.judge("first", 1)
        fleet.registry.goes("m-2 was not found within 30 s")
        fleet.judge("second", 1)
        assert threads(fleet).count("") == 1

    def test_another_registry_is_another_thread(self, fleet):
        """Also where both say the same on one morning."""
        fleet.registry.goes()
        fleet.judge("first", 1)
        fleet.registry.goes(place="http://mlflow.example.com:5001")
        fleet.judge("second", 1)
        assert threads(fleet) == ["", ""]
        assert fleet.notifier.cards == {}

    def test_that_does_not_say_where_it_is_is_nobody_elses(self, fleet):
        """Two errors without an address may be two registries."""
        fleet.registry.goes(place="")
        fleet.judge("first", 1)
        fleet.judge("second", 1)
        assert threads(fleet) == ["", ""]
        assert fleet.ledger.incidents() == []

    def test_grouping_can_be_turned_off(self, fleet):
        """`group_within_hours: 0` is a thread for each, whatever is away."""
        fleet.manners = Manners(group_within=timedelta(0))
        fleet.registry.goes()
        for name in NAMES:
            fleet.judge(name, 1)
        assert threads(fleet) == [""] * 3

    def test_an_answer_silences_the_next_one_too(self, fleet):
        """Seven days without a word, as the answer said; the day is in the record."""
        fleet.registry.goes()
        fleet.judge("first", 1)
        job = fleet.job("first")
        said = answer.take(job, Reply("p", Answer.SILENCE, "first", "ann"))
        assert "silenced until" in said
        fleet.registry.comes_back()
        fleet.catch_up("first", 2)
        before = len(fleet.notifier.messages)
        fleet.registry.goes()
        fleet.judge("first", 3)
        assert len(fleet.notifier.messages) == before
        entry = fleet.ledger.latest("first", window(3))
        notice = entry.record["notices"]["first/slice"]
        assert notice["reason"] == Reason.SILENCED

    def test_a_place_without_threads_hears_once(self, fleet):
        """Twenty mails about one server are nineteen too many, also when it is back."""
        fleet.notifier = mail = RecordingNotifier(place="mail")
        fleet.registry.goes()
        for name in NAMES:
            fleet.judge(name, 1)
        assert len(mail.sent) == 1
        fleet.registry.comes_back()
        for name in NAMES:
            fleet.catch_up(name, 2)
        assert len(mail.messages) == 2

    def test_is_told_in_one_thread_at_the_hour_too(self, fleet):
        """Verdicts that are due at nine wait for it, each with its own hour."""
        fleet.verdict_by = time(9)
        fleet.registry.goes()
        for name in NAMES:
            fleet.judge(name, 1)
        assert fleet.notifier.sent == []
        fleet.clock.tick(timedelta(hours=3))
        for name in NAMES:
            deliver_due(fleet.job(name))
        assert threads(fleet) == ["", *[fleet.notifier.messages[0].key] * 2]

    def test_is_no_news_where_it_is_back_before_the_hour(self, fleet):
        """Nobody had heard: no message, and nothing stays open."""
        fleet.verdict_by = time(9)
        fleet.registry.goes()
        for name in NAMES:
            fleet.judge(name, 1)
        fleet.registry.comes_back()
        for name in NAMES:
            fleet.judge(name, 1)
        fleet.clock.tick(timedelta(days=1))
        for name in NAMES:
            deliver_due(fleet.job(name))
        assert fleet.notifier.sent == []
        assert not [i for i in fleet.ledger.incidents() if i.is_open]

    def test_that_was_told_of_stays_so_when_later_rows_come_in_time(self, fleet):
        """A day that was pending and is judged before its hour takes nothing back."""
        fleet.registry.goes()
        fleet.judge("first", 1)
        fleet.registry.comes_back()
        fleet.catch_up("first", 2)
        over = fleet.ledger.incidents()
        fleet.verdict_by = time(9)
        fleet.loses(3, SliceUnavailable("no file yet", retryable=False))
        fleet.judge("first", 3)
        fleet.finds(3)
        assert fleet.judge("first", 3).verdict.word is Word.HEALTHY
        assert fleet.ledger.incidents() == over

    def test_a_silent_monitor_is_part_of_it_and_keeps_silent(self, fleet):
        """The first is silenced, so the second begins the thread that both are in."""
        fleet.silence("first", "slice")
        fleet.registry.goes()
        for name in NAMES:
            fleet.judge(name, 1)
        said = [message.monitor for message in fleet.notifier.messages]
        assert said == ["second", "third"]
        assert threads(fleet) == ["", fleet.notifier.messages[0].key]
        assert len({i.in_thread for i in fleet.ledger.incidents()}) == 1

    def test_a_silence_of_the_reference_holds_it_back(self, fleet):
        """What a finding is called can be silenced, and the reason says who did."""
        fleet.silence("first", "reference")
        fleet.registry.goes()
        fleet.judge("first", 1)
        assert fleet.notifier.sent == []
        entry = fleet.ledger.latest("first", window(1))
        assert "by ann: move" in entry.record["notices"]["first/slice"]["said"]
        fleet.registry.comes_back()
        fleet.loses(3, SliceUnavailable("no file yet", retryable=False))
        fleet.judge("first", 3)
        assert len(fleet.notifier.sent) == 1


class TestOneSource:
    def test_that_gives_no_answer_is_one_thread(self, fleet):
        """Its address decides, whichever table or file of it a monitor reads."""
        away = SliceUnavailable("no answer", retryable=False, place="https://s3.test")
        fleet.loses(1, away)
        for number, name in enumerate(NAMES):
            fleet.judge(name, 1, source_id=f"table-{number}")
        assert threads(fleet).count("") == 1

    def test_whose_rows_are_wanting_is_one_thread(self, fleet):
        """Nothing is known to be away: the monitors that read the same rows share it."""
        fleet.loses(1, SliceCorrupt("part-0 cannot be decoded"))
        fleet.judge("first", 1)
        fleet.judge("second", 1)
        fleet.judge("third", 1, source_id="elsewhere")
        assert threads(fleet) == ["", fleet.notifier.messages[0].key, ""]

    def test_without_rows_is_one_thread(self, fleet):
        """A load that did not come is no fault of one monitor."""
        fleet.deliver(1, rows_of(1).head(0))
        for name in NAMES:
            fleet.judge(name, 1)
        assert threads(fleet).count("") == 1

    def test_is_not_the_registry(self, fleet):
        """Both are away: two threads."""
        fleet.registry.goes()
        fleet.judge("first", 1)
        fleet.registry.comes_back()
        fleet.loses(1, SliceUnavailable("no answer", retryable=False))
        fleet.judge("second", 1)
        assert threads(fleet) == ["", ""]

    def test_before_the_hour_rows_are_to_come_and_no_outage(self, fleet):
        """No incident of what may be there at nine."""
        fleet.verdict_by = time(9)
        fleet.loses(1, SliceUnavailable("no file yet", retryable=False))
        fleet.judge("first", 1)
        assert fleet.ledger.incidents() == []


def test_an_outage_is_an_incident_of_its_own_kind(fleet):
    """By address, without a word of the error; the data's incident is another."""
    fleet.registry.goes("user=me password=hunter2")
    fleet.judge("first", 1)
    [incident] = fleet.ledger.incidents()
    assert (incident.cause, incident.source) == (Cause.OUTAGE, FAR)
    assert incident.key == f"first/slice/{window(1).start.isoformat()}"
    kept = (incident.key, incident.source, incident.thread, *incident.subjects)
    assert "hunter2" not in " ".join(kept)


def test_monitors_judged_at_once_agree_on_the_thread(tmp_path):
    """Four processes decide before any has written, and one message begins the thread."""
    names = [f"m{number}" for number in range(4)]
    fleet = Fleet(names, days_of(range(2)), tmp_path)
    for name in names:
        fleet.judge(name, 0)
    fleet.ledger.close()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["polars", "alembic", "scipy.stats"])
    racers = [
        context.Process(target=outages.racer, args=(str(tmp_path), name, len(names)))
        for name in names
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
    assert [racer.exitcode for racer in racers] == [0] * len(names)
    incidents = fleet.ledger.incidents()
    assert len(incidents) == len(names)
    assert len({incident.in_thread for incident in incidents}) == 1
    posts = outages.posted(tmp_path)
    assert sorted(monitor for monitor, _ in posts) == names
    assert [thread for _, thread in posts].count("") == 1


def test_an_error_keeps_its_place_when_it_travels():
    """From a worker or a task to whoever writes the finding."""
    import pickle

    error = RegistryUnavailable("away", place=FAR)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.place, again.retryable) == ("away", FAR, True)
