"""Harm that lasts asks for one run, unless something holds it back or it waits for a person."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from driftline.app import answer
from driftline.app.monitor_day import deliver_due
from driftline.app.report import content_of
from driftline.app.retraining import approval
from driftline.app.retraining.record import NOTE
from driftline.app.retraining.retrain import retrain_model
from driftline.core.action import Answer
from driftline.core.cost import Spend
from driftline.core.retraining.economics import Costs
from driftline.core.retraining.request import RetrainingPolicy, Standing
from driftline.errors import DeliveryFailed, SettingsError
from driftline.ports import CostProvider, Dispatcher
from tests.app.retraining import FREE, Refusing, changing, reasons, retrained
from tests.app.world import MONITOR, World, day, rows_of, window


@pytest.fixture
def world() -> World:
    """Two days as ever; then the world has changed."""
    return changing()


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

    def test_a_day_judged_anew_asks_for_nothing(self, world):
        """Its second revision starts no second run, and tells nobody of the first again."""
        reasons(world, range(4))
        told = world.titles()
        world.job = replace(world.job, anew=True)
        assert world.judge(3).revision == 2
        assert len(world.dispatcher.asked) == 1
        assert world.titles() == told

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
        assert "600 labelled rows to learn from" in said[3]
        assert "1,500 are needed" in said[3]
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
    def priced(self, world):
        costs = Costs(Decimal(1), "USD", run=Decimal(50), approve_above=Decimal(20))
        world.job = replace(world.job, retraining=world.retraining(costs=costs))
        return world

    @pytest.fixture
    def dear(self, priced):
        reasons(priced, range(5))
        return priced

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

    def test_a_request_that_nobody_accepts_is_made_daily_and_told_once(self, priced):
        """While Prefect refuses each day's request, one question waits for an answer."""
        up = priced.job
        priced.job = replace(up, dispatcher=Refusing())
        reasons(priced, range(8))
        priced.job = up
        reasons(priced, range(8, 9))
        assert [request.as_of for request in priced.dispatcher.asked] == [day(8)]
        questions = [t for t in priced.titles() if "waits for approval" in t]
        assert questions == ["deliveries: a retraining waits for approval"]
        notices = priced.ledger.latest(MONITOR, window(8)).record["notices"]
        assert notices[f"{MONITOR}/retraining"]["said"] == "not told: nothing new"

    def test_a_request_after_one_that_was_approved_is_a_new_question(self, priced):
        """The approval was for the request that nobody took; the next one asks again."""
        priced.job = replace(priced.job, dispatcher=Refusing())
        reasons(priced, range(4))
        answer.approve(priced.job, "ann")
        deliver_due(priced.job)
        reasons(priced, range(4, 5))
        assert sum("waits for approval" in t for t in priced.titles()) == 2

    def test_who_may_approve_is_not_sent_to_ask_for_another_run(self, dear):
        """Message and page say what the request waits for; later days repeat it."""
        trouble = next(m for m in dear.notifier.messages if "act" in m.title)
        page = content_of(dear.ledger, dear.ledger.latest(MONITOR, window(4)))
        for advice in (trouble.advice, page.advice):
            assert "`driftline approve deliveries`" in advice
            assert "driftline retrain" not in advice
        assert page.retraining == (
            "No retraining: one that was asked for before waits for approval."
        )

    def test_once_approved_a_run_is_under_way(self, dear):
        """Then there is nothing more to ask for."""
        answer.approve(dear.job, "ann")
        judged = dear.judge(5)
        assert judged.retraining is Standing.UNDER_WAY
        page = content_of(dear.ledger, dear.ledger.latest(MONITOR, window(5)))
        assert "A retraining is under way" in page.advice

    def test_who_reads_of_the_harm_approves_by_a_button(self, priced):
        """The button for a run of one's own makes room for the answer that is awaited."""
        priced.job = replace(priced.job, listens=True)
        reasons(priced, range(4))
        trouble = next(m for m in priced.notifier.messages if "act" in m.title)
        assert Answer.APPROVE in trouble.answers
        assert Answer.RETRAIN not in trouble.answers

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
