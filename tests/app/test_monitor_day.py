"""The day, judged, recorded and told once, whatever is down: one path, step by step.

Over 300 lines because a day has one path, and every step of it fails once.
"""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from driftline.app.deliver import State
from driftline.app.monitor_day import monitor_day
from driftline.core.action import Tone
from driftline.core.finding import Outcome, Severity, Topic
from driftline.core.incidents.incident import Cause
from driftline.core.verdict import Word
from driftline.errors import (
    DeliveryFailed,
    ReferenceMissing,
    RegistryUnavailable,
    SliceCorrupt,
    SliceUnavailable,
    WindowBusy,
)
from driftline.ports import call
from driftline.testing import MemoryRegistry, RecordingNotifier
from tests.app.crashing import STEPS
from tests.app.world import MODEL, MONITOR, World, day, days_of, rows_of, window


@pytest.fixture
def world() -> World:
    """Twelve days like the reference's."""
    return World(days_of(range(12)))


def grams(number: int) -> pl.DataFrame:
    """A data bug: weights in grams."""
    return rows_of(number).with_columns(pl.col("weight") * 1000)


def state(world: World) -> tuple[object, ...]:
    """Everything that a second run could add to."""
    ledger = world.ledger
    return (
        ledger.history(MONITOR),
        ledger.incidents(),
        ledger.actions(),
        ledger.notes(MONITOR),
        list(world.notifier.sent),
        dict(world.registry.days),
    )


def test_a_quiet_day_is_healthy_and_nobody_is_told(world):
    """The day is in the ledger, the registry's record and on a page; no message."""
    report = world.judge(0)
    assert report.verdict.word is Word.HEALTHY
    assert (report.exit_code, report.revision, report.repeated) == (0, 1, False)
    assert world.notifier.sent == []
    [logged] = world.registry.days.values()
    assert logged.metrics["rows"] == 300.0
    assert logged.metrics["performance/roc_auc"] > 0.7
    assert world.pages.pages[report.report].verdict == "healthy"
    assert repr(report) == f"<{MONITOR} {day(0)}: {report.verdict.headline}>"
    [entry] = world.ledger.history(MONITOR)
    assert repr(entry) == f"<{MONITOR} {day(0)}: healthy>"


def test_the_same_day_twice_adds_nothing_and_sends_nothing(world):
    """The second run returns the first one's verdict and changes no table."""
    world.deliver(0, grams(0))
    first = world.judge(0)
    before = state(world)
    second = world.judge(0)
    assert state(world) == before
    assert (second.repeated, second.revision) == (True, 1)
    assert (second.verdict, second.exit_code) == (first.verdict, 1)
    assert world.suite.checked == 1


def test_a_data_bug_is_one_incident_with_one_thread_that_resolves(world):
    """Opened once, more trouble is a reply, repeats are silent, two quiet days end it."""
    world.deliver(1, grams(1))
    for number in (2, 3):
        world.deliver(number, grams(number).with_columns(origin=pl.lit("XXX")))
    words = [world.judge(number).verdict.word for number in range(6)]
    assert words[:4] == [Word.HEALTHY, Word.ACT, Word.ACT, Word.ACT]
    tones = [message.tone for message in world.notifier.messages]
    assert tones == [Tone.OPENED, Tone.UPDATED, Tone.RESOLVED]
    [incident] = world.ledger.incidents()
    assert (incident.cause, incident.is_open) == (Cause.DATA, False)
    assert {"weight", "origin"} <= set(incident.subjects)
    threads = [thread for _, thread in world.notifier.sent]
    assert threads == ["", *[world.notifier.messages[0].key] * 2]


def test_a_data_bug_asks_for_no_retraining(world):
    """A label table turned upside down with the weights broken trains nothing."""
    for number in range(6):
        bad = grams(number).with_columns(late=1 - pl.col("late"))
        world.deliver(number, bad)
        world.judge(number)
    entry = world.ledger.latest(MONITOR, window(5))
    assert any(f.subject == "roc_auc" and f.matters for f in entry.findings)
    assert world.dispatcher.asked == []
    assert "broken data" in entry.record["retraining"]


@pytest.mark.parametrize(
    ("failure", "statistic"),
    [
        (
            SliceUnavailable("no data file at rows/", retryable=False),
            "slice_unavailable",
        ),
        (SliceCorrupt("part-0.parquet cannot be decoded"), "slice_corrupt"),
    ],
)
def test_a_slice_that_cannot_be_read_is_told_once_and_judged_when_it_can(
    world, failure, statistic
):
    """Cannot tell, exit code 2, one message; later a second revision, and word of it."""
    world.source.failures[day(0)] = failure
    reports = [world.judge(0), world.judge(0)]
    assert [r.verdict.word for r in reports] == [Word.CANNOT_TELL] * 2
    assert [r.repeated for r in reports] == [False, True]
    assert reports[0].exit_code == 2
    assert reports[0].findings[0].statistic == statistic
    assert str(failure) in world.notifier.messages[0].summary
    world.source.failures.clear()
    later = world.judge(0)
    assert (later.verdict.word, later.revision) == (Word.HEALTHY, 2)
    assert world.titles()[1:] == ["deliveries: 2026-03-01 is judged now"]
    assert world.notifier.sent[1][1] == world.notifier.messages[0].key
    world.judge(0)
    assert len(world.notifier.sent) == 2


@pytest.mark.parametrize("threads", [True, False])
def test_every_day_of_an_outage_is_told_of_when_it_is_judged(world, threads):
    """One message when it begins; each late day is a reply, in whatever order they come."""
    world.notifier.threads = threads
    for number in range(3):
        world.source.failures[day(number)] = SliceUnavailable(
            "no load", retryable=False
        )
        world.judge(number)
    assert len(world.notifier.sent) == 1
    world.judge(3)
    world.source.failures.clear()
    for number in (1, 0, 2):
        assert world.judge(number).verdict.word is Word.HEALTHY
    late = [1, 0, 2] if threads else [0]
    assert world.titles()[1:] == [f"deliveries: {day(n)} is judged now" for n in late]
    first, *replies = world.notifier.sent
    assert {thread for _, thread in replies} == {first[0].key}


def test_a_window_that_stays_blind_for_a_while_is_resolved_once(world):
    """Empty, then a part, then whole: a message for either, and one that all is well."""
    for rows in (rows_of(0).head(0), rows_of(0).head(12), rows_of(0)):
        world.deliver(0, rows)
        world.judge(0)
    tones = [Tone.NOTE, Tone.OPENED, Tone.RESOLVED]
    assert [m.tone for m in world.notifier.messages] == tones, world.titles()


def test_the_words_of_an_outage_do_not_make_a_new_revision(world):
    """Errors that name a port or a duration differ from run to run; the fact does not."""
    for seconds in (3, 4):
        failure = SliceUnavailable(f"timed out after {seconds} s")
        world.source.failures[day(0)] = failure
        assert world.judge(0).revision == 1


def test_an_outage_does_not_unsay_a_verdict(world):
    """A judged day whose source is down is an error for whoever asked, and stays."""
    world.judge(0)
    before = state(world)
    world.source.failures[day(0)] = SliceUnavailable("the database is away")
    with pytest.raises(SliceUnavailable, match="away"):
        world.judge(0)
    assert state(world) == before
    assert world.ledger.acquire(MONITOR, window(0).label, "other", world.clock())


@pytest.mark.parametrize(
    ("rows", "word", "words"),
    [
        (0, Word.CANNOT_TELL, "no rows"),
        (12, Word.ACT, "the hours from 01 to 24 o'clock are missing"),
    ],
)
def test_too_little_is_not_judged(world, rows, word, words):
    """An empty or tiny slice is no healthy day, and drift is not computed on it."""
    world.deliver(0, rows_of(0).head(rows))
    report = world.judge(0)
    assert report.verdict.word is word
    assert words in report.verdict.headline
    drift = [f for f in report.findings if f.topic is Topic.DRIFT]
    assert all(f.outcome is Outcome.UNKNOWN for f in drift)
    assert len(world.titles()) == 1


def test_a_day_without_rows_does_not_part_two_bad_ones(world):
    """Forty days cannot tell a third missing from a rare day; a second one pages."""
    thirds = [
        rows_of(n).with_columns(
            weight=pl.when(pl.col("id") % 3 == 0).then(None).otherwise(pl.col("weight"))
        )
        for n in range(3)
    ]
    for number, rows in enumerate([thirds[0], thirds[1].head(0), thirds[2]]):
        world.deliver(number, rows)
    found = [
        [f.severity for f in world.judge(n).findings if f.statistic == "null_rate"]
        for n in range(3)
    ]
    assert [Severity.CRITICAL in severities for severities in found] == [
        False,
        False,
        True,
    ]


def test_a_lasting_outage_is_told_on_its_first_day_only(world):
    """The next day without rows repeats no message; the first one after a good day does."""
    for number in (0, 1, 3):
        world.deliver(number, rows_of(number).head(0))
    for number in range(4):
        world.judge(number)
    assert [t.split()[4] for t in world.titles()] == ["2026-03-01", "2026-03-04"]


def test_a_day_without_rows_is_not_a_quiet_day(world):
    """An open incident neither calms nor resolves while nothing can be seen."""
    world.deliver(0, grams(0))
    for number in (1, 2, 3):
        world.deliver(number, rows_of(number).head(0))
    for number in range(4):
        world.judge(number)
    [incident] = world.ledger.incidents()
    assert incident.is_open
    assert incident.quiet_windows == 0


def test_changed_rows_restate_the_day(world):
    """The mended day is a second revision; both are kept, the newest counts."""
    world.deliver(0, grams(0))
    world.judge(0)
    world.deliver(0, rows_of(0))
    report = world.judge(0)
    assert (report.verdict.word, report.revision) == (Word.HEALTHY, 2)
    assert world.suite.checked == 2


def test_rows_that_change_back_are_judged_a_third_time(world):
    """The newest revision is always about the rows that are there, and then settles."""
    revisions = []
    for rows in (rows_of(0), grams(0), rows_of(0), rows_of(0), grams(0)):
        world.deliver(0, rows)
        revisions.append(world.judge(0).revision)
    assert revisions == [1, 2, 3, 3, 4]
    assert world.ledger.latest(MONITOR, window(0)).verdict == "act"


def test_another_policy_is_another_revision(world):
    """The same rows under changed bounds are judged anew, and the suite is run again."""
    world.judge(0)
    world.job = replace(world.job, policy="policy-2")
    report = world.judge(0)
    assert (report.revision, report.repeated) == (2, False)
    assert world.suite.checked == 2


def test_a_day_judged_anew_is_another_revision_and_no_second_message(world):
    """The same rows and policy: the old revisions stay, and people hear nothing again."""
    world.deliver(0, grams(0))
    world.judge(0)
    world.job = replace(world.job, anew=True)
    again = [world.judge(0) for _ in range(2)]
    assert [(r.verdict.word, r.revision) for r in again] == [
        (Word.ACT, 2),
        (Word.ACT, 3),
    ]
    assert world.suite.checked == 3
    assert [e.revision for e in world.ledger.revisions(MONITOR)] == [1, 2, 3]
    assert [message.tone for message in world.notifier.messages] == [Tone.OPENED]
    assert len(world.ledger.incidents()) == 1
    world.job = replace(world.job, anew=False)
    assert world.judge(0).repeated


def test_a_dead_notifier_loses_nothing_and_fails_nothing(world):
    """The other notifier gets its message at once, the dead one later, each once."""
    other = RecordingNotifier()
    world.job = replace(world.job, notifiers={"slack": world.notifier, "pager": other})
    world.notifier.failure = DeliveryFailed("503", retryable=True)
    world.deliver(0, grams(0))
    report = world.judge(0)
    assert report.exit_code == 1
    assert {d.state for d in report.deliveries} == {State.DONE, State.POSTPONED}
    assert (len(world.notifier.sent), len(other.sent)) == (0, 1)
    world.notifier.failure = None
    world.judge(1)
    assert [m.tone for m in world.notifier.messages] == [Tone.OPENED]
    assert len(other.sent) == 1


def test_a_message_refused_for_good_breaks_the_job_and_not_the_verdict(world):
    """Exit code 2 says that somebody was not told; the verdict is recorded as it is."""
    world.notifier.failure = DeliveryFailed("no such channel")
    world.deliver(0, grams(0))
    report = world.judge(0)
    assert report.exit_code == 2
    assert [d.detail for d in report.undelivered] == ["no such channel"]
    assert world.ledger.latest(MONITOR, window(0)).verdict == "act"


def test_a_page_that_cannot_be_written_keeps_no_message_back(world):
    """The disk is full: the error shows, the message is out, the next run writes."""
    world.pages.failure = OSError(28, "No space left on device")
    world.deliver(0, grams(0))
    with pytest.raises(OSError, match="No space"):
        world.judge(0)
    assert len(world.notifier.sent) == 1
    world.pages.failure = None
    assert world.judge(0).report in world.pages.pages
    assert len(world.notifier.sent) == 1


def test_a_dry_run_writes_nothing(world):
    """The verdict is there; ledger, page, notifiers and registry are untouched."""
    world.deliver(0, grams(0))
    before = state(world)
    report = world.judge(0, dry_run=True)
    assert report.verdict.word is Word.ACT
    assert state(world) == before
    assert world.pages.pages == {}
    assert (
        world.ledger.acquire(MONITOR, window(0).label, "other", world.clock()).fence
        == 1
    )


class Down(MemoryRegistry):
    """A registry that stops answering when a day is to be logged."""

    failing = True

    def log_day(self, record):
        if self.failing:
            raise RegistryUnavailable("MLflow does not answer")
        return super().log_day(record)


def test_a_registry_that_is_down_when_the_day_is_logged_loses_nothing(world):
    """The verdict stands, people are told, and the log is made up for later."""
    down = Down()
    down.__dict__.update(world.registry.__dict__)
    world.job = replace(world.job, registry=down)
    world.deliver(0, grams(0))
    report = world.judge(0)
    assert report.verdict.word is Word.ACT
    assert report.exit_code == 1
    assert len(world.notifier.sent) == 1
    assert down.days == {}
    down.failing = False
    world.judge(1)
    assert len(down.days) == 2


def test_a_window_that_another_worker_has_is_left_alone(world):
    """Exit code 75 and not a word written; the lease of a dead worker runs out."""
    world.clock.moment = window(0).end
    world.ledger.acquire(MONITOR, window(0).label, "worker-2", world.clock())
    with pytest.raises(WindowBusy, match="worker-2") as caught:
        monitor_day(world.job, window(0))
    assert caught.value.exit_code == 75
    assert world.ledger.history(MONITOR) == []
    world.clock.tick(timedelta(hours=1))
    assert monitor_day(world.job, window(0)).revision == 1


def test_the_lease_is_given_back_after_an_error(world):
    """A model without a reference stops the day, and the next worker may try."""
    world.registry.references.clear()
    with pytest.raises(ReferenceMissing, match="driftline reference build"):
        world.judge(0)
    assert world.ledger.acquire(MONITOR, window(0).label, "other", world.clock())


def test_a_column_that_the_model_takes_and_the_slice_lacks_is_critical(world):
    """The version's signature is checked, with the name that may be meant."""
    key = (MODEL, "1")
    signed = replace(world.registry.versions[key], signature={"weigth": "double"})
    world.registry.versions[key] = signed
    report = world.judge(0)
    [finding] = [f for f in report.findings if f.topic is Topic.REGISTRY]
    assert finding.outcome is Outcome.BREACHED
    assert "is it 'weight' now?" in finding.message
    assert report.verdict.word is Word.ACT


def test_every_step_is_run_by_run_in_order(world):
    """A runner sees each step by its name, so that Prefect shows and retries it."""
    names = []

    def tracing(step, /, *args, **kwargs):
        names.append(step.__name__)
        return call(step, *args, **kwargs)

    world.judge(0, tracing)
    assert names == [step for step in STEPS if step != "explain"]
