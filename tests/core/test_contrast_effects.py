"""What is counted of a day before its groups are judged: residuals, and whose they are."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from driftline.core.contrast.effects import Effects
from driftline.core.contrast.groups import Cells
from driftline.core.contrast.residuals import (
    LEAST_CHANCE,
    Residuals,
    outcomes,
    shared,
)
from driftline.core.contrast.spread import (
    look,
    measure_contrasts,
)
from driftline.core.joint.coding import Coding
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles, Task
from tests.core.test_contrast import CARRIERS, PLAN, ROLES, day


def kinds_of(table: pl.DataFrame) -> dict[str, Residuals]:
    """The residuals of a day, by their kind."""
    known = outcomes(table, ROLES)
    assert known is not None
    return known.residuals()


@given(
    score=arrays(np.float64, 40, elements=st.floats(0, 1)),
    truth=arrays(np.bool_, 40),
)
def test_what_a_day_did_to_all_rows_is_no_rows_error(score, truth) -> None:
    """Scores keep their order and take the day's mean, but for one row of what they said."""
    moved = shared(truth.astype(float), score)
    wanted = (truth.sum() + score.mean()) / 41

    assert moved.mean() == pytest.approx(wanted, abs=1e-6)
    held = np.clip(score, LEAST_CHANCE, 1 - LEAST_CHANCE)
    assert (np.diff(moved[np.argsort(held)]) >= 0).all()


def test_turned_labels_weigh_as_much_on_any_day_and_stand_out_on_a_sure_one() -> None:
    """Rows of a storm can hardly be wrong, and are not blamed for the storm."""
    calm, wild = (day(7, 20_000, storm) for storm in (-0.2, 0.3))
    turned = day(7, 20_000, -0.2, "DL"), day(7, 20_000, 0.3, "DL")
    before = [kinds_of(table)["error"].values for table in (calm, wild)]
    after = [kinds_of(table)["error"].values for table in turned]
    own = (calm["carrier"] == "DL").to_numpy()
    grown = [
        (b[own].mean() - a[own].mean()) / a[own].std()
        for a, b in zip(before, after, strict=True)
    ]

    assert grown[0] > 2 * grown[1] > 0
    assert abs(before[1][own].mean()) < 0.02


def test_a_contrast_of_one_column_is_the_difference_of_two_means() -> None:
    """With nothing to adjust for, generalised least squares is what anyone would count."""
    table = day(1)
    cells = Cells.of([Coding("carrier", Kind.CATEGORICAL, categories=CARRIERS)])
    counted = cells.counted(table, ROLES)["bias"]
    between = np.append(np.zeros(len(cells.places) - 1), 1e4)
    bare = Effects(cells.places, np.zeros(len(between)), between, noise=1.0)
    values, errors = bare.contrasts(counted)
    wrong = kinds_of(table)["bias"].values
    own = (table["carrier"] == "UA").to_numpy()
    place = CARRIERS.index("UA")

    assert counted.rows[place] == own.sum()
    apart = wrong[own].mean() - wrong[~own].mean()
    assert values[place] * counted.weight == pytest.approx(apart, 1e-4)
    assert errors[place] * counted.weight**0.5 == pytest.approx(
        (1 / own.sum() + 1 / (~own).sum()) ** 0.5, 1e-4
    )


def test_what_a_day_does_to_an_airport_is_no_carriers_fault() -> None:
    """Most of a carrier's flights leave from one airport; a storm there does not part it."""
    plan = Plan(
        {
            "carrier": PLAN.columns["carrier"],
            "origin": ColumnPlan(
                Kind.CATEGORICAL, "String", categories=("EWR", "JFK", "LGA")
            ),
        }
    )
    days = [stormy(i) for i in range(60)]
    sample = pl.concat(
        table.with_columns(pl.lit(f"day {i:02}").alias(WINDOW))
        for i, table in enumerate(days)
    )
    reference = Reference(plan, {}, sample=sample)
    alone = measure_contrasts(reference, ["carrier"], ROLES)
    adjusted = measure_contrasts(reference, ["carrier", "origin"], ROLES)
    apart = [
        abs(look(spread, stormy(i), ROLES)["bias|carrier=UA"].value)
        for spread in (alone, adjusted)
        for i in range(100, 120)
    ]

    assert sum(apart[20:]) < 0.6 * sum(apart[:20])


def stormy(seed: int) -> pl.DataFrame:
    """Each airport has weather of its own, and UA flies from Newark nine times in ten."""
    rng = np.random.default_rng([seed, 6])
    rows = 900
    carrier = rng.choice(CARRIERS, rows)
    home = (carrier == "UA") & (rng.random(rows) < 0.9)
    origin = np.where(home, "EWR", rng.choice(["EWR", "JFK", "LGA"], rows))
    weather = dict(zip(["EWR", "JFK", "LGA"], rng.normal(0, 0.15, 3), strict=True))
    chance = np.clip(0.3 + np.array([weather[name] for name in origin]), 0, 1)
    late = (rng.random(rows) < chance).astype(np.int64)
    return pl.DataFrame(
        {
            "carrier": carrier,
            "origin": origin,
            "score": np.full(rows, 0.3),
            "called": np.zeros(rows, dtype=np.int64),
            "late": late,
        }
    )


@pytest.mark.parametrize(
    ("task", "kinds"),
    [
        (Task.BINARY, {"bias", "error"}),
        (Task.MULTICLASS, {"error"}),
        (Task.REGRESSION, {"bias", "error"}),
    ],
)
def test_every_task_has_residuals(task: Task, kinds: set[str]) -> None:
    """Rows without a label have none."""
    roles = Roles(task, timestamp="at", prediction="said", label="truth")
    table = pl.DataFrame({"said": [1, 0, 1], "truth": [1, 1, None]})
    known = outcomes(table, roles)
    assert known is not None
    found = known.residuals()

    assert set(found) == kinds
    assert all(np.isnan(each.values[2]) for each in found.values())
    assert np.isfinite(found["error"].values[:2]).all()
