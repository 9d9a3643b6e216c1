"""While the registry is away, the version last known in service judges provisionally."""

from dataclasses import replace
from datetime import timedelta

import pytest

from driftline.app.refresh import refresh
from driftline.core.action import Tone
from driftline.core.finding import JUDGED_BY
from driftline.core.incidents.incident import Cause
from driftline.core.verdict import Word
from driftline.errors import RegistryUnavailable, SliceUnavailable
from driftline.ports import LedgerEntry, Trained
from tests.app.away import harmed, in_time, judge
from tests.app.test_monitor_day import grams
from tests.app.world import MODEL, MONITOR, World, day, rows_of, window
from tests.faults.parts import sql_ledger


@pytest.fixture
def world() -> World:
    """Two days judged in time, with a registry that may go away."""
    return in_time()


def entry_of(world: World, number: int) -> LedgerEntry:
    return world.ledger.latest(MONITOR, window(number))


def newer(world: World) -> None:
    """Version 2 is in service, with the reference of version 1."""
    made = world.registry.register(MODEL, Trained(None, lambda frame: frame), {})
    first = world.registry.references[MODEL, "1"]
    world.registry.references[MODEL, made.version] = first
    world.registry.move_alias(MODEL, "champion", made.version)


def test_broken_data_pages_in_an_outage_and_once(world):
    """With the age of what is known; judged for good it is no second page."""
    world.registry.goes()
    judge(world, 2)
    world.deliver(3, grams(3))
    [*_, report] = judge(world, 3)
    assert (report.verdict.word, report.exit_code) == (Word.ACT, 1)
    assert "judged by deliveries v1 as of 2 days ago" in report.verdict.headline
    outage, page = world.notifier.messages
    assert "cannot tell — 2026-03-03 was judged provisionally" in outage.title
    assert "act — data trouble" in page.title
    assert "judged by deliveries v1 as of 2 days ago: MLflow does not" in page.doing
    assert not any("judged by" in said for _, said in page.facts)
    world.registry.comes_back()
    judge(world, 4)
    entry = entry_of(world, 3)
    assert (entry.verdict, entry.revision) == ("act", 2)
    assert "judged by" not in entry.record["headline"]
    *told, last = world.notifier.messages
    assert told == [outage, page]
    assert "2026-03-03 to 2026-03-05 judged late" in last.title


def test_an_outage_that_begins_with_broken_data_is_told_beside_it(world):
    """Two threads, since one is for the data's owner; each is told once."""
    world.registry.goes()
    for number in range(2, 5):
        world.deliver(number, grams(number))
        judge(world, number)
    titles = world.titles()
    assert len(titles) == 2
    assert any("act — data trouble" in title for title in titles)
    assert any("act — 2026-03-03 was judged provisionally" in t for t in titles)
    world.registry.comes_back()
    judge(world, 5)
    assert sum("judged late" in title for title in world.titles()) == 1
    assert sum("data trouble" in title for title in world.titles()) == 1


def test_a_quiet_day_is_no_all_clear(world):
    """Nothing outside its bounds is `cannot-tell`, and an open incident stays open."""
    world.deliver(2, grams(2))
    judge(world, 2)
    world.registry.goes()
    for number in range(3, 6):
        [*_, report] = judge(world, number)
        assert report.verdict.word is Word.CANNOT_TELL
    assert "nothing is outside its bounds, judged by" in report.verdict.headline
    assert report.metrics["rows"] == 300
    assert world.ledger.incident(MONITOR, Cause.DATA).is_open
    world.registry.comes_back()
    judge(world, 6)
    assert not world.ledger.incident(MONITOR, Cause.DATA).is_open
    assert entry_of(world, 5).verdict == "healthy"


def test_harm_in_an_outage_pages_and_nothing_is_retrained():
    """The window says why; a run is asked for by the judgement that counts."""
    world = harmed()
    assert "act — performance trouble" in "".join(world.titles())
    assert world.dispatcher.asked == []
    assert "until the registry answers" in entry_of(world, 6).record["retraining"]
    world.registry.comes_back()
    judge(world, 7)
    assert [request.as_of for request in world.dispatcher.asked] == [day(7)]


def test_performance_that_recovers_in_an_outage_is_not_called_well():
    """Another version may be in service: what was open about it stays open."""
    world = harmed()
    for number in range(7, 10):
        world.deliver(number, rows_of(number))
        judge(world, number)
    assert world.ledger.incident(MONITOR, Cause.PERFORMANCE).is_open


def test_the_alias_that_moved_meanwhile_judges_the_days_anew(world):
    """What was provisional pins nothing: another revision, by the version in service."""
    world.registry.goes()
    judge(world, 2)
    assert entry_of(world, 2).key.model_version == "1"
    newer(world)
    judge(world, 3)
    world.registry.comes_back()
    judge(world, 4)
    versions = [e.key.model_version for e in world.ledger.history(MONITOR)]
    assert versions == ["1", "1", "2", "2", "2"]
    assert world.ledger.in_service(MONITOR).model.version == "2"


def test_what_is_known_for_too_long_judges_nothing(world):
    """The verdict says how old it is; what it judged before stays."""
    world.job = replace(world.job, last_known_for=timedelta(days=1))
    world.registry.goes()
    judge(world, 2)
    judge(world, 3)
    assert JUDGED_BY in entry_of(world, 2).findings[0].evidence
    assert entry_of(world, 2).revision == 1
    [finding, *_] = entry_of(world, 3).findings
    assert JUDGED_BY not in finding.evidence
    assert "deliveries v1 is known as of 2 days ago, too long" in finding.message
    assert not entry_of(world, 3).record["rows_manifest"]


def test_it_can_be_switched_off(world):
    """Then nothing is judged by what was known, nor kept for it."""
    off = replace(world.job, last_known_for=timedelta(0))
    world.job = replace(off, monitor="fresh")
    judge(world, 2)
    assert world.ledger.in_service("fresh") is None
    world.job = off
    world.registry.goes()
    [*_, report] = judge(world, 3)
    assert report.findings[0].message == "MLflow does not answer"
    assert report.metrics["rows"] == 0


def test_another_model_or_alias_is_not_judged_by_it(world):
    """What is known is of the alias that the monitor file named then."""
    world.job = replace(world.job, alias="live")
    world.registry.goes()
    [*_, report] = judge(world, 2)
    assert JUDGED_BY not in report.findings[0].evidence


@pytest.mark.parametrize("moved", [False, True])
def test_an_outage_that_begins_between_two_questions(world, moved):
    """The version is known: its reference of yesterday judges, and no other one's."""
    if moved:
        newer(world)
    error = RegistryUnavailable("MLflow does not answer")
    world.registry.failures = {"load_reference": error}
    [report] = judge(world, 2)
    assert (JUDGED_BY in report.findings[0].evidence) is not moved
    assert entry_of(world, 2).key.model_version == ("2" if moved else "1")
    world.registry.comes_back()
    judge(world, 3)
    assert entry_of(world, 2).verdict == "healthy"


def test_rows_that_change_in_the_outage_are_another_revision(world):
    """The same rows are not; a refresh sees to the others, and then to the registry."""
    world.registry.goes()
    judge(world, 2)
    judge(world, 2)
    assert entry_of(world, 2).revision == 1
    world.deliver(2, grams(2))
    [report] = refresh(world.job, window(2))
    assert (report.verdict.word, report.revision) == (Word.ACT, 2)
    world.registry.comes_back()
    [report] = refresh(world.job, window(2))
    assert (report.verdict.word, report.revision) == (Word.ACT, 3)
    assert not report.verdict.judged_by
    assert refresh(world.job, window(2)) == []


def test_a_source_that_goes_away_too_unsays_nothing(world):
    """A page stays one while neither can be asked; the day is judged when both can."""
    world.registry.goes()
    world.deliver(2, grams(2))
    judge(world, 2)
    world.source.failures[day(2)] = SliceUnavailable("S3 does not answer")
    judge(world, 3)
    assert (entry_of(world, 2).verdict, entry_of(world, 2).revision) == ("act", 1)
    world.source.failures.clear()
    world.registry.comes_back()
    judge(world, 4)
    assert (entry_of(world, 2).verdict, entry_of(world, 2).revision) == ("act", 2)


def test_rows_that_are_missing_too_are_named_and_not_called_judged(world):
    """Nobody judged: the registry is named first, and the day waits for both."""
    world.source.failures[day(2)] = SliceUnavailable("S3 does not answer")
    world.registry.goes()
    [report] = judge(world, 2)
    statistics = [finding.statistic for finding in report.findings]
    assert statistics[:2] == ["registry_unavailable", "slice_unavailable"]
    [told] = world.notifier.messages
    assert "was not judged" in told.title
    world.source.failures.clear()
    world.registry.comes_back()
    judge(world, 3)
    assert entry_of(world, 2).verdict == "healthy"


def test_the_first_days_words_end_with_the_outage(world):
    """One day of it, made up for by hand: the reply says what it is now."""
    world.registry.goes()
    judge(world, 2)
    world.registry.comes_back()
    judge(world, 2, day(2))
    assert [message.tone for message in world.notifier.messages] == [
        Tone.NOTE,
        Tone.RESOLVED,
    ]
    assert "2026-03-03 is judged now" in world.titles()[1]


def test_a_copy_that_is_damaged_is_not_used_and_said(world, tmp_path):
    """A byte that changed in the ledger: cannot tell, with that beside the outage."""
    world.ledger = sql_ledger(tmp_path)
    world.job = replace(world.job, ledger=world.ledger)
    judge(world, 2)
    damage = "UPDATE driftline_in_service SET reference = zeroblob(9)"
    world.ledger._database.write(lambda c: c.exec_driver_sql(damage))
    world.registry.goes()
    [report] = judge(world, 3)
    assert report.verdict.word is Word.CANNOT_TELL
    assert "MLflow does not answer; the reference that the ledger keeps" in (
        report.findings[0].message
    )
    assert "fails its checksum" in report.findings[0].message
    world.registry.comes_back()
    judge(world, 4)
    assert world.ledger.in_service(MONITOR).model.version == "1"


def test_the_page_says_by_what_it_was_judged(world):
    """Also where it acts, and it does not say that nothing was measured."""
    world.registry.goes()
    world.deliver(2, grams(2))
    judge(world, 2)
    content = world.pages.pages[world.pages.address(MONITOR, window(2))]
    assert content.judged_by == "deliveries v1 as of 24 hours ago"
    assert content.reasons[-1].evidence[JUDGED_BY] == content.judged_by
    assert content.retraining.startswith("nothing is retrained until")
