"""Importances tell which columns a model listens to, from what it logged."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles, Task
from driftline.core.why.importance import importances
from driftline.core.why.surrogate import MOST_ROWS, examples_of, learn, outputs

ROLES = Roles(Task.BINARY, "at", "called", score="score", label="late")


def made(rows: int, seed: int = 0) -> pl.DataFrame:
    """A score of `big` mostly, of `carrier` less, of `small` little, and not of `noise`."""
    rng = np.random.default_rng(seed)
    big, small, noise = rng.normal(size=(3, rows))
    carrier = rng.choice(["UA", "AA", "B6"], rows)
    push = 2 * big + 0.8 * (carrier == "UA") + 0.2 * small
    score = 1 / (1 + np.exp(-push))
    return pl.DataFrame(
        {
            WINDOW: [f"day {n % 20}" for n in range(rows)],
            "big": big,
            "carrier": carrier,
            "small": small,
            "noise": noise,
            "score": score,
            "called": (score > 0.5).astype(int),
            "late": (rng.random(rows) < score).astype(int),
        }
    )


def reference_of(sample: pl.DataFrame | None) -> Reference:
    """A reference with this sample; its plan knows the columns."""
    names = ["big", "carrier", "small", "noise", "score", "called", "late"]
    plan = Plan({name: ColumnPlan(Kind.NUMERIC, "Float64") for name in names})
    return Reference(plan, {"day": Profile(1, {}, plan.digest)}, sample=sample)


@pytest.mark.parametrize("rows", [4000, 300])
def test_columns_are_ranked_as_the_model_uses_them(rows):
    """With many rows and with few, the order is the planted one and the shares sum to 1."""
    found = importances(reference_of(made(rows)), ROLES)

    assert sum(found.values()) == pytest.approx(1)
    assert found["big"] > found["carrier"] > max(found["small"], found["noise"])
    assert set(found) == {"big", "carrier", "small", "noise"}


def test_many_rows_tell_a_weak_column_from_noise():
    """A column of a tenth of the strongest's effect has more than one without effect."""
    found = importances(reference_of(made(8000)), ROLES)

    assert found["small"] > 3 * found["noise"]


def test_the_same_reference_gives_the_same_importances():
    """Nothing depends on chance beyond the seed."""
    reference = reference_of(made(2000))

    assert importances(reference, ROLES) == importances(reference, ROLES)


def test_stored_importances_are_not_worked_out_again():
    """A reference that carries them is believed, for the features that are asked for."""
    stored = replace(
        reference_of(made(1000)), importances={"big": 0.2, "noise": 0.6, "small": 0.2}
    )
    roles = replace(ROLES, features=("big", "noise"))

    assert importances(stored, roles) == pytest.approx({"big": 0.25, "noise": 0.75})
    kept = Reference.from_json(stored.to_json())
    assert kept.importances == stored.importances


def test_without_rows_all_columns_matter_alike():
    """A reference without a sample, or of a constant score, gives equal shares."""
    alike = {"big": 0.25, "carrier": 0.25, "small": 0.25, "noise": 0.25}
    constant = made(1000).with_columns(score=pl.lit(0.5))

    assert importances(reference_of(None), ROLES) == alike
    assert importances(reference_of(constant), ROLES) == alike


def test_a_column_that_names_rows_is_not_important():
    """Text that is different in every row teaches nothing, however the score varies."""
    rows = made(3000).with_columns(
        noise=pl.int_range(3000).cast(pl.String).shuffle(seed=1)
    )

    found = importances(reference_of(rows), ROLES)

    assert found["noise"] < 0.01


def test_classes_are_followed_by_their_shares():
    """A multi-class model without scores is explained by what makes it say each class."""
    rows = made(3000)
    called = np.where(
        rows["big"] > 0.5, "high", np.where(rows["big"] < 0, "low", "mid")
    )
    rows = rows.with_columns(called=pl.Series(called))
    roles = Roles(Task.MULTICLASS, "at", "called", features=("big", "noise"))

    found = importances(reference_of(rows), roles)

    assert found["big"] > 0.95
    assert sorted(outputs(rows, roles)) == [
        "share of high",
        "share of low",
        "share of mid",
    ]


def test_a_surrogate_says_how_faithful_it_is():
    """It reproduces a score of the columns, and knows that it cannot tell noise."""
    rows = made(4000)
    chance = np.random.default_rng(1).normal(size=rows.height)

    faithful = learn(rows, ["big", "carrier", "small"], rows["score"].to_numpy())
    clueless = learn(rows, ["big", "carrier", "small"], chance)

    assert faithful is not None
    assert faithful.fidelity > 0.95
    assert clueless is not None
    assert clueless.fidelity < 0.1


def test_more_rows_than_teach_anything_cost_nothing():
    """Of a long sample rows of all its parts are taken, as many as suffice."""
    rows = made(20_000)

    taken = examples_of(rows, ["big", "carrier"], np.arange(20_000.0))

    assert taken.rows.shape == (MOST_ROWS, 2)
    assert taken.target[0] == 0
    assert taken.target[-1] == 19_999
    assert np.diff(taken.target).max() <= 3


def test_odd_values_are_no_error():
    """Nulls, infinities, an absent column and a new type still give a score per row."""
    rows = made(2000)
    learned = learn(rows, ["big", "carrier", "small"], rows["score"].to_numpy())
    odd = pl.DataFrame({"big": [None, float("inf"), 1e300], "carrier": [1, 2, None]})

    assert learned is not None
    assert np.isfinite(learned(odd)).all()
