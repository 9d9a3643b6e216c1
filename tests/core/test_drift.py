"""Drift statistics against SciPy and NumPy on the raw rows."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from driftline.core.drift import named
from driftline.core.drift._cells import cells, histogram, shares
from driftline.core.drift.chi_square import chi_square
from driftline.core.drift.hellinger import hellinger
from driftline.core.drift.jensen_shannon import jensen_shannon
from driftline.core.drift.ks import ks
from driftline.core.drift.range import range as reach
from driftline.core.drift.wasserstein import wasserstein
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile
from driftline.errors import SettingsError, UnknownName
from tests.core.columns import category_plan, numbers, numeric_plan, words

RNG = np.random.default_rng(11)
OLD = RNG.normal(50, 10, 20_000)
NEW = {
    "same": RNG.normal(50, 10, 5_000),
    "shifted": RNG.normal(53, 10, 5_000),
    "wider": RNG.normal(50, 15, 5_000),
    "skewed": 40 + RNG.exponential(10, 5_000),
}
PLAN = numeric_plan(OLD, bins=40)


@pytest.mark.parametrize("name", NEW)
def test_ks_is_scipys_less_at_most_one_bin(name: str) -> None:
    """Read at the edges, KS is below the raw distance by at most one bin's share."""
    old, new = numbers(OLD, PLAN), numbers(NEW[name], PLAN)
    raw = float(stats.ks_2samp(OLD, NEW[name]).statistic)
    widest = max(shares(old, PLAN).max(), shares(new, PLAN).max())

    assert raw - widest <= ks(old, new, PLAN) <= raw + 1e-12


@pytest.mark.parametrize("name", NEW)
def test_wasserstein_is_scipys_within_the_binning_error(name: str) -> None:
    """Even spread within bins and short tails cost 0.03 sd, or 15 % where tails grow."""
    value = wasserstein(numbers(OLD, PLAN), numbers(NEW[name], PLAN), PLAN)
    raw = stats.wasserstein_distance(OLD, NEW[name]) / OLD.std()

    assert value == pytest.approx(raw, abs=0.03, rel=0.15)


def test_one_outlier_cannot_fill_wasserstein() -> None:
    """A value of a million among 5,000 moves the number less than a trifle."""
    spoilt = np.append(NEW["same"], 1e6)
    clean = wasserstein(numbers(OLD, PLAN), numbers(NEW["same"], PLAN), PLAN)

    assert wasserstein(numbers(OLD, PLAN), numbers(spoilt, PLAN), PLAN) == (
        pytest.approx(clean, abs=0.005)
    )


def test_a_column_in_another_unit_moves_as_far_as_its_mean() -> None:
    """Values that all left the range are at the distance that the raw rows have."""
    value = wasserstein(numbers(OLD, PLAN), numbers(OLD * 1000, PLAN), PLAN)

    assert value == pytest.approx(
        stats.wasserstein_distance(OLD, OLD * 1000) / OLD.std(), rel=0.01
    )


@pytest.mark.parametrize("name", NEW)
def test_jensen_shannon_is_scipys(name: str) -> None:
    """On the same bins it is SciPy's distance in bits."""
    old, new = numbers(OLD, PLAN), numbers(NEW[name], PLAN)
    expected = jensenshannon(cells(old, PLAN), cells(new, PLAN), base=2)

    assert jensen_shannon(old, new, PLAN) == pytest.approx(float(expected))


@pytest.mark.parametrize("name", NEW)
def test_chi_square_is_scipys_over_its_freedom(name: str) -> None:
    """On the same bins it is the statistic of SciPy's contingency table."""
    old, new = numbers(OLD, PLAN, nulls=200), numbers(NEW[name], PLAN, nulls=60)
    table = np.array([cells(old, PLAN), cells(new, PLAN)])
    expected = stats.chi2_contingency(table[:, table.sum(axis=0) > 0])

    assert chi_square(old, new, PLAN) == pytest.approx(
        expected.statistic / expected.dof
    )


def test_hellinger_is_the_distance_of_roots() -> None:
    """On the same bins it is the Euclidean distance of the square roots."""
    old, new = numbers(OLD, PLAN), numbers(NEW["wider"], PLAN)
    apart = np.sqrt(shares(old, PLAN)) - np.sqrt(shares(new, PLAN))

    assert hellinger(old, new, PLAN) == pytest.approx(
        np.sqrt((apart**2).sum()) / np.sqrt(2)
    )


@pytest.mark.parametrize(
    "name", ["psi", "jensen_shannon", "ks", "hellinger", "total_variation"]
)
def test_missingness_is_drift(name: str) -> None:
    """A third of the rows going missing shows in every distribution statistic."""
    old, new = numbers(OLD, PLAN), numbers(OLD[:13_333], PLAN, nulls=6_667)

    assert named(name)(old, new, PLAN) > 0.2


def test_a_range_without_spread_is_measured_in_its_own_scale() -> None:
    """A constant column that takes another value is out of range, and only then."""
    plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(), centre=4.0, scale=1.0)
    old = numbers(np.full(50, 4.0), plan)

    assert reach(old, old, plan) == 0
    assert reach(old, numbers(np.array([4.0, 6.5]), plan), plan) == 2.5


def test_a_negative_value_where_the_median_is_the_minimum_is_far_out() -> None:
    """Rain of -1 inch on a mostly dry column counts in standard deviations."""
    rain = np.concatenate([np.zeros(900), np.full(100, 0.2)])
    plan = numeric_plan(rain)
    value = reach(numbers(rain, plan), numbers(np.append(rain, -1.0), plan), plan)

    assert value == pytest.approx(1 / rain.std() - 1)


def test_a_category_absent_from_the_reference_rows_is_unseen() -> None:
    """A category of the plan that no reference row holds counts as unseen."""
    plan = category_plan("a", "b")
    old, new = words(["a"] * 9, plan), words(["a", "b", "c", "c"], plan)

    assert named("unseen_values")(old, new, plan) == 0.75


def test_a_histogram_has_shares_that_add_up() -> None:
    """Shown shares and the others together are all rows."""
    plan = category_plan(*[f"c{i}" for i in range(14)])
    old = words([f"c{i}" for i in range(14)] * 3, plan, nulls=2)
    shown = histogram(old, old, plan)

    assert len(shown["categories"]) == 10
    assert sum([*shown["reference"], *shown["other_reference"]]) == pytest.approx(
        1, abs=1e-4
    )


def test_an_unknown_statistic_is_named_with_a_near_miss() -> None:
    """A misspelt name gives the nearest one and all that are known."""
    with pytest.raises(UnknownName, match=r"'jensen_shanon'.*'jensen_shannon'.*psi"):
        named("jensen_shanon")


def test_a_function_that_is_no_statistic_is_refused() -> None:
    """A function from elsewhere must carry its facts."""
    with pytest.raises(SettingsError, match="no drift statistic"):
        named("math:floor")


def test_a_statistic_from_elsewhere_is_taken_by_its_path() -> None:
    """`package.module:function` names one outside the project."""
    assert named("driftline.core.drift.psi:psi") is named("psi")


def test_a_slice_without_rows_has_no_number() -> None:
    """NaN says that there is nothing to compare."""
    empty = ColumnProfile(0, bins=(0,) * (len(PLAN.edges) + 1))

    assert np.isnan(named("psi")(numbers(OLD, PLAN), empty, PLAN))
    assert np.isnan(jensen_shannon(numbers(OLD, PLAN), empty, PLAN))
