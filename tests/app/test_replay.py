"""A replay: the same policy changes nothing, a tighter one raises what it should."""

from dataclasses import replace

import polars as pl
import pytest

from driftline.app.replay import ASSUMED, replay
from driftline.app.retraining.record import NOTE
from driftline.core.bounds.budget import AlarmBudget
from driftline.core.model import ModelVersion
from driftline.core.replayed import Replay
from driftline.core.retraining.request import RetrainingPolicy
from driftline.errors import RegistryUnavailable, SliceUnavailable
from driftline.testing import MemoryLedger
from tests.app.world import MONITOR, World, day, days_of, rows_of, window


def heavier(number: int, by: float) -> pl.DataFrame:
    """A day whose weights lie higher by so much."""
    return rows_of(number).with_columns((pl.col("weight") + by).round(1))


@pytest.fixture(scope="module")
def world() -> World:
    """Quiet days, two heavier ones, and from day 6 a world in which the model errs."""
    changed = days_of(range(6, 10), changed=True)
    rows = [days_of(range(2)), heavier(2, 3.0), heavier(3, 3.0), days_of(range(4, 6))]
    world = World(pl.concat([*rows, changed]))
    for number in range(10):
        world.judge(number)
    return world


def replayed(world: World, first: int = 0, last: int = 9, **changes) -> Replay:
    """The days from `first` to `last` under the world's own policy, with these changes."""
    would = replace(
        world.job, ledger=MemoryLedger(), policy="policy-2", kept={}, **changes
    )
    windows = [window(number) for number in range(first, last + 1)]
    return replay(world.job, would, windows)


def shown(world: World) -> tuple[list, list, list, int, int]:
    """Everything that a replay must leave as it is."""
    ledger = world.ledger
    return (
        ledger.revisions(MONITOR),
        ledger.actions(),
        ledger.notes(MONITOR),
        len(world.notifier.sent),
        len(world.dispatcher.asked) + len(world.pages.pages) + len(world.registry.days),
    )


@pytest.mark.parametrize("first", [0, 4, 7])
def test_the_same_policy_changes_nothing(world: World, first: int) -> None:
    """From any day on: the same verdicts, reasons, incidents, messages and requests."""
    found = replayed(world, first)
    assert len(found.windows) == 10 - first
    for each in found.windows:
        assert each.would is not None
        assert not each.note
        assert each.would.verdict == each.was.verdict, each.window.label
        assert not each.appeared + each.vanished
    assert found.was == found.would


def test_something_was_told_and_asked_for(world: World) -> None:
    """What the other tests compare is not nothing."""
    was = replayed(world).was
    assert was.pages
    assert was.incidents
    assert was.messages
    assert was.retraining


def test_nothing_is_written_or_sent(world: World) -> None:
    """Ledger, outbox, notes, channels, dispatcher, reports and registry stay as they are."""
    before = shown(world)
    replayed(world)
    assert shown(world) == before


def test_a_larger_budget_tells_more(world: World) -> None:
    """Days that were quiet are watched under a generous budget, each with its reason."""
    generous = replace(world.job.drift, budget=AlarmBudget(0.5, 6.0))
    found = replayed(world, drift=generous)
    assert found.would.digests > found.was.digests
    raised = [e for e in found.windows if e.differs and e.was.verdict == "healthy"]
    assert raised
    assert all(each.appeared for each in raised)
    assert "weight" in {f.subject for each in raised for f in each.appeared}


def test_a_smaller_budget_tells_no_more(world: World) -> None:
    """Under one digest in ten years no day is watched that was not before."""
    strict = replace(world.job.drift, budget=AlarmBudget(1 / 3650, 1 / 3650))
    found = replayed(world, drift=strict)
    assert found.would.digests <= found.was.digests
    assert not any(
        each.appeared for each in found.windows if each.was.verdict == "healthy"
    )


def test_a_policy_that_needs_more_labels_asks_for_no_run(world: World) -> None:
    """The days asked for retraining, and would not have with more labels needed."""
    assert world.job.retraining is not None
    patient = replace(
        world.job.retraining, interlocks=RetrainingPolicy(min_labelled=100_000)
    )
    never = replayed(world, retraining=patient)
    assert never.would.retraining == 0
    assert never.was.retraining


@pytest.fixture(scope="module")
def patient(world: World) -> World:
    """The same days under a policy that waits for more labels than there are: no run."""
    waits = World(world.source.rows)
    interlocks = RetrainingPolicy(min_labelled=100_000)
    waits.job = replace(waits.job, retraining=waits.retraining(interlocks=interlocks))
    for number in range(10):
        waits.judge(number)
    return waits


def assumed(patient: World, **interlocks: int) -> tuple[Replay, MemoryLedger]:
    """The days under a policy that asks for runs, and what it leaves in its memory."""
    memory = MemoryLedger()
    policy = RetrainingPolicy(min_labelled=500, **interlocks)
    setup = patient.retraining(interlocks=policy)
    would = replace(patient.job, ledger=memory, policy="policy-2", retraining=setup)
    return replay(patient.job, would, [window(number) for number in range(10)]), memory


def test_a_run_that_only_the_other_policy_asks_for_is_taken_to_have_ended(
    patient: World,
) -> None:
    """It was promoted, and holds the next one off for the cool-down; nothing really ran."""
    found, memory = assumed(patient)
    [run] = memory.notes(MONITOR, NOTE)
    assert run["body"] == {
        "as_of": run["body"]["as_of"],
        "promoted": True,
        "challenger": ASSUMED,
    }
    assert (found.was.retraining, found.would.retraining) == (0, 1)
    last = memory.history(MONITOR)[-1]
    assert last.verdict == "act"
    assert "the last run was" in last.record["retraining"]
    assert patient.dispatcher.asked == []
    assert patient.ledger.notes(MONITOR, NOTE) == []


def test_assumed_runs_count_as_runs_that_helped(patient: World) -> None:
    """So a policy that gives up after one that did not asks again after the cool-down."""
    found, memory = assumed(patient, cool_down_days=1, give_up_after=1)
    assert found.would.retraining == len(memory.notes(MONITOR, NOTE)) >= 2
    said = [entry.record["retraining"] for entry in memory.history(MONITOR)]
    assert not any("brought no better model" in words for words in said)


def test_days_whose_rows_are_gone_are_in_no_total(world: World) -> None:
    """What can no longer be read is named, and compared with nothing."""
    world.source.failures[day(1)] = SliceUnavailable("archived", retryable=False)
    try:
        found = replayed(world, 0, 2)
    finally:
        world.source.failures.clear()
    assert found.gone == 1
    assert found.windows[1].would is None
    assert "no longer" in found.windows[1].note
    assert found.was == found.would


def test_days_that_were_never_judged_are_counted(world: World) -> None:
    """A span beyond the record is no error."""
    found = replayed(world, 9, 12)
    assert len(found.windows) == 1
    assert found.skipped == 3
    assert not replayed(world, 20, 22).windows


def test_a_first_day_that_waits_for_the_registry_is_judged_by_the_one_in_service() -> (
    None
):
    """Its version is not known yet; the alias says it now."""
    fresh = World(days_of(range(1)))

    def away(name: str, alias: str) -> ModelVersion:
        raise RegistryUnavailable("MLflow does not answer")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fresh.registry, "resolve", away)
        fresh.judge(0)
    [each] = replayed(fresh, 0, 0).windows
    assert each.was.verdict == "cannot-tell"
    assert each.would is not None
    assert each.would.verdict == "healthy"
