"""The quantiles that bounds are made of, against SciPy's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.core.bounds.tails import (
    binomial_quantile,
    chi_square_quantile,
    normal_quantile,
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
    st.floats(1e-10, 0.49),
    st.integers(1, 10**8),
    st.floats(1e-9, 1 - 1e-9),
)
def test_binomial_quantiles_are_scipys(tail: float, trials: int, share: float) -> None:
    """The very count, unless SciPy's own tail there is the asked one to eight digits."""
    found = binomial_quantile(tail, trials, share)
    assert stats.binom.sf(found, trials, share) <= tail * (1 + 1e-8)
    if found:
        assert stats.binom.sf(found - 1, trials, share) > tail * (1 - 1e-8)


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
