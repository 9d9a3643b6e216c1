"""Repeats of many rows are estimated from a class of them, wherever they are counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.adapters.engines import _repeats
from driftline.adapters.engines._repeats import LIMIT, Repeats, together

RNG = np.random.default_rng(8)


def part(hashes: np.ndarray) -> Repeats:
    return Repeats(hashes.size, hashes.size, 1, hashes)


def drawn(rows: int) -> np.ndarray:
    return RNG.integers(0, 2**64, rows, dtype=np.uint64)


@settings(max_examples=50)
@given(st.lists(st.integers(0, 40), max_size=200), st.randoms())
def test_the_order_of_parts_does_not_show(values, random) -> None:
    """The classes kept depend on the rows alone."""
    hashes = [np.array([value], dtype=np.uint64) for value in values]
    shuffled = list(hashes)
    random.shuffle(shuffled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_repeats, "LIMIT", 10)
        one, other = (together(map(part, order)) for order in (hashes, shuffled))
        whole = together([part(np.concatenate(hashes))] if hashes else [])
    assert one.share == other.share == whole.share
    assert one.classes == other.classes == whole.classes
    assert one.hashes.size <= 10


@pytest.mark.parametrize("share", [0.0, 0.002, 0.05, 0.5])
def test_a_share_beyond_the_limit_is_near(share: float) -> None:
    """Three million rows, of which so many came twice."""
    rows = 3_000_000
    once = drawn(int(rows * (1 - share)))
    again = once[: rows - once.size]
    found = together(map(part, np.array_split(np.concatenate([once, again]), 7)))
    assert found.hashes.size <= LIMIT
    assert found.share == pytest.approx(share, abs=0.1 * share)


@pytest.mark.parametrize("value", [8, 9])
def test_one_row_that_fills_a_fifth_is_seen_in_any_class(value: int) -> None:
    """Whether or not its hash is kept, to a fraction of a percent."""
    filled = np.full(400_000, value, dtype=np.uint64)
    found = together([part(drawn(1_600_000)), part(filled)])
    assert found.share == pytest.approx(0.2, abs=0.005)
    assert together([part(filled)] * 2).share == pytest.approx(1.0, abs=1e-5)
