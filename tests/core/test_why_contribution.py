"""What one column's change alone does to a mean is found from rows and a model."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from driftline.core.finding import (
    DIAGNOSIS,
    Bounds,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.reference import WINDOW
from driftline.core.why.cells import common_cells
from driftline.core.why.contribution import effect_of
from driftline.core.why.ranking import changed_columns


def rows_of(seed: int, days: int = 20, **shift: float) -> pl.DataFrame:
    """Two independent normal columns and a carrier; every day has its own level of `a`."""
    rng = np.random.default_rng(seed)
    count = days * 100
    level = np.repeat(rng.normal(scale=0.1, size=days), 100)
    return pl.DataFrame(
        {
            WINDOW: np.repeat([f"d{n:02}" for n in range(days)], 100),
            "a": rng.normal(size=count) + level + shift.get("a", 0.0),
            "b": rng.normal(size=count) + shift.get("b", 0.0),
            "carrier": rng.choice(["UA", "AA"], count, p=[0.5, 0.5]),
        }
    )


def score(rows: pl.DataFrame) -> np.ndarray:
    late = (rows["carrier"] == "UA").fill_null(False).to_numpy()
    a, b = (rows[name].fill_null(0.0).to_numpy() for name in "ab")
    return 3 * a + 0.5 * b + 1.0 * late


def test_each_column_is_charged_with_what_it_did():
    """A linear score moves by coefficient times shift, whichever other column moved too."""
    reference, current = rows_of(0), rows_of(1, days=10, a=1.0, b=1.0)

    a = effect_of(score, "a", reference, current)
    b = effect_of(score, "b", reference, current)
    none = effect_of(score, "carrier", reference, current)

    assert a.value == pytest.approx(3.0, abs=0.35)
    assert b.value == pytest.approx(0.5, abs=0.1)
    assert none.value == pytest.approx(0.0, abs=0.05)
    assert a.is_clear
    assert b.is_clear
    assert not none.is_clear


def test_a_change_as_large_as_a_day_makes_is_not_clear():
    """The interval is as wide as the reference's days differ."""
    reference = rows_of(0)
    ordinary = reference.filter(pl.col(WINDOW) == "d03")

    found = effect_of(score, "a", reference, ordinary)

    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < 0 < found.upper
    assert not found.is_clear


def test_categories_and_missing_values_have_effects_too():
    """All UA costs half a point; all missing takes away what the column gave."""
    reference = rows_of(0)
    united = rows_of(1).with_columns(carrier=pl.lit("UA"))
    empty = rows_of(1).with_columns(carrier=pl.lit(None, pl.String))

    assert effect_of(score, "carrier", reference, united).value == pytest.approx(
        0.5, abs=0.05
    )
    assert effect_of(score, "carrier", reference, empty).value == pytest.approx(
        -0.5, abs=0.05
    )


def test_both_ways_differ_where_columns_act_together():
    """Of an interaction, the forward change holds the other column as it was."""

    def product(rows: pl.DataFrame) -> np.ndarray:
        return (rows["a"] * rows["b"]).to_numpy()

    reference, current = rows_of(0), rows_of(1, a=1.0, b=1.0)

    found = effect_of(product, "a", reference, current)

    assert found.forward == pytest.approx(0.0, abs=0.25)
    assert found.backward == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([1.0, None], [None, None]),
        ([None, None], [None]),
        ([True, False], [None, True]),
        (["a"], [None]),
        ([None], ["b"]),
        (list(range(100)), [1000]),
        ([1, 2, 3], ["x", "2", None]),
    ],
)
def test_every_value_has_a_cell(old, new):
    """Whatever the columns hold, each row is in one cell and each cell has one value."""
    cells = common_cells(pl.Series(old), pl.Series(new))

    count = len(cells.values)
    assert len(cells.reference) == len(old)
    assert len(cells.current) == len(new)
    assert max(*cells.reference, *cells.current) < count
    assert cells.shares(cells.current).sum() == pytest.approx(1)
    missing = [value is None for value in old]
    assert [place == count - 1 for place in cells.reference] == missing


def test_times_keep_their_type():
    """What stands for a cell of dates is a date."""
    days = pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 3, 1), eager=True)

    cells = common_cells(days, days)

    assert cells.values.dtype == pl.Date
    assert cells.values.drop_nulls().is_between(days[0], days[-1]).all()


def finding(subject: str, value: float | None, usual: float, **more) -> Finding:
    role = more.pop("role", "feature")
    return Finding(
        Topic.DRIFT,
        subject,
        more.pop("statistic", "psi"),
        Outcome.BREACHED,
        Severity.WARNING,
        "",
        value,
        more.pop("bounds", Bounds(upper=0.2)),
        evidence={"usual": usual, "role": role},
    )


def test_columns_are_ranked_by_how_far_beyond_their_usual_days_they_are():
    """A rate that is always near its bound is less of a surprise; outputs are no causes."""
    findings = [
        finding("near", 0.3, usual=0.15),
        finding("far", 0.3, usual=0.18),
        finding("near", 0.21, usual=0.0, statistic="null_rate"),
        finding("score", 0.9, usual=0.0, role="prediction"),
        finding("gone", None, usual=0.0, bounds=Bounds()),
        finding("below", 0.1, usual=0.5, bounds=Bounds(lower=0.45, upper=0.6)),
    ]

    assert changed_columns(findings) == ["gone", "below", "far", "near"]


def test_a_column_with_a_diagnosis_is_the_likeliest_cause():
    """A change that an undo explains stands before one that only moved far."""
    found = [
        finding("far", 9.0, usual=0.1),
        replace(finding("unit", 0.9, usual=0.0, statistic=DIAGNOSIS), bounds=Bounds()),
    ]

    assert changed_columns(found) == ["unit", "far"]
