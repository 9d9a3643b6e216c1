"""The loop closed: harm asks for one run, a better challenger serves, nothing happens twice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from driftline.app import answer, approval
from driftline.app.monitor_day import deliver_due
from driftline.app.retrain_model import retrain_model
from driftline.app.retraining_record import NOTE
from driftline.core.cost import Spend
from driftline.core.economics import Costs
from driftline.core.retraining import RetrainingPolicy
from driftline.core.roles import Roles
from driftline.core.verdict import Word
from driftline.errors import (
    DeliveryFailed,
    ModelMissing,
    RegistryUnavailable,
    SettingsError,
    SliceCorrupt,
    TrainingFailed,
)
from driftline.ports import CostProvider, Dispatcher, Trained, Trainer, call
from driftline.testing import MemoryRegistry
from tests.app.world import (
    MODEL,
    MONITOR,
    ROLES,
    Logistic,
    World,
    day,
    days_of,
    rows_of,
    window,
)

FREE = Costs(error=Decimal(1), currency="USD")
"""A run costs nothing, so it always pays."""


@pytest.fixture
def world() -> World:
    """Two days as ever; then the world has changed."""
    return World(pl.concat([days_of(range(2)), days_of(range(2, 30), changed=True)]))


def retrained(world: World, last: int, reason: str = "by hand"):
    return retrain_model(world.job, window(last), reason)


def reasons(world: World, numbers: range) -> list[str]:
    """What each day's verdict says about retraining."""
    for number in numbers:
        world.judge(number)
    return [e.record["retraining"] for e in world.ledger.history(MONITOR)]


class TestRequests:
    def test_harm_that_lasts_asks_for_one_run(self, world):
        """Act, one request with the day and the reason, one message; then it waits."""
        said = reasons(world, range(6))
        [request] = world.dispatcher.asked
        assert (request.monitor, request.as_of) == (MONITOR, day(3))
        assert "600 labelled rows: roc_auc has" in request.reason
        assert "under way" in said[4]
        assert world.titles() == [
            "deliveries: act — performance trouble: roc_auc",
            "deliveries: retraining requested",
        ]

    def test_judging_the_day_again_asks_for_nothing(self, world):
        """Neither the same rows nor restated ones start a second run for the day."""
        reasons(world, range(4))
        world.deliver(3, rows_of(3, changed=True).head(280))
        world.judge(3)
        world.judge(3)
        assert len(world.dispatcher.asked) == 1

    def test_a_request_that_is_not_accepted_is_made_later(self, world):
        """The dispatcher is down: the verdict stands, and the request leaves next time."""

        class Down(Dispatcher):
            def request(self, request):
                raise DeliveryFailed("no server", retryable=True)

        up = world.job
        world.job = replace(up, dispatcher=Down())
        reasons(world, range(4))
        assert world.ledger.latest(MONITOR, window(3)).verdict == "act"
        world.job = up
        world.judge(4)
        assert [request.as_of for request in world.dispatcher.asked] == [day(3)]

    def test_a_run_of_which_nothing_is_heard_is_not_waited_for_for_ever(self, world):
        """Three days after the request another one is made."""
        reasons(world, range(7))
        assert [request.as_of for request in world.dispatcher.asked] == [day(3), day(6)]

    def test_too_few_labels_hold_a_run_back(self, world):
        """And the sentence says how many there are and how many it takes."""
        interlocks = RetrainingPolicy(min_labelled=1500)
        chosen = world.retraining(interlocks=interlocks)
        world.job = replace(world.job, retraining=chosen)
        said = reasons(world, range(7))
        assert "600 labelled rows; 1,500 are needed" in said[3]
        assert [request.as_of for request in world.dispatcher.asked] == [day(6)]

    def test_rows_of_broken_days_do_not_count(self, world):
        """Labels of a day that will be left out are no labels to train on."""
        interlocks = RetrainingPolicy(min_labelled=500)
        chosen = world.retraining(interlocks=interlocks)
        world.job = replace(world.job, retraining=chosen, quiet_windows=1)
        world.deliver(0, rows_of(0).with_columns(pl.col("weight") * 1000))
        said = reasons(world, range(4))
        assert "300 labelled rows" in said[3]

    def test_a_data_incident_that_is_open_holds_a_run_back(self, world):
        """Until it is closed nobody knows what a challenger would learn."""
        world.job = replace(world.job, quiet_windows=4)
        world.deliver(2, rows_of(2, changed=True).with_columns(pl.col("weight") * 1000))
        said = reasons(world, range(6))
        assert "a data incident is open" in said[5]
        assert world.dispatcher.asked == []

    def test_the_cool_down_is_kept(self, world):
        """A run that ended lately is given time to show."""
        reasons(world, range(4))
        hopeless = world.retraining(margin=0.9, costs=FREE)
        world.job = replace(world.job, retraining=hopeless)
        assert not retrained(world, 3).promoted
        said = reasons(world, range(4, 11))
        assert "the last run was 6 days ago" in said[9]
        assert [request.as_of for request in world.dispatcher.asked] == [
            day(3),
            day(10),
        ]

    def test_runs_that_did_not_help_are_not_repeated_for_ever(self, world):
        """After so many in a row a person has to look."""
        interlocks = RetrainingPolicy(
            min_labelled=500, cool_down_days=0, give_up_after=2
        )
        chosen = world.retraining(margin=0.9, interlocks=interlocks, costs=FREE)
        world.job = replace(world.job, retraining=chosen)
        for number in range(8):
            world.judge(number)
            for request in world.dispatcher.asked[
                len(world.ledger.notes(MONITOR, NOTE)) :
            ]:
                retrain_model(
                    world.job, world.job.window_of(request.as_of, world.clock()), ""
                )
        assert len(world.dispatcher.asked) == 2
        assert (
            "brought no better model"
            in world.ledger.latest(MONITOR, window(7)).record["retraining"]
        )

    def test_the_kill_switch_holds_a_run_back(self, world):
        """While it is off nothing is asked for; the next day after it a run is."""
        world.dispatcher.switch = "Prefect's variable `driftline_retraining` is 'off'"
        assert "variable" in reasons(world, range(5))[4]
        assert world.dispatcher.asked == []
        world.dispatcher.switch = ""
        reasons(world, range(5, 6))
        assert [request.as_of for request in world.dispatcher.asked] == [day(5)]

    def test_a_budget_that_is_spent_holds_a_run_back(self, world):
        """The month's limit is reached: no run on top of it."""

        class Bill(CostProvider):
            def spend(self, day):
                return [Spend("training", Decimal(120), "USD", Decimal(100))]

        world.job = replace(world.job, costs=(Bill(),))
        assert (
            "the budget is spent: training: 120.00 USD" in reasons(world, range(4))[3]
        )
        assert world.dispatcher.asked == []

    def test_a_monitor_that_switches_it_off_asks_for_nothing(self, world):
        """`enabled: false` in the monitor file."""
        off = world.retraining(interlocks=RetrainingPolicy(enabled=False))
        world.job = replace(world.job, retraining=off)
        assert "switches it off" in reasons(world, range(4))[3]
        assert world.dispatcher.asked == []

    def test_a_monitor_without_a_trainer_says_so(self, world):
        """And asks for nothing, whatever the harm."""
        world.job = replace(world.job, retraining=None)
        assert "not set up" in reasons(world, range(4))[3]
        with pytest.raises(SettingsError, match="no `retraining:`"):
            retrained(world, 3)


class TestApproval:
    """A run that costs more than may be spent without a person."""

    @pytest.fixture
    def dear(self, world):
        costs = Costs(Decimal(1), "USD", run=Decimal(50), approve_above=Decimal(20))
        world.job = replace(world.job, retraining=world.retraining(costs=costs))
        reasons(world, range(5))
        return world

    def test_a_person_is_asked_and_the_run_waits(self, dear):
        """The message names price and limit; until then the question is open."""
        [request] = dear.dispatcher.asked
        assert request.approved == ""
        asked = dear.notifier.messages[-1]
        assert "waits for approval" in asked.title
        assert "a run costs 50.00 USD" in asked.summary
        assert "driftline approve" in asked.advice
        last = dear.job.window_of(request.as_of, dear.clock())
        assert "above 20.00 USD" in approval.open_question(dear.job, last)

    def test_an_approval_lets_it_go_on_once(self, dear):
        """The approved request goes out once, whoever says so how often."""
        for _ in range(2):
            answer.approve(dear.job, "ann")
            deliver_due(dear.job)
        asked = dear.dispatcher.asked
        assert [request.approved for request in asked] == ["", "ann"]
        assert asked[0].key == asked[1].key
        last = dear.job.window_of(asked[0].as_of, dear.clock())
        assert approval.open_question(dear.job, last) == ""

    def test_a_refusal_ends_the_request_and_begins_a_cool_down(self, dear):
        """Nobody is asked again the next day."""
        [request] = dear.dispatcher.asked
        last = dear.job.window_of(request.as_of, dear.clock())
        approval.settle(dear.job, last, "ann", agreed=False)
        assert "next may start after 7" in reasons(dear, range(5, 8))[7]
        assert len(dear.dispatcher.asked) == 1

    def test_who_asks_for_a_run_agrees_to_its_price(self, dear):
        """`retrain now` is a person's word."""
        answer.retrain_now(dear.job, "ann", day(4))
        last = dear.job.window_of(day(4), dear.clock())
        assert approval.open_question(dear.job, last) == ""


class TestPromotion:
    def test_a_better_challenger_is_promoted_and_tomorrow_is_judged_by_it(self, world):
        """Aliases, the version's own reference, the note, the message; then calm days."""
        reasons(world, range(13))
        outcome = retrained(world, 12)
        assert outcome.promoted
        assert outcome.challenger == "deliveries v2"
        aliases = {alias: v for (_, alias), v in world.registry.aliases.items()}
        assert aliases == {"champion": "2", "previous": "1", "challenger": "2"}
        assert world.titles()[-1] == "deliveries: deliveries v2 promoted"
        [note] = world.ledger.notes(MONITOR, NOTE)
        assert note["body"]["contest"]["gain"] > 0.1
        serve(world, range(13, 18))
        later = [world.judge(number) for number in range(13, 18)]
        assert {report.model for report in later} == {"deliveries v2"}
        assert {report.verdict.word for report in later} <= {Word.HEALTHY, Word.WATCH}

    def test_a_challenger_that_is_not_better_stays_a_challenger(self, world):
        """It is registered and named, and the champion keeps serving."""
        world.job = replace(
            world.job, retraining=world.retraining(trainer=Logistic("distance"))
        )
        outcome = retrained(world, 12)
        assert not outcome.promoted
        aliases = {alias: v for (_, alias), v in world.registry.aliases.items()}
        assert aliases == {"champion": "1", "challenger": "2"}
        assert world.titles() == ["deliveries: deliveries v1 stays in service"]

    def test_the_same_run_again_changes_nothing(self, world):
        """Promoted or not: no version, no message, no note is added."""
        for margin in (0.9, 0.0):
            world.job = replace(world.job, retraining=world.retraining(margin=margin))
            last = 12 if margin else 13
            first = retrained(world, last)
            before = (dict(world.registry.aliases), len(world.registry.versions))
            again = retrained(world, last)
            assert (again.repeated, again.promoted) == (True, first.promoted)
            assert (
                dict(world.registry.aliases),
                len(world.registry.versions),
            ) == before
        assert len(world.notifier.sent) == 2
        assert len(world.ledger.notes(MONITOR, NOTE)) == 2

    def test_a_registry_that_is_down_when_the_alias_is_to_move_is_asked_again(
        self, world
    ):
        """The outcome is recorded; whoever drains the outbox next completes it."""

        class Down(MemoryRegistry):
            failing = True

            def move_alias(self, name, alias, version):
                if self.failing and alias == "champion":
                    raise RegistryUnavailable("MLflow does not answer")
                super().move_alias(name, alias, version)

        down = Down()
        down.__dict__.update(world.registry.__dict__)
        world.job = replace(world.job, registry=down)
        assert retrained(world, 12).promoted
        assert down.resolve(MODEL, "champion").version == "1"
        assert retrained(world, 12).repeated
        down.failing = False
        world.judge(0)
        assert down.resolve(MODEL, "champion").version == "2"
        assert down.resolve(MODEL, "previous").version == "1"

    def test_a_version_that_came_into_service_meanwhile_is_not_pushed_out(self, world):
        """The promotion is given up, and the run's exit code says so."""
        registry = world.registry

        def overtaken(step, /, *args, **kwargs):
            result = call(step, *args, **kwargs)
            if step.__name__ == "conclude":
                third = registry.register(MODEL, Trained(None, lambda frame: frame), {})
                registry.move_alias(MODEL, "champion", third.version)
            return result

        retrain_model(world.job, window(12), "by hand", overtaken)
        assert registry.resolve(MODEL, "champion").version == "3"
        failed = [a for a in world.ledger.actions(MONITOR) if a["state"] == "failed"]
        assert [a["kind"] for a in failed] == ["promote"]
        assert "names v3 by now" in failed[0]["reason"]

    @pytest.mark.parametrize("at", ["conclude", "deliver_due"])
    def test_a_run_that_dies_before_the_promotion_is_completed_by_the_next_drain(
        self, world, at
    ):
        """After the outcome is recorded nothing of it is lost, nor done twice."""

        def dying(step, /, *args, **kwargs):
            if step.__name__ == at:
                if at == "conclude":
                    call(step, *args, **kwargs)
                raise KeyboardInterrupt
            return call(step, *args, **kwargs)

        with pytest.raises(KeyboardInterrupt):
            retrain_model(world.job, window(12), "by hand", dying)
        deliver_due(world.job)
        assert world.registry.resolve(MODEL, "champion").version == "2"
        assert retrained(world, 12).repeated
        assert world.titles() == ["deliveries: deliveries v2 promoted"]


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


def test_a_monitor_whose_model_is_unknown_says_which_aliases_there_are(world):
    """Neither a day nor a retraining begins without a version."""
    world.job = replace(world.job, alias="chmpion")
    with pytest.raises(ModelMissing, match="champion"):
        retrained(world, 12)


def serve(world: World, numbers: range) -> None:
    """The challenger's scores are in these days' rows, as if it had served them."""
    trained = world.registry.trained[MODEL, "2"]
    for number in numbers:
        rows = rows_of(number, changed=True)
        scores = trained.predict(rows.to_pandas())
        world.deliver(
            number,
            rows.with_columns(
                score=pl.Series(scores), called=pl.Series(scores >= 0.5).cast(pl.Int64)
            ),
        )


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
