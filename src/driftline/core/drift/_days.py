"""A column on many days: put together, taken apart and drawn by chance, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from driftline.core.drift._cells import Array, bodies
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile, summed

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Days:
    """One column on some days: every field has an entry per day.

    `body` has a row per day, of bins or categories. `minimum` and `maximum` are NaN on
    days without a value. What has no field here is as in `like`.
    """

    plan: ColumnPlan
    like: Sequence[ColumnProfile]
    rows: Counts
    nulls: Counts
    nans: Counts
    infinities: Counts
    unseen: Counts
    off_grid: Counts
    minimum: Array
    maximum: Array
    total: Array
    squares: Array
    body: Array

    @property
    def missing(self) -> Counts:
        """Rows without a usable value: null or NaN."""
        return self.nulls + self.nans

    @property
    def finite(self) -> Counts:
        """Rows that the bins and moments count."""
        return self.rows - self.nulls - self.nans - self.infinities

    @property
    def cells(self) -> Array:
        """Rows per cell, as `_cells.cells` orders them."""
        rest = np.stack([self.infinities, self.unseen, self.missing], axis=1)
        return np.concatenate([self.body, rest], axis=1)

    @property
    def shares(self) -> Array:
        """Share of a day's rows per cell; NaN throughout on a day without a row."""
        counted = self.cells
        return ratio(counted, counted.sum(axis=1, keepdims=True))

    def columns(self) -> list[ColumnProfile]:
        """Every day as a profile of its own."""
        fields = (self.rows, self.nulls, self.nans, self.infinities, self.unseen)
        sums = (self.off_grid, self.total, self.squares, self.minimum, self.maximum)
        numbers = zip(*(field.tolist() for field in (*fields, *sums)), strict=True)
        counted = self.body.astype(np.int64).tolist()
        return [
            _column(like, self.plan, found, cells_)
            for like, found, cells_ in zip(self.like, numbers, counted, strict=True)
        ]


def _column(
    like: ColumnProfile, plan: ColumnPlan, numbers: Sequence[float], counts: list[int]
) -> ColumnProfile:
    rows, nulls, nans, infinities, unseen, off_grid, total, squares, low, high = numbers
    categorical = plan.kind is Kind.CATEGORICAL
    return replace(
        like,
        rows=int(rows),
        nulls=int(nulls),
        nans=int(nans),
        infinities=int(infinities),
        unseen=int(unseen),
        off_grid=int(off_grid),
        total=total,
        squares=squares,
        minimum=None if np.isnan(low) else low,
        maximum=None if np.isnan(high) else high,
        bins=tuple(counts) if plan.kind is Kind.NUMERIC else like.bins,
        counts=dict(zip(plan.categories, counts, strict=True)) if categorical else None,
    )


def stacked(columns: Sequence[ColumnProfile], plan: ColumnPlan) -> Days:
    """At least one day's column, side by side."""
    return Days(
        plan,
        columns,
        rows=np.array([c.rows for c in columns]),
        nulls=np.array([c.nulls for c in columns]),
        nans=np.array([c.nans for c in columns]),
        infinities=np.array([c.infinities for c in columns]),
        unseen=np.array([c.unseen for c in columns]),
        off_grid=np.array([c.off_grid for c in columns]),
        minimum=np.array([c.minimum for c in columns], dtype=np.float64),
        maximum=np.array([c.maximum for c in columns], dtype=np.float64),
        total=np.array([c.total for c in columns]),
        squares=np.array([c.squares for c in columns]),
        body=bodies(columns, plan),
    )


def ratio(above: npt.ArrayLike, below: npt.ArrayLike) -> Array:
    """One over the other; NaN where the lower one is not above 0."""
    held = np.where(np.asarray(below) > 0, below, np.nan)
    return np.asarray(np.asarray(above) / held)


def sum_of(parts: Sequence[ColumnProfile]) -> ColumnProfile:
    """The column over all parts; no rows for no part."""
    return summed(parts) if parts else ColumnProfile(0)


def drawn(
    column: ColumnProfile, plan: ColumnPlan, rows: int, rng: np.random.Generator
) -> ColumnProfile:
    """A column of so many rows as chance would draw them from this one.

    Bins, categories and missing rows are drawn; extremes and moments stay in proportion.
    """
    return draws(stacked([column], plan), rows, rng, 1).columns()[0]


def draws(column: Days, rows: int, rng: np.random.Generator, times: int) -> Days:
    """What `drawn` gives of a single day, so many times."""
    cells = column.cells[0]
    share = rows / max(int(column.rows[0]), 1)
    if not cells.sum() or not rows:
        found, share = np.tile(cells.astype(np.int64), (times, 1)), 1.0
    else:
        found = rng.multinomial(rows, cells / cells.sum(), size=times)
    none = np.zeros(times, dtype=np.int64)
    day = Days(
        column.plan,
        [column.like[0]] * times,
        rows=none + rows,
        nulls=found[:, -1],
        nans=none,
        infinities=found[:, -3],
        unseen=found[:, -2],
        off_grid=none + column.off_grid,
        minimum=none + column.minimum,
        maximum=none + column.maximum,
        total=none + column.total * share,
        squares=none + column.squares * share,
        body=found[:, :-3].astype(np.float64),
    )
    return _with_off_grid(day, column, rng)


def _with_off_grid(day: Days, column: Days, rng: np.random.Generator) -> Days:
    off, finite = int(column.off_grid[0]), int(column.finite[0])
    if not off:
        return day
    share = min(off / finite, 1.0) if finite > 0 else 0.0
    return replace(day, off_grid=rng.binomial(np.maximum(day.finite, 0), share))


def others(whole: Days, days: Days) -> Days:
    """For every day, all the others: the whole, as a single day, less the day."""
    with np.errstate(invalid="ignore"):  # sums that have overflowed
        return Days(
            days.plan,
            [whole.like[0]] * len(days.rows),
            rows=whole.rows - days.rows,
            nulls=whole.nulls - days.nulls,
            nans=whole.nans - days.nans,
            infinities=whole.infinities - days.infinities,
            unseen=whole.unseen - days.unseen,
            off_grid=whole.off_grid - days.off_grid,
            minimum=_least_of_others(days.minimum),
            maximum=-_least_of_others(-days.maximum),
            total=whole.total - days.total,
            squares=whole.squares - days.squares,
            body=whole.body - days.body,
        )


def _least_of_others(values: Array) -> Array:
    """For every day the least of the other days' values; NaN where they have none."""
    first, second = np.sort(np.append(values, [np.nan, np.nan]))[:2]
    return np.asarray(np.where(values == first, second, first))
