"""The quantiles that bounds are made of, against SciPy's."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.core.bounds.tails import (
    chi_square_quantile,
    normal_quantile,
    predictive_quantile,
    student_quantile,
    variance_ratio_tail,
)

TAILS = st.floats(1e-12, 0.49)


@given(TAILS)
def test_normal_quantiles_are_scipys(tail: float) -> None:
    """Ten digits, from the middle to one in 10^12."""
    expected = stats.norm.isf(tail)
    assert normal_quantile(tail) == pytest.approx(expected, rel=1e-9)


@given(TAILS, st.floats(1, 2_000))
def test_student_quantiles_are_scipys(tail: float, freedom: float) -> None:
    """Nine digits, whatever the degrees of freedom."""
    expected = stats.t.isf(tail, freedom)
    assert student_quantile(tail, freedom) == pytest.approx(expected, rel=1e-8)


def test_student_quantiles_are_symmetric() -> None:
    """Half of the values lie below zero."""
    assert student_quantile(0.5, 7) == 0.0
    assert student_quantile(0.9, 7) == pytest.approx(-student_quantile(0.1, 7))


@given(
    st.floats(1e-6, 0.49),
    st.integers(1, 10**5),
    st.integers(1, 10**5),
    st.floats(0, 1),
)
def test_predictive_quantiles_are_scipys(
    tail: float, trials: int, known: int, share: float
) -> None:
    """The very count, unless SciPy's own tail there is the asked one to six digits."""
    hits = min(math.floor(share * known), known - 1)
    chance = stats.betabinom(trials, hits + 1, known - hits)
    found = predictive_quantile(tail, trials, hits, known)
    assert chance.sf(found) <= tail * (1 + 1e-6)
    if found:
        assert chance.sf(found - 1) > tail * (1 - 1e-6)


@given(st.integers(1, 200), st.integers(1, 2_000), st.integers(0, 5), st.data())
def test_predictive_tails_are_fishers(
    trials: int, known: int, hits: int, data: st.DataObject
) -> None:
    """A count beyond the quantile is one that Fisher's exact test finds at that level."""
    hits = min(hits, known - 1)
    count = data.draw(st.integers(0, min(trials, 8)))
    table = [[count, trials - count], [hits, known - hits]]
    level = stats.fisher_exact(table, alternative="greater").pvalue
    if 1e-11 <= level <= 0.4:
        assert predictive_quantile(level * 1.000001, trials, hits, known) < count
        assert predictive_quantile(level * 0.999, trials, hits, known) >= count


def test_what_all_rows_have_all_may_have() -> None:
    """Where nothing was without it, no count is too many."""
    assert predictive_quantile(0.01, 46, 100, 100) == 46


@given(st.floats(0.01, 50), st.integers(1, 30), st.integers(2, 400))
def test_variance_ratios_are_scipys(ratio: float, above: int, below: int) -> None:
    """Eight digits of the tail."""
    expected = stats.f.sf(ratio, above, below)
    assert variance_ratio_tail(ratio, above, below) == pytest.approx(
        expected, rel=1e-8, abs=1e-14
    )


@given(st.floats(0.1, 0.9), st.integers(5, 400))
def test_chi_square_quantiles_are_scipys_to_a_percent(
    tail: float, freedom: int
) -> None:
    """Good enough for how sure a deviation is."""
    expected = stats.chi2.isf(tail, freedom)
    assert chi_square_quantile(tail, freedom) == pytest.approx(expected, rel=0.01)
