"""A challenger in shadow serves nobody until days have shown it: one life, in order.

Over 300 lines because every way in which a shadow may end is one test.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import skops.io

from driftline.adapters.ledgers import sql
from driftline.adapters.registries import mlflow
from driftline.app.retraining.approval import open_question
from driftline.app.retraining.record import ROLLED_BACK, SHADOW, helped, runs_of
from driftline.app.retraining.shadow import SHADOW_DAY
from driftline.app.retraining.watch_promotion import on_watch
from driftline.core.model import ModelVersion
from driftline.core.retraining.economics import Costs
from driftline.core.roles import Roles
from driftline.core.verdict import Verdict, Word
from driftline.core.window import Every, window_at
from driftline.errors import ModelUnusable, RegistryUnavailable
from driftline.ports import Context, Judgement, Predict, Trained, Trainer, WindowKey
from driftline.testing import MemoryRegistry
from tests.app.retraining import challenger_of, judged, retrained, serve, serving
from tests.app.world import (
    _REFERENCE,
    MODEL,
    MONITOR,
    ROLES,
    Logistic,
    World,
    day,
    days_of,
    enlist,
    rows_of,
    window,
)


@pytest.fixture
def world() -> World:
    """The world has changed; a challenger has to show itself on three more days."""
    world = World(days_of(range(30), changed=True))
    world.job = replace(world.job, retraining=world.retraining(shadow_windows=3))
    return world


def back_to_normal(world: World, numbers: range) -> None:
    """Lateness follows the distance again on these days, as the champion learned it."""
    for number in numbers:
        world.deliver(number, rows_of(number))


class TestPromotion:
    def test_a_winner_waits_and_serves_nobody(self, world: World) -> None:
        """It has its alias and its note, people hear of it, and the champion serves."""
        found = retrained(world)
        assert (found.promoted, found.in_shadow) == (False, True)
        aliases = {alias: v for (_, alias), v in world.registry.aliases.items()}
        assert aliases == {"champion": "1", "challenger": "2"}
        assert world.titles() == [
            "deliveries: deliveries v2 in shadow beside deliveries v1"
        ]
        assert "when 3 more windows" in world.notifier.messages[0].summary

    def test_it_is_promoted_after_its_days(self, world: World) -> None:
        """The same test on the days since decides, and the watch over it begins."""
        retrained(world)
        judged(world, range(13, 15))
        assert serving(world) == "1"
        judged(world, range(15, 16))
        assert serving(world) == "2"
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert end["body"]["contest"]["rows"] == 900
        assert end["body"]["reason"].startswith("over 3 windows in shadow better")
        assert world.titles()[-1] == "deliveries: deliveries v2 promoted"
        page = world.pages.pages["reports/deliveries/2026-03-16.html"]
        assert [e.text for e in page.events] == ["challenger v2 was promoted"]
        assert "promoted: over 3 windows in shadow better" in page.last_run
        watched = on_watch(world.job)
        assert watched is not None
        assert watched["body"]["contest"] == end["body"]["contest"]
        assert helped(world.job) == (True,)

    def test_it_is_dropped_when_the_days_do_not_bear_it_out(self, world: World) -> None:
        """With the reason, once, and the run counts as one that did not help."""
        retrained(world)
        back_to_normal(world, range(13, 18))
        judged(world, range(13, 18))
        assert serving(world) == "1"
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert "not better" in end["body"]["reason"]
        title = "deliveries: deliveries v2 dropped after its shadow"
        assert world.titles().count(title) == 1
        assert helped(world.job) == (False,)

    def test_days_whose_labels_are_not_in_are_waited_for(self) -> None:
        """Scored when they are judged, compared when their labels have arrived."""
        world = World(days_of(range(30), changed=True), late_labels=True)
        world.job = replace(world.job, retraining=world.retraining(shadow_windows=3))
        retrained(world)
        known = world.labels.rows
        world.labels.rows = known.filter(pl.col("at").dt.date() <= day(13))
        judged(world, range(13, 18))
        assert serving(world) == "1"
        assert len(world.ledger.notes(MONITOR, SHADOW_DAY)) == 5
        world.labels.rows = known
        judged(world, range(14, 16))
        assert serving(world) == "2"

    def test_days_whose_labels_the_run_did_not_have_count(self) -> None:
        """They are as new to the challenger as those after it, so none is waited for."""
        world = World(days_of(range(30), changed=True), late_labels=True)
        chosen = world.retraining(shadow_windows=3, holdout_days=4)
        world.job = replace(world.job, retraining=chosen)
        known = world.labels.rows
        world.labels.rows = known.filter(pl.col("at").dt.date() <= day(10))
        judged(world, range(9, 13))
        assert retrained(world).in_shadow
        world.labels.rows = known
        judged(world, range(11, 13))
        assert serving(world) == "1"
        judged(world, range(13, 14))
        assert serving(world) == "2"
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert end["body"]["contest"]["rows"] == 900

    def test_broken_days_tell_nothing_of_the_challenger(self, world: World) -> None:
        """Weights in grams: the day neither counts nor is compared."""
        retrained(world)
        bad = rows_of(14, changed=True).with_columns(pl.col("weight") * 1000)
        world.deliver(14, bad)
        judged(world, range(13, 16))
        assert serving(world) == "1"
        judged(world, range(16, 17))
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert end["body"]["windows"] == 3

    def test_hours_are_waited_for_as_long_as_days(self, world: World) -> None:
        """Labels that come after three weeks are those of more than 400 windows."""
        begun = window(0)
        hours = [window_at(begun.start, Every.HOUR)]
        while len(hours) < 500:
            hours.append(hours[-1].following)
        for hour in hours:
            key = WindowKey(MONITOR, "1", hour, "rows", "policy")
            entry = Judgement(key, Verdict(Word.HEALTHY, ()), (), None, {}, {})
            lease = world.ledger.acquire(MONITOR, hour.label, "me", world.clock())
            world.ledger.record(lease, entry, world.clock())
        world.clock.moment = hours[-1].end
        job = replace(world.job, every=Every.HOUR)
        assert [e.key.window for e in job.since(begun.start)] == hours[1:]

    def test_a_shadow_whose_labels_never_come_ends(self) -> None:
        """Else no challenger would be trained any more."""
        world = World(days_of(range(30), changed=True), late_labels=True)
        chosen = world.retraining(shadow_windows=3)
        world.job = replace(world.job, retraining=chosen, refresh_days=2)
        retrained(world)
        world.labels.rows = world.labels.rows.filter(pl.col("at").dt.date() <= day(13))
        judged(world, range(13, 22))
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert "only 1 of 3 windows had their labels" in end["body"]["reason"]


class TestWhichChallengers:
    def test_only_an_unsure_one_where_that_is_asked(self, world: World) -> None:
        """What won is promoted at once."""
        chosen = world.retraining(shadow_windows=3, shadow_unsure_only=True)
        world.job = replace(world.job, retraining=chosen)
        assert retrained(world).promoted
        assert serving(world) == "2"

    def test_one_whose_gain_may_be_chance_gets_its_days(self, world: World) -> None:
        """The run is paid: later days decide what two held-out ones could not."""

        class Guessing(Trainer):
            def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
                return Trained(None, lambda frame: frame["weight"] * 11.3 % 1)

        chosen = world.retraining(shadow_windows=3, trainer=Guessing())
        chosen = replace(chosen, shadow_unsure_only=True)
        world.job = replace(world.job, retraining=chosen)
        found = retrained(world)
        assert "may be chance" in found.reason
        assert found.in_shadow

    def test_one_that_lost_gets_none(self, world: World) -> None:
        """Days in shadow are for what may be better."""
        losing = world.retraining(shadow_windows=3, trainer=Logistic("distance"))
        world.job = replace(world.job, retraining=losing)
        found = retrained(world)
        assert (found.promoted, found.in_shadow) == (False, False)


class TestInterlocks:
    def test_no_second_run_is_asked_for_meanwhile(self, world: World) -> None:
        """The verdict names the challenger that is in shadow."""
        world.job = replace(world.job, retraining=world.retraining(shadow_windows=8))
        retrained(world)
        judged(world, range(13, 20))
        said = [e.record["retraining"] for e in world.ledger.history(MONITOR)]
        assert "deliveries v2 is in shadow beside v1 since 2026-03-13" in said[6]
        assert world.dispatcher.asked == []

    def test_a_run_by_hand_trains_nothing_meanwhile(self, world: World) -> None:
        """It reports the challenger that is in shadow."""
        retrained(world)
        judged(world, range(13, 15))
        found = retrained(world, 14)
        assert (found.in_shadow, found.repeated) == (True, True)
        assert "deliveries v2 is in shadow" in found.reason
        assert len(world.trainer.seen) == 1

    def test_nobody_is_asked_for_money_meanwhile(self, world: World) -> None:
        """A run that is too dear to start by itself would train nothing anyway."""
        costs = Costs(Decimal(1), "USD", run=Decimal(50), approve_above=Decimal(20))
        chosen = world.retraining(shadow_windows=3, costs=costs)
        world.job = replace(world.job, retraining=chosen)
        assert "a person approves" in open_question(world.job, window(13))
        retrained(world)
        assert open_question(world.job, window(13)) == ""

    def test_a_champion_that_is_replaced_meanwhile_ends_it(self, world: World) -> None:
        """With a word; the version that came into service is not touched."""
        retrained(world)
        judged(world, range(13, 14))
        third = world.registry.register(MODEL, world.registry.trained[MODEL, "2"], {})
        world.registry.save_reference(third, world.registry.references[MODEL, "2"])
        world.registry.move_alias(MODEL, "champion", third.version)
        judged(world, range(14, 20))
        assert serving(world) == "3"
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert end["body"]["reason"] == "deliveries v3 came into service meanwhile"

    @pytest.mark.filterwarnings("ignore:.*a surrogate is asked")
    def test_a_model_that_cannot_be_loaded_ends_it(self, world: World) -> None:
        """Every day would fail at it; the verdicts stand."""

        class Closed(MemoryRegistry):
            def load(self, model):
                raise ModelUnusable(f"{model} cannot be loaded")

        retrained(world)
        closed = Closed()
        closed.__dict__.update(world.registry.__dict__)
        world.job = replace(world.job, registry=closed)
        judged(world, range(13, 15))
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert end["body"]["reason"] == "deliveries v2 cannot be loaded"
        assert len(world.ledger.history(MONITOR)) == 2


class TestExactlyOnce:
    def test_the_ledger_keeps_counts_and_no_rows(self, world: World) -> None:
        """One note a window, with the scores' counts and both metrics."""
        retrained(world)
        judged(world, range(13, 15))
        judged(world, range(13, 15))
        notes = world.ledger.notes(MONITOR, SHADOW_DAY)
        assert [note["body"]["window"] for note in notes] == [
            day(13).isoformat(),
            day(14).isoformat(),
        ]
        body = notes[0]["body"]
        assert sum(body["scores"]["score"]["bins"]) == body["rows"] == 300
        metrics = body["metrics"]
        assert metrics["challenger"] > metrics["champion"] + 0.1

    @pytest.mark.parametrize("write", range(6))
    def test_a_crash_at_any_write_is_completed_by_the_next_day(
        self, world: World, write: int
    ) -> None:
        """Before or after each note: one end, one promotion, one message each."""
        retrained(world)
        note, seen = world.ledger.note, iter(range(100))

        def dying(*args, **kwargs):
            at = next(seen)
            if at == write // 2 and write % 2 == 0:
                raise KeyboardInterrupt
            done = note(*args, **kwargs)
            if at == write // 2 and write % 2:
                raise KeyboardInterrupt
            return done

        judged(world, range(13, 14))
        world.ledger.note = dying
        with pytest.raises(KeyboardInterrupt):
            judged(world, range(14, 16))
        world.ledger.note = note
        judged(world, range(14, 17))
        assert serving(world) == "2"
        assert len(world.ledger.notes(MONITOR, SHADOW)) == 1
        titles = world.titles()
        assert titles.count("deliveries: deliveries v2 promoted") == 1
        moves = [a for a in world.ledger.actions(MONITOR) if a["kind"] == "promote"]
        assert [move["state"] for move in moves] == ["done"]

    @pytest.mark.filterwarnings("ignore:.*a surrogate is asked")
    def test_a_registry_that_is_down_fails_the_step_and_loses_nothing(
        self, world: World
    ) -> None:
        """The day is recorded, with its page; the next one scores what was missed."""

        class Down(MemoryRegistry):
            failing = True

            def load(self, model):
                if self.failing:
                    raise RegistryUnavailable("MLflow does not answer")
                return super().load(model)

        retrained(world)
        down = Down()
        down.__dict__.update(world.registry.__dict__)
        world.job = replace(world.job, registry=down)
        with pytest.raises(RegistryUnavailable):
            judged(world, range(13, 14))
        assert world.ledger.latest(MONITOR, window(13)) is not None
        assert f"reports/deliveries/{day(13).isoformat()}.html" in world.pages.pages
        down.failing = False
        judged(world, range(14, 16))
        assert serving(world) == "2"

    @pytest.mark.filterwarnings("ignore:.*a surrogate is asked")
    def test_a_model_that_cannot_be_fetched_is_not_waited_for_without_end(
        self, world: World
    ) -> None:
        """A store that lost it answers like one that is down: patience ends the shadow."""

        class Lost(MemoryRegistry):
            def load(self, model: ModelVersion) -> Predict:
                raise RegistryUnavailable("MLflow did not download it")

        world.job = replace(world.job, refresh_days=2)
        retrained(world)
        lost = Lost()
        lost.__dict__.update(world.registry.__dict__)
        world.job = replace(world.job, registry=lost)
        for number in range(13, 21):
            with pytest.raises(RegistryUnavailable):
                judged(world, range(number, number + 1))
        judged(world, range(21, 23))
        [end] = world.ledger.notes(MONITOR, SHADOW)
        assert end["body"]["reason"] == "MLflow did not download it"
        assert serving(world) == "1"


@pytest.fixture(params=[True, False], ids=["trusted", "not trusted"])
def real(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """The same world on MLflow, whether it is trusted or not, and on a ledger of SQL."""
    world = World(days_of(range(30), changed=True))
    context = Context(MONITOR, str(tmp_path), "UTC", ROLES)
    registry = mlflow.build(mlflow.Settings(trusted=request.param), context)
    ledger = sql.build(sql.Settings(), context)
    chosen = world.retraining(shadow_windows=2)
    world.ledger = ledger
    world.job = replace(world.job, registry=registry, ledger=ledger, retraining=chosen)
    enlist(world.job, _REFERENCE[0])
    yield world
    ledger.close()


def test_with_mlflow_and_sql_a_challenger_is_loaded_scored_and_promoted(
    real: World,
) -> None:
    """Loaded anew each day from its files, it says what its trainer said."""
    assert retrained(real).in_shadow
    found = real.job.registry.load(challenger_of(real))
    rows = rows_of(13, changed=True).select("distance", "weight", "origin").to_pandas()
    again = real.trainer.fit(real.trainer.seen[0], ROLES, 0).predict(rows)
    assert found(rows).tolist() == again.tolist()
    judged(real, range(13, 15))
    assert serving(real) == "2"
    assert real.job.registry.resolve(MODEL, "previous").version == "1"
    [run] = runs_of(real.job)
    assert run["body"]["promoted"]
    assert run["body"]["as_of"] == day(12).isoformat()


@pytest.mark.parametrize("real", [False], indirect=True, ids=["not trusted"])
def test_a_challenger_that_was_exchanged_in_the_registry_ends_its_shadow(
    real: World, tmp_path: Path
) -> None:
    """Nothing of the other file is read, and people hear that somebody wrote to it."""
    assert retrained(real).in_shadow
    [file] = tmp_path.rglob("model.skops")
    other = real.trainer.fit(real.trainer.seen[0].head(600), ROLES, 0)
    skops.io.dump(other.model, file)
    judged(real, range(13, 16))
    assert serving(real) == "1"
    [end] = real.ledger.notes(MONITOR, SHADOW)
    assert "its files are not those that were registered" in end["body"]["reason"]


def test_with_mlflow_and_sql_a_promotion_that_does_harm_is_taken_back(
    real: World,
) -> None:
    """Three bad windows after its shadow the alias names the version before again."""
    retrained(real)
    judged(real, range(13, 15))
    assert serving(real) == "2"
    serve(real, range(15, 18), upside_down=True)
    judged(real, range(15, 18))
    assert serving(real) == "1"
    [back] = real.ledger.notes(MONITOR, ROLLED_BACK)
    assert back["key"] == runs_of(real.job)[0]["key"]
    assert helped(real.job) == (False,)
