"""A load that came twice, told from rows that are alike for other reasons."""

from collections.abc import Sequence

import polars as pl
import pytest

from driftline.core.diagnosis import Day, Diagnosis, named
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference

DAYS, ROWS = 20, 100


def table(orders: Sequence[int]) -> pl.DataFrame:
    """Rows that are alike where their order is the same."""
    return pl.DataFrame({"order": orders, "half": [n // 2 for n in orders]})


def paired(pairs: int, rows: int = ROWS) -> pl.DataFrame:
    """So many rows, of which so many stand twice."""
    return table([*range(rows - pairs), *range(pairs)])


def said(
    rows: pl.DataFrame,
    pairs: int = 0,
    size: int = ROWS,
    repeats: float | None = None,
    before: Sequence[float] = (),
) -> Diagnosis | None:
    """What is said of a day after days of a size, with so many pairs.

    `repeats` is the share of its keys that repeat, and `before` that of the days'.
    """
    labels = [f"{n:02}" for n in range(DAYS)]
    known = paired(pairs, size)
    sample = pl.concat([known.with_columns(pl.lit(n).alias(WINDOW)) for n in labels])
    plan = Plan({})
    reference = Reference(
        plan,
        {label: Profile(size, {}, plan.digest) for label in labels},
        sample=sample,
        repeats=dict(zip(labels, before, strict=False)),
    )
    profile = Profile(rows.height, {}, plan.digest)
    day = Day(reference, sample, rows, profile, repeats=repeats)
    return named("duplicated_load")(day, "rows")


@pytest.mark.parametrize(("again", "named"), [(1, False), (5, True)])
def test_one_row_in_a_hundred_that_stands_twice_is_no_load(
    again: int, named: bool
) -> None:
    """Though no day had any."""
    assert (said(paired(again)) is not None) is named


@pytest.mark.parametrize(("pairs", "named"), [(14, False), (40, True)])
def test_rows_that_are_alike_by_nature_are_no_load(pairs: int, named: bool) -> None:
    """Three of a hundred stand twice every day: an eighth may, and a fourth was loaded."""
    found = said(paired(pairs, rows=ROWS + pairs), pairs=3)

    assert (found is not None) is named


def test_a_short_day_with_pairs_is_no_load() -> None:
    """Without the second rows too little of a day is left: they were drawn again."""
    assert said(paired(10, rows=70)) is None


def test_a_part_of_the_day_that_came_twice_is_a_load() -> None:
    """So many rows are no chance, though few of them are left."""
    found = said(paired(70, rows=140))

    assert found is not None
    assert found.share == pytest.approx(0.5)


def test_rows_that_stand_three_times_were_drawn_again() -> None:
    """A load that comes again makes pairs."""
    assert said(table([*range(80), *range(20), *range(10)])) is None


@pytest.mark.parametrize(
    ("repeats", "before", "named"),
    [
        (0.2, (0.0,) * DAYS, True),
        (0.01, (0.0,) * DAYS, False),  # a hundredth is nobody's bug
        (0.2, (0.15, 0.14) * (DAYS // 2), False),  # about as many repeat every day
        (0.2, (), False),  # nobody has counted before
        (None, (0.0,) * DAYS, False),  # nor now
    ],
)
def test_among_rows_that_are_alike_a_load_is_told_by_its_keys(
    repeats: float | None, before: tuple[float, ...], named: bool
) -> None:
    """By those that repeat more than usual, in rows that look alike."""
    found = said(paired(20), pairs=20, repeats=repeats, before=before)

    assert (found is not None) is named
    assert found is None or found.share == repeats


@pytest.mark.parametrize(("repeats", "named"), [(0.0, False), (None, True)])
def test_rows_that_have_their_own_keys_were_not_loaded_again(
    repeats: float | None, named: bool
) -> None:
    """What one customer did five times in a second looks alike, and no day had it."""
    found = said(paired(5), repeats=repeats, before=(0.0,) * DAYS)

    assert (found is not None) is named


def test_keys_that_repeat_in_rows_that_differ_are_no_load() -> None:
    """Three in ten keys are there again, and one row in ten is."""
    assert (
        said(paired(20, rows=200), pairs=20, repeats=0.3, before=(0.0,) * DAYS) is None
    )


def test_one_pair_is_no_load_however_few_rows_there_are() -> None:
    """Two pairs of twenty rows are."""
    one, two = (said(paired(n, rows=20 + n), size=20) for n in (1, 2))

    assert one is None
    assert two is not None
