"""A change is dated from the values window by window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.why.change_point import change_point


@pytest.mark.parametrize(("ago", "shift"), [(1, 5), (2, 4), (5, 3), (20, 3)])
def test_a_planted_change_is_dated(ago, shift):
    """A shift that is seen is dated within a window, and the interval has the window."""
    hits = inside = 0
    for seed in range(100):
        series = np.random.default_rng(seed).normal(size=40)
        series[-ago:] += shift
        found = change_point(series.tolist())
        assert found is not None
        hits += abs(found.index - (40 - ago)) <= 1
        inside += found.earliest <= 40 - ago <= found.latest

    assert hits >= 85
    assert inside >= 90


def test_one_mad_day_long_ago_is_not_the_start():
    """Only what lasts until today counts."""
    assert change_point([0, 1000, 0, 0, 0, 0, 0, 0, 4, 4, 4]).index == 8


def test_an_ordinary_series_has_no_change():
    """Deviations that cancel give none, and no window at all gives none."""
    assert change_point([0.5, -0.5, 0.3, -0.2, 0.1]) is None
    assert change_point([]) is None


@given(st.lists(st.floats(-1e9, 1e9), max_size=50))
def test_the_estimate_lies_in_its_interval(series):
    """Whatever the values, the estimate is a window of the series within the interval."""
    found = change_point(series)

    if found is not None:
        assert 0 <= found.earliest <= found.index <= found.latest < len(series)
