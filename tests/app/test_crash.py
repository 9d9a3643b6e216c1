"""Killed between any two steps and run again, a day ends as if nothing had happened."""

from collections import Counter
from pathlib import Path

import pytest

from tests.app import crashing
from tests.app.crashing import JUDGED, STEPS, judge, killed, lines, remembered

CARRIED = ("logging", "sending opened", "sending note", "dispatching")
"""What is carried out for the outbox, each a point before and after it."""

POINTS = [
    *(f"before {step}" for step in STEPS),
    *(f"{when} {what}" for what in CARRIED for when in ("before", "after")),
    "after deliver_due",
]

SENT_AND_NOT_MARKED = {
    "after sending opened": "/first/",
    "after sending note": "/requested",
}
"""Where nobody can know whether the message is out: it is sent again, with its key."""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The days before have been judged."""
    root = tmp_path_factory.mktemp("before")
    for number in range(JUDGED):
        judge(root, number)
    return root


def test_no_step_is_left_out(root):
    """The points are before each step that the day takes, and around what it carries out."""
    points: list[str] = []
    judge(root, JUDGED, points.append)
    carried = {f"{when} {what}" for what in CARRIED for when in ("before", "after")}
    steps = [p for p in points if p not in carried and p.startswith("before ")]
    assert steps == [f"before {step}" for step in STEPS]
    assert carried <= {*points}


def test_the_undisturbed_day_acts(undisturbed):
    """It opens an incident, tells people twice, and asks for one retraining."""
    assert len(lines(undisturbed / "messages")) == 2
    assert lines(undisturbed / "runs") == ["deliveries/v1/2026-03-04"]
    assert len(lines(undisturbed / "days")) == JUDGED + 1


@pytest.mark.parametrize("point", POINTS)
def test_a_day_that_is_killed_and_run_again_ends_the_same(
    point, root, undisturbed, processes
):
    """The same ledger, each message once, one retraining run.

    Only a message that was out when its process died, before it could say so, comes a
    second time.
    """
    killed(processes, crashing.process, str(root), point)
    judge(root, JUDGED, minutes=20)
    assert remembered(root) == remembered(undisturbed)
    assert lines(root / "runs") == lines(undisturbed / "runs")
    assert sorted(lines(root / "days")) == sorted(lines(undisturbed / "days"))
    told = Counter(lines(root / "messages"))
    twice = SENT_AND_NOT_MARKED.get(point)
    assert told == Counter(
        {
            key: 2 if twice and twice in key else 1
            for key in lines(undisturbed / "messages")
        }
    )


@pytest.mark.parametrize("point", SENT_AND_NOT_MARKED)
def test_a_message_that_is_found_where_it_was_sent_is_not_sent_again(
    point, root, undisturbed, processes
):
    """A channel that can be read makes up for the mark that is missing."""
    (root / "looks").touch()
    killed(processes, crashing.process, str(root), point)
    judge(root, JUDGED, minutes=20)
    assert lines(root / "messages") == lines(undisturbed / "messages")


def test_a_run_after_the_dead_one_waits_for_its_lease(root, processes):
    """A worker that may still be alive is not overtaken at once."""
    killed(processes, crashing.process, str(root), "before pull")
    with pytest.raises(crashing.DriftlineError, match="worker-") as caught:
        judge(root, JUDGED, minutes=5)
    assert caught.value.exit_code == 75


def test_of_two_processes_on_one_day_one_works(root, undisturbed, processes):
    """The other leaves at once with exit code 75 and says who has the day."""
    first = crashing.two_at_once(root, processes)
    assert f"worker-{first.pid}" in (root / "error").read_text()
    assert remembered(root) == remembered(undisturbed)
    assert lines(root / "messages") == lines(undisturbed / "messages")


def test_processes_that_race_for_a_day_leave_one_result(root, undisturbed, processes):
    """Whoever comes first works; the others are busy, or find the day done."""
    ended = crashing.raced(processes, root, 3)
    assert ended <= {1, 75}
    assert 1 in ended
    assert remembered(root) == remembered(undisturbed)
    assert lines(root / "messages") == lines(undisturbed / "messages")
    assert lines(root / "runs") == lines(undisturbed / "runs")
