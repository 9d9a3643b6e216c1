"""What the monitor file says of retraining arrives as the core wants it."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from driftline import wiring
from driftline.errors import SettingsError
from driftline.settings.monitor import Retraining
from tests.core.test_settings_file import SMALLEST

TRAINER = {"trainer": "scikit_learn"}
PRICED = {"error": 4.5, "currency": "USD", "retraining": "120.10", "metric": "accuracy"}


def test_money_is_decimal_and_has_a_place_in_the_costs() -> None:
    """Text and numbers alike, without a float's last digits."""
    settings = Retraining.model_validate({**TRAINER, "costs": PRICED})
    costs = wiring._costs(settings.costs)
    assert costs is not None
    assert (costs.error, costs.run) == (Decimal("4.5"), Decimal("120.10"))
    assert (costs.currency, costs.metric, costs.approve_above) == (
        "USD",
        "accuracy",
        None,
    )


@pytest.mark.parametrize(
    "wrong",
    [{"error": -1}, {"currency": ""}, {"metric": "acuracy"}, {"eror": 1}],
)
def test_costs_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    """A negative price, no currency, an unknown metric or key."""
    with pytest.raises(ValidationError):
        Retraining.model_validate({**TRAINER, "costs": {**PRICED, **wrong}})


SHADOW = "retraining: {trainer: scikit_learn, shadow_windows: 7, shadow: unsure}\n"
TRUSTED = "registry: {mlflow: {trusted: true}}\n"


def test_shadow_mode_needs_a_registry_that_is_trusted(tmp_path: Path) -> None:
    """A challenger is loaded from it, which runs the challenger's code."""
    (tmp_path / "monitors").mkdir()
    (tmp_path / "rows").mkdir()
    file = tmp_path / "monitors" / "flights.yaml"
    file.write_text(SMALLEST + SHADOW)
    with pytest.raises(SettingsError, match="trusted: true"):
        wiring.build_job(wiring.load_monitor("flights", tmp_path), tmp_path)
    file.write_text(SMALLEST + SHADOW + TRUSTED)
    job = wiring.build_job(wiring.load_monitor("flights", tmp_path), tmp_path)
    assert job.retraining is not None
    assert job.retraining.shadow_windows == 7
    assert job.retraining.shadow_unsure_only


@pytest.mark.parametrize(("written", "read"), [(60, [60]), ([30, 60], [30, 60])])
def test_one_length_of_training_is_as_good_as_a_list(
    written: object, read: list[int]
) -> None:
    """A number, or several for a backtest to choose from; none or 0 is refused."""
    assert Retraining.model_validate({**TRAINER, "train_days": written}).train_days == (
        read
    )
    for wrong in (0, [], [30, 0]):
        with pytest.raises(ValidationError):
            Retraining.model_validate({**TRAINER, "train_days": wrong})
