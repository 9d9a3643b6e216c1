"""Profiles add, travel and compare exactly; what binning costs is bounded.

| statistic | against | error |
|---|---|---|
| any, of categories | SciPy on the raw rows | none |
| null_rate, unseen_values, off_grid | counts of the raw rows | none |
| range | the raw rows | its median is the nearest edge |
| psi, jensen_shannon, hellinger, total_variation | two normals' own | up to 3 % low |
| ks, wasserstein | SciPy on the raw rows | see `test_drift.py` |
"""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from driftline.core.drift import named
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile, Profile, merged
from driftline.errors import ReferenceCorrupt
from tests.core.columns import category_plan, numbers, numeric_plan, words

COUNTS = st.integers(0, 10**12)
SHORT = st.text(max_size=3)


@st.composite
def columns(draw: st.DrawFn) -> ColumnProfile:
    """A column with whole-number sums, of which floating point loses nothing."""
    if draw(st.booleans()):
        rows, extra = draw(COUNTS), draw(st.sampled_from(["Null", "", "Int64"]))
        return ColumnProfile(rows, present=draw(st.booleans()), dtype=extra)
    ends = draw(st.none() | st.tuples(st.integers(-9, 0), st.integers(1, 9)))
    return ColumnProfile(
        rows=draw(COUNTS),
        nulls=draw(COUNTS),
        nans=draw(COUNTS),
        infinities=draw(COUNTS),
        minimum=float(ends[0]) if ends else None,
        maximum=float(ends[1]) if ends else None,
        total=float(draw(st.integers(-(2**40), 2**40))),
        squares=float(draw(st.integers(0, 2**40))),
        bins=tuple(draw(st.lists(COUNTS, min_size=3, max_size=3))),
        off_grid=draw(COUNTS),
        counts=draw(st.none() | st.dictionaries(SHORT, COUNTS, max_size=4)),
        unseen=draw(COUNTS),
        unseen_examples=tuple(sorted(set(draw(st.lists(SHORT, max_size=5))))),
        dtype=draw(st.sampled_from(["Float64", "String", "Null"])),
    )


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    return Profile(
        rows=draw(COUNTS),
        columns={name: draw(columns()) for name in ("a", 'q"uote', "🙂")},
        plan="p",
        extra_columns=tuple(sorted(set(draw(st.lists(SHORT, max_size=3))))),
    )


@settings(max_examples=100)
@given(profiles(), profiles(), profiles())
def test_merging_is_associative_and_commutative(a, b, c) -> None:
    """However days and machines are grouped, the sum is the same."""
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert (a + b).digest == (b + a).digest


@settings(max_examples=100)
@given(st.lists(profiles(), min_size=1, max_size=6), st.randoms())
def test_any_order_of_parts_gives_the_same_profile(parts, random) -> None:
    """The order in which parts arrive never shows."""
    shuffled = list(parts)
    random.shuffle(shuffled)
    assert merged(shuffled) == merged(parts)


@settings(max_examples=100)
@given(profiles())
def test_a_profile_survives_json_text(profile) -> None:
    """Writing and reading changes nothing, whatever the names and values are."""
    text = json.dumps(profile.to_json(), allow_nan=False)
    again = Profile.from_json(json.loads(text))
    assert again == profile
    assert again.digest == profile.digest


@pytest.mark.parametrize("total", [math.inf, -math.inf, 1e308, 5e-324, -0.0])
def test_extreme_sums_survive_json_text(total) -> None:
    """JSON has no infinity, and the sum is there all the same."""
    column = ColumnProfile(3, total=total, squares=math.inf, minimum=-1.7e308)
    text = json.dumps(column.to_json(), allow_nan=False)
    assert ColumnProfile.from_json(json.loads(text)) == column


@pytest.mark.parametrize("version", [0, 3, "1", None])
def test_another_versions_file_is_refused_in_words(version) -> None:
    """The message says which version it is, which one is read, and what to do."""
    values = Profile(1, {"a": ColumnProfile(1)}, "p").to_json() | {"format": version}
    with pytest.raises(ReferenceCorrupt) as caught:
        Profile.from_json(values)
    told = str(caught.value)
    assert f"profile format {version!r}" in told
    assert "this version reads 1 and 2" in told
    assert "driftline reference build" in told


def test_profiles_of_two_plans_do_not_add() -> None:
    """Counts of different bins are never mixed."""
    with pytest.raises(ValueError, match="plans p and q do not add"):
        Profile(1, {}, "p") + Profile(1, {}, "q")


RNG = np.random.default_rng(23)
CITIES = category_plan("Oslo", "Bern", "Rome", "Lima")
OLD_CITIES = RNG.choice(CITIES.categories, 8000, p=[0.4, 0.3, 0.2, 0.1]).tolist()
NEW_CITIES = RNG.choice(CITIES.categories, 3000, p=[0.3, 0.3, 0.2, 0.2]).tolist()


def raw_shares(values: list[str]) -> np.ndarray:
    return np.array([values.count(c) for c in CITIES.categories]) / len(values)


def city_statistic(name: str) -> float:
    old, new = words(OLD_CITIES, CITIES), words(NEW_CITIES, CITIES)
    return named(name)(old, new, CITIES)


def test_categories_lose_nothing() -> None:
    """Every distribution statistic equals SciPy's on the raw rows."""
    p, q = raw_shares(OLD_CITIES), raw_shares(NEW_CITIES)
    jeffreys = stats.entropy(p, q) + stats.entropy(q, p)

    assert city_statistic("psi") == pytest.approx(jeffreys, rel=0.01)
    assert city_statistic("jensen_shannon") == pytest.approx(
        jensenshannon(p, q, base=2)
    )
    assert city_statistic("total_variation") == pytest.approx(np.abs(p - q).sum() / 2)
    assert city_statistic("l_infinity") == pytest.approx(np.abs(p - q).max())
    assert city_statistic("hellinger") == pytest.approx(
        np.sqrt(1 - np.sqrt(p * q).sum())
    )


def test_levels_are_those_of_the_raw_rows() -> None:
    """Missing and unseen shares and the reach are counted, not estimated."""
    values = np.array([*RNG.normal(size=400), 9.0])
    plan = numeric_plan(values[:-1])
    old, new = numbers(values[:-1], plan), numbers(values, plan, nulls=99)
    strange = words([*NEW_CITIES, "Cork", "Cork"], CITIES)
    median = np.quantile(values[:-1], 0.5)
    reach = (9.0 - median) / (values[:-1].max() - median) - 1

    assert named("null_rate")(old, new, plan) == 99 / 500
    assert named("unseen_values")(strange, strange, CITIES) == 2 / 3002
    assert named("range")(old, new, plan) == pytest.approx(reach, abs=0.02)


SHIFT = 0.5
TRUTH = {
    "psi": SHIFT**2,
    "hellinger": math.sqrt(1 - math.exp(-(SHIFT**2) / 8)),
    "total_variation": 2 * stats.norm.cdf(SHIFT / 2) - 1,
}
"""Divergence of N(0, 1) and N(0.5, 1): Jeffreys', Hellinger's and total variation."""


def exact_bins(plan: ColumnPlan, mean: float) -> ColumnProfile:
    """A million million rows of a normal distribution, without sampling noise."""
    cuts = stats.norm.cdf([-np.inf, *plan.edges, np.inf], loc=mean)
    held = np.round(np.diff(cuts) * 1e12).astype(int)
    return ColumnProfile(int(held.sum()), bins=tuple(held.tolist()))


def quantile_plan(bins: int) -> ColumnPlan:
    edges = stats.norm.ppf(np.arange(1, bins) / bins)
    return ColumnPlan(Kind.NUMERIC, "Float64", edges=tuple(edges.tolist()))


@pytest.mark.parametrize("name", TRUTH)
def test_binning_hides_a_little_and_never_adds(name: str) -> None:
    """A divergence in quantile bins is below the true one, by 3 % at most with 40."""
    values = []
    for bins in (5, 10, 20, 40):
        plan = quantile_plan(bins)
        values.append(named(name)(exact_bins(plan, 0), exact_bins(plan, SHIFT), plan))

    assert values == sorted(values)
    assert 0.97 * TRUTH[name] <= values[-1] <= TRUTH[name] * (1 + 1e-9)


def test_jensen_shannon_in_bins_is_below_the_integral() -> None:
    """By 3 % at most with 40 bins, against the densities on a fine grid."""
    grid = np.linspace(-8, 9, 20_001)
    true = jensenshannon(stats.norm.pdf(grid), stats.norm.pdf(grid, SHIFT), base=2)
    plan = quantile_plan(40)
    value = named("jensen_shannon")(exact_bins(plan, 0), exact_bins(plan, SHIFT), plan)

    assert 0.97 * true <= value <= true * (1 + 1e-6)
