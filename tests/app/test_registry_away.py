"""A registry that cannot be asked when a day begins: one story, from word to summary."""

from dataclasses import replace
from datetime import timedelta

import pytest

from driftline.app import catch_up
from driftline.app.backfill import backfill
from driftline.app.catch_up import judge_due
from driftline.app.monitor_day import monitor_day
from driftline.app.refresh import refresh
from driftline.app.unjudged import is_unjudged
from driftline.core.action import Tone
from driftline.core.model import ModelVersion
from driftline.core.verdict import Word
from driftline.errors import (
    ModelMissing,
    ReferenceCorrupt,
    ReferenceMissing,
    RegistryUnavailable,
)
from driftline.ports import Trained
from tests.app.away import due_for, harmed, in_time, judge
from tests.app.world import MODEL, MONITOR, World, day, window


@pytest.fixture
def world() -> World:
    """Two days judged in time, with a registry that may go away."""
    return in_time()


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
    [_, summary] = world.notifier.messages
    assert "2026-03-03 to 2026-03-06 judged late — " in summary.title
    assert "cannot-tell" not in summary.title
    judge(world, 5)
    assert len(world.notifier.messages) == 2
    assert len(world.registry.days) == 9


def test_where_there_are_threads_the_summary_is_a_reply(world):
    """The outage is one thread: what could not be judged, and that it is judged now."""
    world.notifier.threads = True
    world.registry.goes()
    for number in range(2, 4):
        judge(world, number)
    world.registry.comes_back()
    judge(world, 4)
    [(first, _), (_, thread)] = world.notifier.sent
    assert thread == first.key


def test_a_day_that_is_judged_as_the_last_of_its_outage_answers_for_all(world):
    """The registry is back before the next day is due: one reply, and nothing the next day."""
    world.registry.goes()
    for number in range(2, 5):
        judge(world, number)
    world.registry.comes_back()
    assert len(judge(world, 4)) == 3
    judge(world, 5)
    [_, summary] = world.notifier.messages
    assert "2026-03-03 to 2026-03-05 judged late" in summary.title


def test_the_days_of_an_outage_ask_for_one_retraining_and_are_told_in_one_summary():
    """Each would ask for a run of its own; the last of them does, and knows the most."""
    world = harmed()
    world.registry.comes_back()
    judge(world, 7)
    assert [request.as_of for request in world.dispatcher.asked] == [day(7)]
    assert sum("judged late" in title for title in world.titles()) == 1
    assert sum("act — performance trouble" in title for title in world.titles()) == 1
    waited = [world.ledger.latest(MONITOR, window(n)).record for n in range(3, 7)]
    assert all("the last of them is asked" in record["retraining"] for record in waited)


def test_a_refresh_makes_up_for_an_outage_in_the_same_way():
    """Whoever comes first: one request, one summary; the daily run has no more to say."""
    world = harmed()
    world.registry.comes_back()
    refresh(world.job, window(6))
    assert [request.as_of for request in world.dispatcher.asked] == [day(6)]
    assert sum("judged late" in title for title in world.titles()) == 1
    told = len(world.titles())
    assert len(judge(world, 7)) == 1
    assert not any("judged late" in title for title in world.titles()[told:])


def test_killed_while_it_makes_up_the_rest_is_told_with_what_was_judged():
    """The summary has every day of the outage, and one run is asked for."""
    world = harmed()
    world.registry.comes_back()
    pulled = []

    def dying(step, /, *args, **kwargs):
        if step.__name__ == "pull":
            pulled.append(step)
            if len(pulled) > 3:
                raise KeyboardInterrupt
        return step(*args, **kwargs)

    world.clock.moment = due_for(7)
    with pytest.raises(KeyboardInterrupt):
        judge_due(world.job, None, due_for(7), dying)
    waiting = [e for e in world.ledger.history(MONITOR) if is_unjudged(e)]
    assert len(waiting) == 2
    told = len(world.notifier.messages)
    assert not any("judged late" in title for title in world.titles())
    judge(world, 7)
    assert len(world.notifier.messages) == told + 2  # the request, and the summary
    assert len(world.dispatcher.asked) == 1
    [summary] = [title for title in world.titles() if "judged late" in title]
    assert "2026-03-03 to 2026-03-08" in summary


def test_a_registry_that_goes_away_again_leaves_the_others_to_the_next_summary(world):
    """Two days are made up for, then it is away; the next summary has those that waited on."""
    world.registry.goes()
    for number in range(2, 6):
        judge(world, number)
    world.registry.comes_back()
    pinned = []

    def going(step, /, *args, **kwargs):
        if step.__name__ == "pin_model":
            pinned.append(step)
            if len(pinned) == 3:
                world.registry.goes()
        return step(*args, **kwargs)

    world.clock.moment = due_for(6)
    judge_due(world.job, None, due_for(6), going)
    assert verdicts(world)[2:].count("cannot-tell") == 3
    world.registry.comes_back()
    judge(world, 7)
    assert "cannot-tell" not in verdicts(world)
    first, second = [title for title in world.titles() if "judged late" in title]
    assert "2026-03-03 to 2026-03-04, 2026-03-07 judged late" in first
    assert "2026-03-05 to 2026-03-08 judged late" in second


def test_a_day_judged_by_hand_hides_nothing_that_waited_before_it():
    """The summary has the days on both sides of it, and itself; those that acted are named."""
    world = harmed()
    world.registry.comes_back()
    judge(world, 5, day(5))
    told = len(world.titles())
    judge(world, 7)
    [summary] = [m for m in world.notifier.messages[told:] if "judged late" in m.title]
    assert "2026-03-03 to 2026-03-08 judged late" in summary.title
    acted = [
        e.key.window.label for e in world.ledger.history(MONITOR) if e.verdict == "act"
    ]
    assert window(3).label in acted
    assert {label for label, _ in summary.facts} >= {*acted}
    judge(world, 8)
    assert sum("judged late" in title for title in world.titles()) == 1


def test_a_backfill_tells_of_a_gap_in_the_outage_in_the_same_summary(world):
    """Nobody ran on two days of it: they are no end of the story, however they are judged."""
    world.registry.goes()
    for number in (2, 4, 6):
        judge(world, number, day(number))
    world.registry.comes_back()
    told = len(world.titles())
    backfill(world.job, day(2), day(7))
    assert "cannot-tell" not in verdicts(world)
    assert len(verdicts(world)) == 8
    [summary] = [t for t in world.titles()[told:] if "judged late" in t]
    assert "2026-03-03 to 2026-03-07 judged late" in summary


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
    assert tones(world) == [Tone.NOTE, Tone.RESOLVED]
    assert catch_up.missed(world.job, window(2), due_for(2)) == [window(2)]


def test_an_outage_does_not_unsay_a_verdict(world):
    """A judged day is an error for whoever asks, and stays."""
    world.registry.goes()
    with pytest.raises(RegistryUnavailable):
        monitor_day(world.job, window(1))
    assert verdicts(world) == ["healthy"] * 2


def test_the_first_day_of_a_monitor_is_told_once_and_made_up_for_too(world):
    """No version is known yet: the day cannot tell, and is judged by the one in service."""
    world.job = replace(world.job, monitor="fresh")
    world.registry.goes()
    for number in range(2, 4):
        [*_, report] = judge(world, number)
        assert (report.verdict.word, report.exit_code) == (Word.CANNOT_TELL, 2)
        assert report.model == "deliveries@champion"
    [told] = world.notifier.messages
    assert "MLflow does not answer" in told.summary
    world.registry.comes_back()
    assert len(judge(world, 4)) == 3
    known = world.ledger.history("fresh")
    assert [e.key.model_version for e in known] == ["1"] * 3
    assert "cannot-tell" not in [e.verdict for e in known]
    [_, summary] = world.notifier.messages
    assert "2026-03-03 to 2026-03-05 judged late" in summary.title


@pytest.mark.parametrize(
    "error",
    [
        ModelMissing("no alias 'champoin'"),
        RegistryUnavailable("user name or password is wrong", retryable=False),
    ],
    ids=["alias", "password"],
)
def test_a_first_day_that_is_set_up_wrongly_is_an_error(world, error):
    """No retry helps: exit code 2 with the word of the registry, and nothing is written."""
    fresh = replace(world.job, monitor="fresh")
    world.registry.failures["resolve"] = error
    with pytest.raises(type(error), match=str(error)) as caught:
        monitor_day(fresh, window(2))
    assert caught.value.exit_code == 2
    assert world.ledger.history("fresh") == []
    assert world.notifier.messages == []


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
    assert "2026-03-03 to 2026-03-04 judged late" in world.titles()[1]


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
    world.job = replace(world.job, last_known_for=timedelta(0))
    world.registry.goes()
    judge(world, 2)
    entry = world.ledger.latest(MONITOR, window(2))
    assert entry.record["broken"]
    assert not entry.record["rows_manifest"]
