"""What the monitor file says of retraining arrives as the core wants it."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from driftline import wiring
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


TRUSTED = "registry: {mlflow: {trusted: true}}\n"


def shadow_of(folder: Path, said: str, more: str = "") -> tuple[int, bool]:
    """The windows in shadow of a monitor file, and whether only for an unsure challenger."""
    (folder / "monitors").mkdir()
    (folder / "rows").mkdir()
    file = folder / "monitors" / "flights.yaml"
    file.write_text(f"{SMALLEST}retraining: {{trainer: scikit_learn{said}}}\n{more}")
    job = wiring.build_job(wiring.load_monitor("flights", folder), folder)
    assert job.retraining is not None
    return job.retraining.shadow_windows, job.retraining.shadow_unsure_only


@pytest.mark.parametrize(
    ("said", "more", "expected"),
    [
        ("", TRUSTED, (7, True)),
        (", shadow: unsure", TRUSTED, (7, True)),
        (", shadow: all", TRUSTED, (7, False)),
        (", shadow_windows: 3", TRUSTED, (3, True)),
        (", shadow_windows: 3, shadow: all", TRUSTED, (3, False)),
        (", shadow_windows: 0", TRUSTED, (0, True)),
        ("", f"{TRUSTED}every: hour\n", (168, True)),
        ("", f"{TRUSTED}every: week\n", (1, True)),
        ("", "", (7, True)),
        ("", "registry: {mlflow: {trusted: false}}\n", (7, True)),
        ("", "every: hour\n", (168, True)),
        (", shadow: all", "", (7, False)),
        (", shadow_windows: 3", "", (3, True)),
        (", shadow_windows: 0", "", (0, True)),
        (", shadow_windows: 0, shadow: all", "", (0, False)),
    ],
)
def test_a_week_in_shadow_is_for_an_unsure_challenger_trusted_or_not(
    tmp_path: Path, said: str, more: str, expected: tuple[int, bool]
) -> None:
    """Unless the file says otherwise; a default that is written down changes nothing."""
    assert shadow_of(tmp_path, said, more) == expected


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
