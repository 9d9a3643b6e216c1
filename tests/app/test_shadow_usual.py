"""What a monitor file that says nothing of shadow mode does with a challenger."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from driftline import wiring
from driftline.core.model import ModelVersion
from driftline.core.roles import Roles
from driftline.ports import Predict, Trained, Trainer
from driftline.settings.monitor import Monitor
from driftline.testing import MemoryRegistry
from tests.app.retraining import judged, retrained, serving
from tests.app.world import Logistic, World, days_of


class Guess:
    """Has learned a little of the weight: too little for two held-out days to be sure of."""

    def get_params(self) -> dict[str, Any]:
        """By which an estimator of scikit-learn is known: this one is data."""
        return {}

    def predict(self, frame: Any) -> Any:
        """Mostly noise."""
        noise = frame["distance"] * 11.3 % 0.8
        return noise + frame["weight"] / 1000


class Faint(Trainer):
    """Makes a guess: an estimator, or a function that is code."""

    def __init__(self, *, data: bool = True) -> None:
        self.data = data

    def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
        return Trained(Guess() if self.data else None, Guess().predict)


WINNER = Logistic("weight", "distance")


class Code(Trainer):
    """Wins, as a function."""

    def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
        return Trained(None, WINNER.fit(rows, roles, seed).predict)


def world_of(folder: Path, trainer: Trainer, *, trusted: bool, **said: Any) -> World:
    """A world that has changed, with the shadow that a monitor file's words come to."""
    monitor = Monitor.model_validate(
        {
            "name": "deliveries",
            "model": {"name": "late"},
            "task": "binary",
            "columns": {"timestamp": "at", "prediction": "called"},
            "source": {"parquet": {"path": "rows/"}},
            "registry": {"mlflow": {"trusted": trusted}},
            "retraining": {"trainer": "scikit_learn", **said},
        }
    )
    (folder / "rows").mkdir()
    found = wiring.build_job(monitor, folder).retraining
    assert found is not None
    world = World(days_of(range(30), changed=True))
    world.registry.trusted = trusted
    chosen = world.retraining(
        trainer=trainer,
        shadow_windows=found.shadow_windows,
        shadow_unsure_only=found.shadow_unsure_only,
    )
    world.job = replace(world.job, retraining=chosen)
    return world


@pytest.mark.parametrize(("trusted", "data"), [(True, False), (False, True)])
def test_one_whose_gain_may_be_chance_gets_a_week_where_it_can_be_loaded(
    tmp_path: Path, trusted: bool, data: bool
) -> None:
    """Its seventh day decides; the champion serves until then.

    It is code whose registry is trusted, or data of any registry.
    """
    world = world_of(tmp_path, Faint(data=data), trusted=trusted)
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (False, True)
    assert "decided when 7 more windows" in world.notifier.messages[0].summary
    judged(world, range(13, 19))
    assert serving(world) == "1"
    judged(world, range(19, 20))
    assert serving(world) == "2"


@pytest.mark.parametrize("trusted", [True, False])
def test_one_that_won_is_promoted_at_once(tmp_path: Path, trusted: bool) -> None:
    """Trust changes nothing for it."""
    world = world_of(tmp_path, WINNER, trusted=trusted)
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (True, False)
    assert serving(world) == "2"


def test_without_trust_code_whose_gain_may_be_chance_is_not_promoted(
    tmp_path: Path,
) -> None:
    """Nothing of it is loaded, and people hear why it gets no days."""
    world = world_of(tmp_path, Faint(data=False), trusted=False)
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (False, False)
    assert serving(world) == "1"
    [message] = world.notifier.messages
    assert "the gain may be chance" in message.summary
    assert "no days in shadow: deliveries v2 is not loaded" in message.summary
    assert message.summary.endswith("this registry is not trusted")


def test_code_that_won_does_not_serve_where_the_file_wants_to_see_it_first(
    tmp_path: Path,
) -> None:
    """`shadow: all` is not skipped; people hear that it won, and what would let it serve."""
    world = world_of(tmp_path, Code(), trusted=False, shadow="all")
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (False, False)
    assert serving(world) == "1"
    [message] = world.notifier.messages
    assert message.title.endswith("v1 stays in service, though its challenger won")
    assert message.summary.endswith("this registry is not trusted")


def test_one_that_says_other_things_when_loaded_gets_no_days(tmp_path: Path) -> None:
    """What its trainer did to the columns first is not in the registry."""
    world = world_of(tmp_path, Faint(), trusted=True)

    class Elsewhere(MemoryRegistry):
        def load(self, model: ModelVersion) -> Predict:
            return lambda frame: frame["distance"] / 10_000

    other = Elsewhere()
    other.__dict__.update(world.registry.__dict__)
    world.job = replace(world.job, registry=other)
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (False, False)
    assert "says other scores than its trainer" in world.notifier.messages[0].summary


def test_none_is_none_where_models_may_be_loaded(tmp_path: Path) -> None:
    """`shadow_windows: 0` is a word of the file's, and nobody hears of trust."""
    world = world_of(tmp_path, Faint(), trusted=True, shadow_windows=0)
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (False, False)
    assert "trusted" not in world.notifier.messages[0].summary
