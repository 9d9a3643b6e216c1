"""Waiting is weighed from the ledger: requested when it pays, and the sum is kept."""

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest

from driftline.core.retraining.economics import Costs
from tests.app.world import MONITOR, World, day, days_of, rows_of, window

COSTS = Costs(error=Decimal(1), currency="USD", run=Decimal(300), metric="accuracy")


@pytest.fixture
def world() -> World:
    """Two days as ever; then the world has changed: three in ten go wrong beside then."""
    return World(pl.concat([days_of(range(2)), days_of(range(2, 30), changed=True)]))


def priced(world: World, **changes: object) -> None:
    chosen = world.retraining(costs=replace(COSTS, **changes))
    world.job = replace(world.job, retraining=chosen)


def kept(world: World) -> list[dict[str, object] | None]:
    return [entry.record["balance"] for entry in world.ledger.history(MONITOR)]


def test_a_run_is_requested_on_the_day_on_which_waiting_has_cost_as_much(world):
    """Harm was shown before; the sum of each day is in the record and in the sentence."""
    priced(world)
    said = []
    for number in range(7):
        world.judge(number)
        said.append(world.ledger.history(MONITOR)[-1].record["retraining"])
    [request] = world.dispatcher.asked
    balances = kept(world)
    paying = [n for n, sums in enumerate(balances) if sums and sums["pays"]]
    assert (request.as_of.day - 1) == paying[0] > 3
    assert said[3].startswith("No retraining: it does not pay yet: waiting has cost ")
    assert "a run costs 300.00 USD" in said[3]
    assert "broke even on" in request.reason
    losses = [Decimal(b["loss"]) for b in balances[2:]]
    assert losses == sorted(losses)


def test_a_window_of_broken_data_is_no_loss_that_a_run_would_regain(world):
    """Weights in grams on one day: its errors are not in the sum."""
    priced(world, run=Decimal(10_000))
    bad = rows_of(4, changed=True).with_columns(pl.col("weight") * 1000)
    world.deliver(4, bad)
    for number in range(6):
        world.judge(number)
    sums = kept(world)
    assert sums[5]["windows"] == sums[3]["windows"] + 1


def test_days_whose_labels_are_not_in_count_at_the_rate_so_far():
    """Two days have no labels when an earlier one is judged again: they are expected."""
    rows = pl.concat([days_of(range(2)), days_of(range(2, 10), changed=True)])
    world = World(rows, late_labels=True)
    priced(world, run=Decimal(10_000))
    known = world.labels.rows.filter(pl.col("at").dt.date() <= day(4))
    world.labels.rows = known
    for number in range(7):
        world.judge(number)
    world.labels.rows = known.head(known.height - 1)
    world.judge(4)
    sums = world.ledger.latest(MONITOR, window(4)).record["balance"]
    assert sums["unseen"] == 2
    assert kept(world)[5:] == [None, None]
