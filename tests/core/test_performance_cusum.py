"""The CUSUM, its stated run length, and what it does with single bad days."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.bounds.cusum import accumulate, expected_run_length, threshold_for


def simulated_run_length(threshold: float, shift: float, runs: int = 400) -> float:
    """Windows until the sum crosses, averaged over independent normal series."""
    rng = np.random.default_rng(5)
    lengths = []
    for _ in range(runs):
        value, length = 0.0, 0
        while value < threshold:
            value = max(0.0, value + rng.normal(shift) - 0.5)
            length += 1
        lengths.append(length)
    return float(np.mean(lengths))


@pytest.mark.parametrize(
    ("threshold", "shift"), [(4.0, 0.0), (3.0, 0.0), (4.0, 1.0), (4.0, 0.5)]
)
def test_run_length_is_what_simulation_gives(threshold: float, shift: float) -> None:
    """Siegmund's formula is within a fifth of the simulated mean."""
    stated = expected_run_length(threshold, shift=shift)
    assert simulated_run_length(threshold, shift) == pytest.approx(stated, rel=0.2)


@pytest.mark.parametrize(("threshold", "published"), [(4.0, 336), (5.0, 930)])
def test_run_length_agrees_with_published_tables(
    threshold: float, published: float
) -> None:
    """Siegmund's formula is within 2 % of the exact values for k = 0.5."""
    assert expected_run_length(threshold) == pytest.approx(published, rel=0.02)


@given(st.floats(10.0, 1e6))
def test_threshold_is_the_inverse_of_the_run_length(run_length: float) -> None:
    """The threshold for a run length has that run length."""
    found = expected_run_length(threshold_for(run_length))
    assert found == pytest.approx(run_length, rel=1e-6)


@given(st.lists(st.floats(-20, 20), max_size=40))
def test_sum_is_bounded_and_knows_its_start(shortfalls: list[float]) -> None:
    """The sum stays in [0, ceiling]; the part after `since` alone gives the same sum."""
    found = accumulate(shortfalls, loudest=3.0, ceiling=6.0)
    assert 0 <= found.value <= 6
    if found.since is None:
        assert found.value == 0
    else:
        tail = accumulate(shortfalls[found.since :], loudest=3.0, ceiling=6.0)
        assert tail.value == pytest.approx(found.value)


def test_one_mad_day_counts_no_more_than_a_loud_one() -> None:
    """A winsorised sum takes from each day at most the loudest shortfall."""
    assert accumulate([50.0], loudest=3.0).value == 2.5
    assert accumulate([50.0, 50.0], loudest=3.0).value == 5.0
