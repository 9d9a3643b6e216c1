"""A registry that goes away and comes back, and worlds that are judged in the meantime."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import polars as pl

from driftline.app.catch_up import judge_due
from driftline.core.retraining.request import RetrainingPolicy
from driftline.errors import DriftlineError, RegistryUnavailable
from driftline.testing import MemoryRegistry
from tests.app.world import World, days_of, window

HOUR = timedelta(hours=6)
"""After a day's end its run is due."""


class Away(MemoryRegistry):
    """While `failures` has an error for a question, asking raises it."""

    def __init__(self, like: MemoryRegistry) -> None:
        self.__dict__.update(like.__dict__)
        self.failures: dict[str, DriftlineError] = {}
        self.asked: list[str] = []

    def _fail(self, question: str) -> None:
        self.asked.append(question)
        if question in self.failures:
            raise self.failures[question]

    def resolve(self, name, alias):
        self._fail("resolve")
        return super().resolve(name, alias)

    def load_reference(self, model):
        self._fail("load_reference")
        return super().load_reference(model)

    def log_day(self, day):
        self._fail("log_day")
        return super().log_day(day)

    def goes(self) -> None:
        """Nothing is answered any more."""
        error = RegistryUnavailable("MLflow does not answer")
        self.failures = dict.fromkeys(("resolve", "load_reference", "log_day"), error)

    def comes_back(self) -> None:
        self.failures = {}


def in_time() -> World:
    """Two days judged in time, with a registry that may go away."""
    made = World(days_of(range(12)))
    made.registry = Away(made.registry)
    made.job = replace(made.job, registry=made.registry)
    for number in range(2):
        judge(made, number)
    return made


def harmed(days: int = 12) -> World:
    """A changed world from the third day on, and nothing that spaces retraining runs."""
    made = World(pl.concat([days_of(range(2)), days_of(range(2, days), changed=True)]))
    made.registry = Away(made.registry)
    interlocks = RetrainingPolicy(min_labelled=500, cool_down_days=0)
    retraining = made.retraining(interlocks=interlocks)
    made.job = replace(made.job, registry=made.registry, retraining=retraining)
    for number in range(2):
        judge(made, number)
    made.registry.goes()
    for number in range(2, 7):
        judge(made, number)
    return made


def judge(world: World, number: int, named: date | None = None):
    """The run that is due for a day, in time; of the named day where one is."""
    world.clock.moment = max(world.clock.moment, window(number).end + HOUR)
    return judge_due(world.job, named, due_for(number))


def due_for(number: int) -> datetime:
    return window(number).end + HOUR
