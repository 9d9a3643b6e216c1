"""What a monitor file that says nothing of shadow mode does with a challenger."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from driftline import wiring
from driftline.core.roles import Roles
from driftline.ports import Trained, Trainer
from driftline.settings.monitor import Monitor
from tests.app.retraining import judged, retrained, serving
from tests.app.world import Logistic, World, days_of


class Faint(Trainer):
    """Has learned a little of the weight: too little for two held-out days to be sure of."""

    def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
        def predict(frame: Any) -> Any:
            noise = frame["distance"] * 11.3 % 0.8
            return noise + frame["weight"] / 1000

        return Trained(None, predict)


WINNER = Logistic("weight", "distance")


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


def test_one_whose_gain_may_be_chance_gets_a_week_where_models_may_be_loaded(
    tmp_path: Path,
) -> None:
    """Its seventh day decides; the champion serves until then."""
    world = world_of(tmp_path, Faint(), trusted=True)
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


def test_without_trust_one_whose_gain_may_be_chance_is_not_promoted(
    tmp_path: Path,
) -> None:
    """Nothing of it is loaded, and people hear what trust would have given it."""
    world = world_of(tmp_path, Faint(), trusted=False)
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (False, False)
    assert serving(world) == "1"
    [message] = world.notifier.messages
    assert "the gain may be chance" in message.summary
    assert message.summary.endswith("gives such a challenger days in shadow")


def test_none_is_none_where_models_may_be_loaded(tmp_path: Path) -> None:
    """`shadow_windows: 0` is a word of the file's, and nobody hears of trust."""
    world = world_of(tmp_path, Faint(), trusted=True, shadow_windows=0)
    found = retrained(world)
    assert (found.promoted, found.in_shadow) == (False, False)
    assert "trusted" not in world.notifier.messages[0].summary
