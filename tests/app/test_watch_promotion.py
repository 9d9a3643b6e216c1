"""A promoted version that does harm goes back once, whoever looks how often."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from driftline.app.monitor_day import deliver_due
from driftline.app.retraining.record import KEPT, ROLLED_BACK
from driftline.app.retraining.retrain import retrain_model
from driftline.app.retraining.watch_promotion import watch_promotion
from driftline.core.retraining.watch_window import Promoted
from driftline.core.verdict import Verdict, Word
from driftline.core.window import Every, Window, window_at
from driftline.errors import RegistryUnavailable
from driftline.ports import Judgement, WindowKey, call
from driftline.testing import MemoryRegistry
from tests.app.retraining import judged, serve, serving
from tests.app.world import MODEL, MONITOR, World, day, days_of, rows_of, window


@pytest.fixture
def world() -> World:
    """The world has changed, and a version that knows of it was promoted on day 12."""
    world = World(days_of(range(30), changed=True))
    assert retrain_model(world.job, window(12), "by hand").promoted
    return world


def test_harm_moves_the_alias_back_with_a_note_and_a_message(world):
    """After three bad windows the version before serves again, and `previous` stays."""
    serve(world, range(13, 20), upside_down=True)
    judged(world, range(13, 15))
    assert serving(world) == "2"
    judged(world, range(15, 16))
    assert serving(world) == "1"
    [note] = world.ledger.notes(MONITOR, ROLLED_BACK)
    assert note["body"]["as_of"] == day(15).isoformat()
    assert "roc_auc" in note["body"]["reason"]
    title = "deliveries: deliveries v2 rolled back, deliveries v1 serves again"
    assert world.titles().count(title) == 1


def test_it_goes_back_once_and_no_run_follows_during_the_cool_down(world):
    """The alias does not swing: neither watched again nor retrained the next day."""
    serve(world, range(13, 20), upside_down=True)
    judged(world, range(13, 20))
    judged(world, range(13, 20))
    moves = [a for a in world.ledger.actions(MONITOR) if a["kind"] == "roll back"]
    assert [move["state"] for move in moves] == ["done"]
    assert len(world.ledger.notes(MONITOR, ROLLED_BACK)) == 1
    assert serving(world) == "1"
    assert world.dispatcher.asked == []


def test_a_roll_back_counts_as_a_run_that_did_not_help(world):
    """And begins the cool-down anew, from the day of the roll-back."""
    serve(world, range(13, 16), upside_down=True)
    judged(world, range(13, 16))
    for number in range(16, 24):
        world.deliver(number, rows_of(number, changed=True))
    judged(world, range(16, 24))
    said = [e.record["retraining"] for e in world.ledger.history(MONITOR)]
    assert "the last run was 5 days ago" in said[7]
    assert [request.as_of for request in world.dispatcher.asked] == [day(22)]


def test_a_version_that_keeps_its_promise_stays(world):
    """The watch ends with a note, and harm after it is a matter for retraining."""
    serve(world, range(13, 20))
    judged(world, range(13, 20))
    [note] = world.ledger.notes(MONITOR, KEPT)
    assert note["body"]["windows"] == 7
    serve(world, range(20, 24), upside_down=True)
    judged(world, range(20, 24))
    assert serving(world) == "2"
    assert world.ledger.notes(MONITOR, ROLLED_BACK) == []


def hourly(world: World, version: str, hour: Window, value: float | None) -> Window:
    """An hour that a version judged, with its metric or without labels; the next one."""
    measured = {"value": value, "lower": 0.0, "upper": 1.0, "rows": 300}
    performance = {} if value is None else {"roc_auc": measured}
    labelled = 0 if value is None else 300
    record = {"broken": False, "rows": 300, "labelled": labelled}
    key = WindowKey(MONITOR, version, hour, "rows", "policy")
    made = Verdict(Word.HEALTHY, ())
    judgement = Judgement(
        key, made, (), None, {}, {**record, "performance": performance}
    )
    lease = world.ledger.acquire(MONITOR, hour.label, "me", world.clock())
    world.ledger.record(lease, judgement, world.clock())
    return hour.following


def test_hours_are_watched_however_late_their_labels_come(world):
    """After three weeks of hours without labels the first ones get theirs, and they are bad.

    The version before is known by its last labelled hours, and was better.
    """
    hour = window_at(window(12).start, Every.HOUR)
    for value in [0.8] * 24 + [None] * 5:
        hour = hourly(world, "1", hour, value)
    for value in [0.2] * 7 + [None] * 500:
        hour = hourly(world, "2", hour, value)
    drift = replace(world.job.drift, windows_per_day=24.0)
    world.job = replace(world.job, every=Every.HOUR, drift=drift, refresh_days=21)
    world.clock.moment = hour.start
    found = watch_promotion(world.job)
    assert found.promoted is Promoted.HARMFUL
    assert found.windows == 7
    assert len(world.ledger.notes(MONITOR, ROLLED_BACK)) == 1


def test_the_version_before_is_known_by_its_last_labels_however_late_they_come(world):
    """Its last labelled hours are three days old, and were as bad: it is not asked back."""
    hour = window_at(window(12).start - timedelta(days=3, hours=7), Every.HOUR)
    for value in [0.2] * 7 + [None] * (3 * 24):
        hour = hourly(world, "1", hour, value)
    for value in [0.2] * 7:
        hour = hourly(world, "2", hour, value)
    drift = replace(world.job.drift, windows_per_day=24.0)
    world.job = replace(world.job, every=Every.HOUR, drift=drift, refresh_days=3)
    world.clock.moment = hour.start
    assert watch_promotion(world.job).promoted is Promoted.KEPT


def test_broken_data_is_not_held_against_the_version(world):
    """Weights in grams: the errors are the data's."""
    serve(world, range(13, 16))
    for number in range(13, 16):
        bad = rows_of(number, changed=True).with_columns(
            pl.col("weight") * 1000, late=1 - pl.col("late")
        )
        world.deliver(number, bad)
    judged(world, range(13, 16))
    assert serving(world) == "2"
    assert watch_promotion(world.job) is None


def test_a_third_version_is_not_pushed_out(world):
    """Somebody moves the alias before the outbox is drained: the roll-back is given up."""
    serve(world, range(13, 16), upside_down=True)
    judged(world, range(13, 15))
    registry = world.registry

    def overtaken(step, /, *args, **kwargs):
        result = call(step, *args, **kwargs)
        if step is watch_promotion:
            third = registry.register(MODEL, registry.trained[MODEL, "2"], {})
            registry.move_alias(MODEL, "champion", third.version)
        return result

    world.judge(15, overtaken)
    assert serving(world) == "3"
    [move] = [a for a in world.ledger.actions(MONITOR) if a["kind"] == "roll back"]
    assert move["state"] == "failed"
    assert "names v3 by now" in move["reason"]


def test_a_registry_that_is_down_is_asked_again(world):
    """The note is there; whoever drains the outbox next completes it, once."""

    class Down(MemoryRegistry):
        failing = True

        def move_alias(self, name, alias, version):
            if self.failing:
                raise RegistryUnavailable("MLflow does not answer")
            super().move_alias(name, alias, version)

    down = Down()
    down.__dict__.update(world.registry.__dict__)
    world.job = replace(world.job, registry=down)
    serve(world, range(13, 16), upside_down=True)
    judged(world, range(13, 16))
    assert down.resolve(MODEL, "champion").version == "2"
    down.failing = False
    world.clock.tick(timedelta(hours=1))
    deliver_due(world.job)
    assert down.resolve(MODEL, "champion").version == "1"
