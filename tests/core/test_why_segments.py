"""Worst segments: the planted one is found, and none where nothing is planted."""

import numpy as np
import polars as pl
import pytest

from driftline.core.reference import WINDOW
from driftline.core.why.conditions import Condition, all_hold
from driftline.core.why.segments import Side, worst_segments

COLUMNS = ["carrier", "hour", "distance", "noise"]


def side(rows: int, seed: int, planted: float = 0.0, everywhere: float = 0.0) -> Side:
    """Losses around 0.5; for UA from 17 h on, `planted` more."""
    rng = np.random.default_rng(seed)
    table = pl.DataFrame(
        {
            WINDOW: [f"d{n % 30}" for n in range(rows)],
            "carrier": rng.choice(["UA", "AA", "B6"], rows),
            "hour": rng.integers(5, 24, rows),
            "distance": rng.gamma(2, 400, rows),
            "noise": rng.normal(size=rows),
        }
    )
    bad = ((table["carrier"] == "UA") & (table["hour"] >= 17)).to_numpy()
    lost = rng.gamma(4, 0.125, rows) + planted * bad + everywhere
    return Side(table, lost, np.full(rows, 0.5))


def test_a_planted_segment_is_found_and_named():
    """The rows that lose more are described by the conditions that were planted."""
    [worst, *_] = worst_segments(side(8000, 0), side(3000, 1, planted=0.4), COLUMNS)

    assert worst.name == "carrier = UA and hour ≥ 17"
    assert worst.loss == pytest.approx(0.9, abs=0.05)
    assert worst.reference_loss == pytest.approx(0.5, abs=0.03)
    assert worst.share == pytest.approx(7 / 19 / 3, abs=0.03)
    assert worst.rows < 3000 * 0.2


@pytest.mark.parametrize("everywhere", [0.0, 0.3])
def test_nothing_planted_gives_no_segment(everywhere):
    """Chance gives none, and neither does a loss that is the same everywhere."""
    reference = side(8000, 0)

    found = [
        worst_segments(reference, side(1000, seed, everywhere=everywhere), COLUMNS)
        for seed in range(1, 41)
    ]

    assert sum(map(bool, found)) <= 2


def test_few_rows_tell_nothing():
    """With few labelled rows today no segment is looked for."""
    assert worst_segments(side(8000, 0), side(200, 1, planted=2), COLUMNS) == []


def test_a_missing_value_is_below_every_number_and_no_category():
    """A row is on exactly one side of a condition, whatever its value."""
    rows = pl.DataFrame({"x": [None, 1.0, 3.0], "c": [None, "A", "B"]})
    pairs = [
        (Condition("x", "≤", 2.0), Condition("x", ">", 2.0)),
        (Condition("c", "=", "A"), Condition("c", "≠", "A")),
    ]

    for one, other in pairs:
        assert (all_hold([one], rows) ^ all_hold([other], rows)).all()
    assert all_hold([Condition("x", "≤", 2.0)], rows).to_list() == [True, True, False]


def test_missing_values_do_not_stop_the_tree():
    """Columns with nulls, and one that the reference lacks, still give an answer."""
    current = side(2000, 1, planted=0.5)
    holes = current.rows.with_columns(
        pl.when(pl.int_range(2000) % 7 == 0).then(None).otherwise("hour").alias("hour"),
        new=pl.lit("x"),
    )

    found = worst_segments(
        side(8000, 0), Side(holes, current.lost, current.expected), [*COLUMNS, "new"]
    )

    assert found[0].name == "carrier = UA and hour ≥ 17"
