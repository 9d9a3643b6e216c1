"""A registry that cannot be asked when a day begins: the day says so, and is made up for."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from driftline.app import catch_up
from driftline.app.catch_up import judge_due
from driftline.app.monitor_day import monitor_day
from driftline.app.refresh import refresh
from driftline.core.action import Tone
from driftline.core.model import ModelVersion
from driftline.core.verdict import Word
from driftline.errors import (
    DriftlineError,
    ReferenceCorrupt,
    ReferenceMissing,
    RegistryUnavailable,
)
from driftline.ports import Trained
from driftline.testing import MemoryRegistry
from tests.app.world import MODEL, MONITOR, World, days_of, window

HOUR = timedelta(hours=6)


class Away(MemoryRegistry):
    """While `failures` has an error for a question, asking raises it."""

    def __init__(self, like: MemoryRegistry) -> None:
        self.__dict__.update(like.__dict__)
        self.failures: dict[str, DriftlineError] = {}
        self.asked: list[str] = []

    def _fail(self, question: str) -> None:
        self.asked.append(question)
        if question in self.failures:
            raise self.failures[question]

    def resolve(self, name, alias):
        self._fail("resolve")
        return super().resolve(name, alias)

    def load_reference(self, model):
        self._fail("load_reference")
        return super().load_reference(model)

    def log_day(self, day):
        self._fail("log_day")
        return super().log_day(day)

    def goes(self) -> None:
        """Nothing is answered any more."""
        error = RegistryUnavailable("MLflow does not answer")
        self.failures = dict.fromkeys(("resolve", "load_reference", "log_day"), error)

    def comes_back(self) -> None:
        self.failures = {}


@pytest.fixture
def world() -> World:
    """Two days judged in time, with a registry that may go away."""
    made = World(days_of(range(12)))
    made.registry = Away(made.registry)
    made.job = replace(made.job, registry=made.registry)
    for number in range(2):
        judge(made, number)
    return made


def judge(world: World, number: int, day: date | None = None):
    """The run that is due for a day, in time."""
    world.clock.moment = max(world.clock.moment, window(number).end + HOUR)
    return judge_due(world.job, day, due_for(number))


def due_for(number: int) -> datetime:
    return window(number).end + HOUR


def verdicts(world: World) -> list[str]:
    return [entry.verdict for entry in world.ledger.history(MONITOR)]


def tones(world: World) -> list[Tone]:
    return [message.tone for message in world.notifier.messages]


def test_an_outage_is_told_once_and_its_days_are_judged_when_it_ends(world):
    """Three days cannot tell, with the reason; then each is judged, and people hear of it."""
    world.registry.goes()
    for number in range(2, 5):
        [*_, report] = judge(world, number)
        assert report.verdict.word is Word.CANNOT_TELL
        assert report.exit_code == 2
        assert report.findings[0].statistic == "registry_unavailable"
    [told] = world.notifier.messages
    assert "cannot tell" in told.title
    assert "MLflow does not answer" in told.summary
    assert "--day 2026-03-03" in told.advice
    world.registry.comes_back()
    assert len(judge(world, 5)) == 4
    assert "cannot-tell" not in verdicts(world)
    assert len(verdicts(world)) == 6
    assert tones(world) == [Tone.NOTE, Tone.RESOLVED]
    judge(world, 5)
    assert len(world.notifier.messages) == 2
    assert len(world.registry.days) == 9


def test_where_there_are_threads_each_late_day_is_a_reply(world):
    """The outage is one thread: what could not be judged, and that it is judged now."""
    world.notifier.threads = True
    world.registry.goes()
    for number in range(2, 4):
        judge(world, number)
    world.registry.comes_back()
    judge(world, 4)
    [first, *later] = world.notifier.sent
    assert {thread for _, thread in later} == {first[0].key}
    assert tones(world) == [Tone.NOTE, Tone.RESOLVED, Tone.RESOLVED]


def test_while_it_is_away_only_the_first_waiting_day_asks_for_it(world):
    """Else every run would wait for each day of a long outage."""
    world.registry.goes()
    for number in range(2, 8):
        judge(world, number)
    world.registry.asked.clear()
    reports = judge(world, 8)
    assert [report.window for report in reports] == [window(2), window(8)]
    assert world.registry.asked.count("resolve") == 2


def test_the_day_is_judged_by_the_version_in_service_when_it_can_be_asked(world):
    """Which one was recorded in the outage is a guess, and pins nothing."""
    world.registry.goes()
    judge(world, 2)
    assert world.ledger.latest(MONITOR, window(2)).key.model_version == "1"
    world.registry.comes_back()
    newer = world.registry.register(MODEL, Trained(None, lambda frame: frame), {})
    first = world.registry.references[MODEL, "1"]
    world.registry.references[MODEL, newer.version] = first
    world.registry.move_alias(MODEL, "champion", newer.version)
    judge(world, 3)
    versions = [e.key.model_version for e in world.ledger.history(MONITOR)]
    assert versions == ["1", "1", "2", "2"]


def test_a_refresh_judges_it_too(world):
    """Whoever comes first."""
    world.registry.goes()
    judge(world, 2)
    world.registry.comes_back()
    [report] = refresh(world.job, window(2))
    assert (report.verdict.word, report.revision) == (Word.HEALTHY, 2)
    assert catch_up.missed(world.job, window(2), due_for(2)) == [window(2)]


def test_an_outage_does_not_unsay_a_verdict(world):
    """A judged day is an error for whoever asks, and stays."""
    world.registry.goes()
    with pytest.raises(RegistryUnavailable):
        monitor_day(world.job, window(1))
    assert verdicts(world) == ["healthy"] * 2


def test_a_monitor_that_never_judged_a_day_has_no_version_to_record(world):
    """Exit code 2 with the word of the registry; nothing is written."""
    fresh = replace(world.job, monitor="fresh")
    world.registry.goes()
    with pytest.raises(RegistryUnavailable, match="does not answer"):
        monitor_day(fresh, window(2))
    assert world.ledger.history("fresh") == []


def test_a_damaged_reference_is_a_verdict_too(world):
    """The version is known, even if nothing was judged before; mended, the day is judged."""
    world.job = replace(world.job, monitor="fresh")
    damaged = ReferenceCorrupt("the reference fails its checksum")
    world.registry.failures["load_reference"] = damaged
    [report] = judge(world, 2)
    assert report.verdict.word is Word.CANNOT_TELL
    assert report.findings[0].statistic == "reference_corrupt"
    world.registry.comes_back()
    assert [r.verdict.word for r in judge(world, 3)] == [Word.HEALTHY] * 2
    assert tones(world) == [Tone.NOTE, Tone.RESOLVED]


def test_a_reference_that_was_never_built_is_an_error(world):
    """That is for whoever set the monitor up."""
    world.registry.failures["load_reference"] = ReferenceMissing("build it")
    with pytest.raises(ReferenceMissing):
        judge(world, 2)
    assert verdicts(world) == ["healthy"] * 2


def test_a_watch_is_not_kept_while_the_registry_is_away(world):
    """The promoted version's turn comes when it can be asked, and the day is told of."""
    body = {"promoted": True, "challenger": "1", "champion": "1", "as_of": "2026-03-02"}
    world.ledger.note(MONITOR, "retraining", "key", body, world.clock())
    world.registry.goes()
    [report] = judge(world, 2)
    assert report.model == str(ModelVersion(MODEL, "1"))
    assert len(world.notifier.messages) == 1


def test_a_waiting_day_is_no_day_of_the_past(world):
    """What was not judged neither counts as rows nor as a window to learn from."""
    world.registry.goes()
    judge(world, 2)
    entry = world.ledger.latest(MONITOR, window(2))
    assert entry.record["broken"]
    assert not entry.record["rows_manifest"]
