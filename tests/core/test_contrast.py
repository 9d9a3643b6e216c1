"""Groups whose errors part from the others' are found within days; storms are not."""

import numpy as np
import polars as pl
import pytest

from driftline.core.contrast.groups import Contrast, contrasts
from driftline.core.contrast.judge import (
    ContrastSpread,
    judge_contrasts,
    look,
    measure_contrasts,
)
from driftline.core.contrast.residuals import residuals
from driftline.core.finding import Finding
from driftline.core.joint.coding import Coding
from driftline.core.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles, Task

CARRIERS = ("AA", "B6", "DL", "UA")
ROLES = Roles(
    Task.BINARY, timestamp="at", prediction="called", score="score", label="late"
)
PLAN = Plan({"carrier": ColumnPlan(Kind.CATEGORICAL, "String", categories=CARRIERS)})
RATE = 0.001


def day(
    seed: int, rows: int = 600, storm: float = 0.0, flipped: str = ""
) -> pl.DataFrame:
    """Carriers differ a little; a storm makes all late, and a flip turns one's labels."""
    rng = np.random.default_rng([seed, 5])
    carrier = rng.choice(CARRIERS, rows)
    score = np.clip(rng.beta(2, 6, rows) + 0.05 * (carrier == "UA"), 0, 1)
    weather = storm + 0.08 * rng.normal()
    late = (rng.random(rows) < np.clip(score + weather, 0, 1)).astype(np.int64)
    turned = (carrier == flipped) & (rng.random(rows) < 0.3)
    return pl.DataFrame(
        {
            "carrier": carrier,
            "score": score,
            "called": (score >= 0.5).astype(np.int64),
            "late": np.where(turned, 1 - late, late),
        }
    )


@pytest.fixture(scope="module")
def spread() -> ContrastSpread:
    """Forty days."""
    sample = pl.concat(
        [day(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(40)]
    )
    return measure_contrasts(Reference(PLAN, {}, sample=sample), ["carrier"], ROLES)


def judged(spread: ContrastSpread, days: list[pl.DataFrame]) -> list[list[Finding]]:
    """The findings of each day, which knows the days before it."""
    past: list[dict[str, Contrast]] = []
    found = []
    for table in days:
        today = look(spread, table, ROLES)
        found.append(judge_contrasts(spread, past, today, RATE))
        past.append(today)
    return found


def test_flipped_labels_of_one_carrier_are_found_and_it_is_named(spread) -> None:
    """Three in ten labels turned: within three days, whatever the weather."""
    days = [day(i) for i in range(100, 105)] + [
        day(i, 1800, 0.1 * (i % 2), "DL") for i in range(105, 108)
    ]
    found = judged(spread, days)

    assert not any(found[:5])
    [finding] = found[-1]
    assert finding.subject == "carrier"
    assert finding.segment == "carrier=DL"
    assert "more for carrier=DL than for other rows" in finding.message


def test_a_storm_that_hits_all_parts_nobody(spread) -> None:
    """Everybody is late: no group parts from the others."""
    assert not any(judged(spread, [day(i, storm=0.3) for i in range(100, 102)]))


def test_quiet_days_rarely_part(spread) -> None:
    """Of 120 quiet days in rows of twelve, at most two."""
    runs = [
        judged(spread, [day(1000 + 20 * r + i) for i in range(12)]) for r in range(10)
    ]

    assert sum(bool(f) for run in runs for f in run) <= 2


def test_a_contrast_is_the_difference_of_two_means() -> None:
    """Counted from moments, the same as from the rows."""
    table = day(1)
    coding = Coding("carrier", Kind.CATEGORICAL, categories=CARRIERS)
    found = contrasts(table, [coding], ROLES)["bias|carrier=UA"]
    wrong = table["late"].to_numpy() - table["score"].to_numpy()
    own = (table["carrier"] == "UA").to_numpy()
    error = np.sqrt(wrong[own].var() / own.sum() + wrong[~own].var() / (~own).sum())

    assert found.rows == own.sum()
    assert found.value == pytest.approx(wrong[own].mean() - wrong[~own].mean())
    assert found.error == pytest.approx(error)


def test_a_few_alike_rows_are_not_sure_of_themselves(spread) -> None:
    """Ten flights that were all punctual say little, though their errors do not vary."""
    usual = spread.groups["error|carrier=UA"]
    lucky = Contrast(usual.centre - 0.05, 0.001, 10)

    assert abs(usual.deviations(lucky)) < 2


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
    found = residuals(table, roles)

    assert set(found) == kinds
    assert all(np.isnan(values[2]) for values in found.values())
    assert found["error"][1] == 1


def test_a_reference_without_labels_watches_no_group() -> None:
    """There is nothing to compare with."""
    sample = day(1).drop("late").with_columns(pl.lit("day").alias(WINDOW))
    spread = measure_contrasts(Reference(PLAN, {}, sample=sample), ["carrier"], ROLES)

    assert spread.groups == {}
