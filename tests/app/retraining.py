"""A world in which retraining pays, and the steps of a run as the tests take them."""

from dataclasses import replace
from decimal import Decimal

import polars as pl

from driftline.app.retraining.record import runs_of
from driftline.app.retraining.retrain import RetrainReport, retrain_model
from driftline.core.model import ModelVersion
from driftline.core.retraining.economics import Costs
from driftline.errors import DeliveryFailed
from driftline.ports import Dispatcher, RetrainRequest
from tests.app.world import MODEL, MONITOR, World, days_of, rows_of, window

FREE = Costs(error=Decimal(1), currency="USD")
"""A run costs nothing, so it always pays."""


class Refusing(Dispatcher):
    """Takes no request, and a retry will not help."""

    def request(self, request: RetrainRequest) -> str:
        """Refused for good."""
        raise DeliveryFailed("no such deployment", retryable=False)


def changing() -> World:
    """Two days as ever; then the world has changed."""
    return World(pl.concat([days_of(range(2)), days_of(range(2, 30), changed=True)]))


def retrained(world: World, last: int = 12) -> RetrainReport:
    """A run by hand, on the days until this one."""
    return retrain_model(world.job, window(last), "by hand")


def judged(world: World, numbers: range) -> None:
    """These days, one after the other."""
    for number in numbers:
        world.judge(number)


def reasons(world: World, numbers: range) -> list[str]:
    """What each day's verdict says about retraining, the days before them included."""
    judged(world, numbers)
    return [e.record["retraining"] for e in world.ledger.history(MONITOR)]


def serving(world: World) -> str:
    """The version that the champion's alias names."""
    return world.job.registry.resolve(MODEL, "champion").version


def challenger_of(world: World) -> ModelVersion:
    """The version that the last run registered, as the ledger knows it."""
    version = world.job.registry.resolve(MODEL, "challenger")
    return replace(version, checksum=runs_of(world.job)[-1]["body"]["checksum"])


def serve(world: World, numbers: range, *, upside_down: bool = False) -> None:
    """The challenger predicts these days, whose labels may be the opposite of its lesson."""
    predict = world.job.registry.load(challenger_of(world))
    for number in numbers:
        rows = rows_of(number, changed=True)
        features = rows.select("distance", "weight", "origin").to_pandas()
        scores = pl.Series(predict(features))
        late = 1 - pl.col("late") if upside_down else pl.col("late")
        called = (scores >= 0.5).cast(pl.Int64)
        world.deliver(number, rows.with_columns(late=late, score=scores, called=called))
