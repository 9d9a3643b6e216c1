"""Killed while the version last known in service judges, a day ends as if it had not been."""

from pathlib import Path

import pytest

from driftline.app.catch_up import judge_due
from tests.app import crashing
from tests.app.crashing import JUDGED, judge, killed, lines, remembered, world_at
from tests.app.world import MONITOR, window

POINTS = (
    "before pin_model",
    "before pull",
    "before record",
    "after record",
    "before deliver_due",
    "after deliver_due",
)
"""Before the outage shows, in its reading, and around the transaction and the outbox."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The days before have been judged; then the registry goes away."""
    root = tmp_path_factory.mktemp("before")
    for number in range(JUDGED):
        judge(root, number)
    (root / "away").touch()
    return root


def test_the_undisturbed_day_acts_and_asks_for_nothing(undisturbed):
    """The outage and the harm are two messages; no run starts, and no day is logged."""
    assert len(lines(undisturbed / "messages")) == 2
    assert lines(undisturbed / "runs") == []
    assert '"act"' in remembered(undisturbed)


@pytest.mark.parametrize("point", POINTS)
def test_a_provisional_day_that_is_killed_and_run_again_ends_the_same(
    point, root, undisturbed, processes
):
    """The same ledger and messages; with the registry back one verdict, and one run."""
    killed(processes, crashing.process, str(root), point)
    judge(root, JUDGED, minutes=20)
    assert remembered(root) == remembered(undisturbed)
    assert lines(root / "messages") == lines(undisturbed / "messages")
    (root / "away").unlink()
    again = world_at(root)
    again.clock.moment = window(JUDGED + 1).end
    judge_due(again.job, None, window(JUDGED + 1).end)
    entry = again.ledger.latest(MONITOR, window(JUDGED))
    again.ledger.close()
    assert (entry.verdict, entry.revision) == ("act", 2)
    assert len(lines(root / "runs")) == 1


def test_processes_that_race_for_a_provisional_day_leave_one_result(
    root, undisturbed, processes
):
    """Whoever comes first works; the others are busy, or find the day done."""
    assert crashing.raced(processes, root, 2) <= {1, 75}
    assert remembered(root) == remembered(undisturbed)
    assert lines(root / "messages") == lines(undisturbed / "messages")
