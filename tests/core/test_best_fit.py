"""What tells that numbers were moved: where they lie, what came along, and the rest."""

from functools import cache

import numpy as np
import polars as pl
import pytest

from driftline.core.diagnosis._best_fit import best_fit
from driftline.core.diagnosis._chance import by_chance, gap
from driftline.core.diagnosis._transform import Fit, Transform
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from tests.core.day_by_day import day_after, sample_of

DAYS, ROWS = 30, 400
PLAN = Plan({"weight": ColumnPlan(Kind.NUMERIC, "")})


def weights(number: int) -> np.ndarray:
    """A day's weights, from 100 to 200 in steps that nothing else has."""
    rng = np.random.default_rng([101, number])
    return 100 + 100 * rng.random(ROWS)


@cache
def before() -> pl.DataFrame:
    """Thirty days."""
    return sample_of([pl.DataFrame({"weight": weights(n)}) for n in range(DAYS)])


def fit(today: np.ndarray, transform: Transform) -> Fit | None:
    """What a change explains of a day."""
    rows = pl.DataFrame({"weight": today})
    return best_fit(day_after(before(), rows, PLAN), "weight", [transform])


def plus(amount: float) -> Transform:
    """An amount that was added."""
    return Transform(
        "more",
        lambda v: v + amount,
        lambda v: v - amount,
        (lambda v: v - 1.1 * amount,),
        far=True,
    )


TWICE = Transform(
    "twice", lambda v: v * 2, lambda v: v / 2, (lambda v: v / 2.2,), far=True
)


def moved(some: np.ndarray, rest: np.ndarray, share: float = 0.3) -> np.ndarray:
    """The first rows of a day, and the rest of another."""
    return np.concatenate([some[: int(share * ROWS)], rest[int(share * ROWS) :]])


@pytest.mark.parametrize("amount", [240.0, 1_000.0])
def test_some_rows_that_are_out_of_reach_and_spread_as_usual_were_moved(
    amount: float,
) -> None:
    """A bit out of reach or far: with the share of rows that were."""
    found = fit(moved(weights(40) + amount, weights(40)), plus(amount))

    assert found is not None
    assert found.share == pytest.approx(0.3, abs=0.01)


def test_a_bit_out_of_reach_the_other_rows_have_to_be_as_usual() -> None:
    """Where they rose as well a season may have come; far out no season goes."""
    risen = weights(41) + 40

    assert fit(moved(weights(40) + 240, risen), plus(240)) is None
    assert fit(moved(weights(40) + 1_000, risen), plus(1_000)) is not None


@pytest.mark.parametrize(("values", "told"), [(3, False), (12, True)])
def test_a_bit_out_of_reach_three_values_tell_nothing(values: int, told: bool) -> None:
    """However many rows have them."""
    some = np.resize(np.linspace(105, 195, values), ROWS) + 240

    assert (fit(moved(some, weights(40)), plus(240)) is not None) is told


def test_what_would_have_come_along_has_to_be_there() -> None:
    """Twice the upper half of all weights is a day of its own, without the lower half."""
    heavy = 2 * np.sort(weights(40))[ROWS // 2 :]

    assert fit(heavy, TWICE) is None
    assert fit(2 * weights(40), TWICE) is not None


def test_rows_that_undone_are_no_weights_were_not_moved() -> None:
    """Where they lie may be far out; what they would be has to be at hand."""
    assert fit(moved(weights(40) + 1_000, weights(40)), plus(500)) is None


def test_of_no_values_nothing_is_known() -> None:
    """They are as far from any others as can be, and no gap at all is chance."""
    assert gap(np.array([]), np.array([1.0])) == 1.0
    assert gap(np.array([1.0]), np.array([])) == 1.0
    assert by_chance(0.0) == 1.0
