"""News of a retraining joins the incident that it came from, and lets people sleep."""

from dataclasses import replace
from datetime import timedelta

import pytest

from driftline.app import answer
from driftline.app.monitor_day import deliver_due, monitor_day
from driftline.app.report import content_of
from driftline.app.retraining.record import NOTE
from driftline.app.retraining.retrain import retrain_model
from driftline.core.action import Answer
from driftline.core.incidents.incident import Cause
from driftline.core.incidents.notice import Manners, Reason
from driftline.core.incidents.quiet_hours import QuietHours
from driftline.core.incidents.silence import Silence
from driftline.ports import Reply
from driftline.testing import RecordingNotifier
from tests.app.retraining import Refusing, changing
from tests.app.world import MONITOR, World, window


@pytest.fixture
def world() -> World:
    """Two days as ever, then another world; the one notifier has threads."""
    world = changing()
    world.notifier = RecordingNotifier(threads=True, place="models")
    world.job = replace(world.job, notifiers={"slack": world.notifier})
    return world


def judged(world: World, last: int) -> None:
    for number in range(last + 1):
        world.judge(number)


def at_night(world: World) -> None:
    """From now on it is night until two hours from now."""
    hours = QuietHours(
        begins=(world.clock() - timedelta(hours=1)).time(),
        ends=(world.clock() + timedelta(hours=2)).time(),
    )
    world.job = replace(world.job, manners=Manners(quiet_hours=hours))


def test_a_request_and_its_outcome_are_replies_to_the_harm(world: World) -> None:
    """One thread: the harm, what is done about it, and what came of it."""
    judged(world, 3)
    assert retrain_model(world.job, window(3), "asked for").promoted
    first, *news = world.notifier.sent
    assert [m.title.partition(": ")[2] for m, _ in news] == [
        "retraining requested",
        "deliveries v2 promoted",
    ]
    assert {thread for _, thread in news} == {first[0].key}
    incident = world.ledger.incident(MONITOR, Cause.PERFORMANCE)
    assert incident is not None
    assert {m.thread for m, _ in world.notifier.sent} == {incident.in_thread}


def test_the_outcome_of_a_request_that_was_made_again_is_in_the_same_thread(
    world: World,
) -> None:
    """People heard of the first one, which nobody took; the second one's run ended."""
    up = world.job
    world.job = replace(up, dispatcher=Refusing())
    judged(world, 3)
    world.job = up
    world.judge(4)
    assert retrain_model(world.job, window(4), "asked for").promoted
    first, *news = world.notifier.sent
    assert [m.title.partition(": ")[2] for m, _ in news] == [
        "retraining requested",
        "deliveries v2 promoted",
    ]
    assert {thread for _, thread in news} == {first[0].key}


def test_a_shadow_begins_and_ends_in_the_thread_of_the_harm(world: World) -> None:
    """What a challenger in shadow comes to is news of the same incident."""
    world.job = replace(world.job, retraining=world.retraining(shadow_windows=2))
    judged(world, 3)
    assert retrain_model(world.job, window(3), "asked for").in_shadow
    judged(world, 5)
    first, *news = world.notifier.sent
    told = [m.title for m, _ in news if "shadow" in m.title or "promoted" in m.title]
    assert told == [
        "deliveries: deliveries v2 in shadow beside deliveries v1",
        "deliveries: deliveries v2 promoted",
    ]
    assert {thread for _, thread in news} == {first[0].key}


def test_the_reason_is_in_the_record_of_the_window_and_of_the_run(world: World) -> None:
    """Both name it, and the page shows it as news and not as trouble."""
    judged(world, 3)
    retrain_model(world.job, window(3), "asked for")
    entry = world.ledger.latest(MONITOR, window(3))
    assert entry is not None
    notice = entry.record["notices"][f"{MONITOR}/retraining"]
    assert notice == {
        "send": True,
        "reason": Reason.RETRAINING,
        "said": "told: news of a retraining",
    }
    [run] = world.ledger.notes(MONITOR, NOTE)
    assert run["body"]["notices"] == {f"{MONITOR}/retraining": notice}
    shown = content_of(world.ledger, entry).incidents
    assert any(
        line.startswith("Retraining") and "trouble" not in line for line in shown
    )


def test_a_run_that_nobody_asked_for_stands_alone(world: World) -> None:
    """It came from no incident."""
    judged(world, 1)
    retrain_model(world.job, window(12), "by hand")
    [(message, thread)] = world.notifier.sent
    assert (message.thread, thread) == ("", "")


def test_a_run_asked_for_by_a_button_is_told_of_where_it_was_pressed(
    world: World,
) -> None:
    """The press names the thread."""
    world.job = replace(
        world.job,
        retraining=world.retraining(
            interlocks=replace(world.retraining().interlocks, enabled=False)
        ),
    )
    judged(world, 12)
    [first, *_] = world.notifier.sent
    press = Reply("press-1", Answer.RETRAIN, MONITOR, "ann", first[0].thread)
    answer.take(world.job, press)
    day = world.job.window_of(None, world.clock())
    before = len(world.notifier.sent)
    retrain_model(world.job, day, "asked for by ann")
    [(_, thread)] = world.notifier.sent[before:]
    assert thread == first[0].key


def test_at_night_the_harm_pages_and_the_retraining_waits(world: World) -> None:
    """The request leaves at once all the same; the word about it comes in the morning."""
    judged(world, 2)
    world.clock.moment = max(world.clock.moment, window(3).end)
    at_night(world)
    monitor_day(world.job, window(3))
    assert [request.as_of for request in world.dispatcher.asked] == [window(3).day]
    assert len(world.notifier.sent) == 1
    entry = world.ledger.latest(MONITOR, window(3))
    assert entry is not None
    said = entry.record["notices"][f"{MONITOR}/retraining"]
    assert said["reason"] == Reason.QUIET_HOURS
    assert said["said"].endswith("news of a retraining")
    world.clock.tick(timedelta(hours=2))
    deliver_due(world.job)
    [(first, _), (request, thread)] = world.notifier.sent
    assert request.title == "deliveries: retraining requested"
    assert thread == first.key


def silence(world: World, subject: str) -> None:
    """Nobody is to hear of it, or of anything where the subject is empty."""
    made = Silence("s", MONITOR, window(30).end, "ann", "known", subject)
    world.ledger.note(MONITOR, "silence", "s", made.to_json(), world.clock())


def test_harm_that_nobody_heard_of_gets_no_reply(world: World) -> None:
    """Somebody silenced it: the news stands alone, and is no thread's first message."""
    silence(world, "roc_auc")
    judged(world, 3)
    [(message, thread)] = world.notifier.sent
    assert message.title == "deliveries: retraining requested"
    assert (message.thread, thread) == ("", "")


@pytest.mark.parametrize("subject", ["", "retraining"])
def test_a_silence_holds_the_news_back_and_not_the_run(world: World, subject) -> None:
    """The record says who wanted it so."""
    silence(world, subject)
    judged(world, 3)
    assert len(world.dispatcher.asked) == 1
    assert "deliveries: retraining requested" not in world.titles()
    entry = world.ledger.latest(MONITOR, window(3))
    assert entry is not None
    notice = entry.record["notices"][f"{MONITOR}/retraining"]
    assert (notice["send"], notice["reason"]) == (False, Reason.SILENCED)
