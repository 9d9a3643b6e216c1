"""Which rows a challenger learns from, and what becomes its reference."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from driftline.app.retraining.record import NOTE
from driftline.core.retraining.economics import Costs
from driftline.core.roles import Roles
from driftline.errors import SliceCorrupt, TrainingFailed
from driftline.ports import Trained, Trainer
from tests.app.retraining import changing, reasons, retrained
from tests.app.world import (
    MODEL,
    MONITOR,
    ROLES,
    Logistic,
    World,
    day,
    days_of,
    rows_of,
)


@pytest.fixture
def world() -> World:
    """Two days as ever; then the world has changed."""
    return changing()


class TestRows:
    def test_training_and_comparison_are_cut_between_two_windows(self, world):
        """Ten days to learn from, the two latest to compare on, none in both."""
        retrained(world, 20)
        [seen] = world.trainer.seen
        days = seen["at"].dt.date().unique().sort().to_list()
        assert days == [day(number) for number in range(9, 19)]
        assert "__window__" not in seen.columns

    def test_windows_that_were_judged_broken_are_left_out(self, world):
        """Weights in grams for two days: the challenger sees neither, the note names both."""
        for number in (10, 19):
            bad = rows_of(number, changed=True).with_columns(pl.col("weight") * 1000)
            world.deliver(number, bad)
        reasons(world, range(6, 21))
        retrained(world, 20)
        [seen] = world.trainer.seen
        assert day(10) not in seen["at"].dt.date().to_list()
        [note] = world.ledger.notes(MONITOR, NOTE)
        assert note["body"]["left_out"] == ["2026-03-11", "2026-03-20"]

    def test_a_window_that_cannot_be_decoded_is_left_out(self, world):
        """Judged or not: one rotten file does not keep a model from being trained."""
        world.source.failures[day(9)] = SliceCorrupt("part-9 cannot be decoded")
        assert retrained(world, 20).promoted
        [note] = world.ledger.notes(MONITOR, NOTE)
        assert note["body"]["left_out"] == ["2026-03-10"]

    def test_rows_without_labels_are_no_training(self, world):
        """The error says how many rows there were, and nothing was registered."""
        world.source.rows = world.source.rows.with_columns(
            late=pl.lit(None, dtype=pl.Int64)
        )
        with pytest.raises(TrainingFailed, match="0 labelled rows to train on"):
            retrained(world, 12)
        assert len(world.registry.versions) == 1
        assert world.ledger.notes(MONITOR, NOTE) == []

    def test_a_challenger_that_cannot_score_is_an_error_without_rows_in_it(self, world):
        """The message names the error's type and what predict takes."""

        class Broken(Trainer):
            def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
                def predict(frame):
                    raise KeyError("ann@example.com")

                return Trained(None, predict)

        world.job = replace(world.job, retraining=world.retraining(trainer=Broken()))
        with pytest.raises(TrainingFailed, match="KeyError") as caught:
            retrained(world, 12)
        assert "ann@example.com" not in str(caught.value)

    def test_out_of_fold_predictions_become_the_reference(self, world):
        """What a model says of rows it has seen flatters it, so honest ones are taken."""

        class Honest(Logistic):
            def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
                trained = super().fit(rows, roles, seed)
                half = np.full(rows.height, 0.5)
                return replace(trained, reference_predictions=half)

        chosen = world.retraining(trainer=Honest("weight"))
        world.job = replace(world.job, retraining=chosen)
        retrained(world, 20)
        reference = world.registry.references[MODEL, "2"]
        on_train = reference.days["2026-03-13"].columns["score"]
        assert (on_train.minimum, on_train.maximum) == (0.5, 0.5)
        assert len(reference.days) == 12


class TestTrainingWindow:
    """How far back a challenger learns is tried, not assumed."""

    def test_the_length_that_predicts_best_is_taken(self):
        """The world changed ten days ago: six days of training beat twenty-four."""
        rows = [days_of(range(-8, 13)), days_of(range(13, 26), changed=True)]
        world = World(pl.concat(rows))
        chosen = world.retraining(train_days=24, lengths=(6, 24))
        world.job = replace(world.job, retraining=chosen)
        retrained(world, 25)
        seen = world.trainer.seen[-1]
        days = seen["at"].dt.date().unique().sort().to_list()
        assert days == [day(number) for number in range(18, 24)]
        [note] = world.ledger.notes(MONITOR, NOTE)
        tried = note["body"]["backtest"]
        assert tried["6"] > tried["24"]
        reference = world.registry.references[MODEL, "2"]
        assert len(reference.days) == 8

    def test_one_length_is_not_tried(self, world):
        """It costs one fit, as before, and nothing is said of a backtest."""
        retrained(world, 20)
        assert len(world.trainer.seen) == 1
        [note] = world.ledger.notes(MONITOR, NOTE)
        assert note["body"]["backtest"] == {}

    def test_what_a_prediction_takes_and_costs_is_said(self, world):
        """By the job's clock and at the hour's price: note, outcome, message, page."""
        costs = Costs(Decimal(1), "USD", compute_hour=Decimal(36))
        clock = world.clock

        def ticking():
            clock.tick(timedelta(seconds=6))
            return clock()

        world.job = replace(
            world.job, retraining=world.retraining(costs=costs), clock=ticking
        )
        outcome = retrained(world, 20)
        [note] = world.ledger.notes(MONITOR, NOTE)
        assert note["body"]["prediction"] == {
            "seconds": 0.01,
            "cost": "0.0001",
            "currency": "USD",
        }
        said = "a prediction takes 10 ms and costs 0.0001 USD"
        assert outcome.prediction == said
        assert said in world.notifier.messages[-1].summary
        world.judge(21)
        page = world.pages.pages["reports/deliveries/2026-03-22.html"]
        assert page.last_run.startswith("deliveries v2 of 2026-03-21 promoted: better")
        assert page.last_run.endswith(said)
        assert note["body"]["hours"] > 0


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({1: "late", 0: "on time"}, {"late", "on time"}),
        ({1: True, 0: False}, {"true", "false"}),
        ({1: 1.0, 0: 0.0}, None),
    ],
)
def test_a_challengers_reference_has_classes_as_the_champion_writes_them(written, kept):
    """Words stay those words: else the first day in service would be all unseen values."""
    world = World(days_of(range(2, 20), changed=True))
    source = world.source.rows
    kind = {str: pl.String, bool: pl.Boolean, float: pl.Float64}[type(written[1])]
    in_words = {
        name: source[name].replace_strict(written, return_dtype=kind)
        for name in ("called", "late")
    }
    world.source.rows = source.with_columns(**in_words)
    positive = "late" if kind == pl.String else "1"
    world.job = replace(world.job, roles=replace(ROLES, positive=positive))
    retrained(world, 19)
    reference = world.registry.references[MODEL, "2"]
    column = reference.total.columns["called"]
    assert column.counts is None or set(column.counts) == kept
    assert kept or (column.minimum, column.maximum) == (0.0, 1.0)


def test_a_champion_that_writes_classes_only_gets_a_challenger_that_does():
    """Without a score column a probability is turned into the class that would be served."""
    world = World(days_of(range(2, 20), changed=True))
    world.source.rows = world.source.rows.drop("score")
    world.job = replace(world.job, roles=replace(ROLES, score=None), metric="f1")
    retrained(world, 19)
    column = world.registry.references[MODEL, "2"].total.columns["called"]
    assert sum(1 for count in column.bins if count) == 2
    assert (column.minimum, column.maximum) == (0.0, 1.0)
