"""Columns of days put together, taken apart and drawn by chance."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from driftline.core.drift._cells import cells
from driftline.core.plan import ColumnPlan, Kind
from driftline.core.profile import ColumnProfile, summed


def sum_of(parts: list[ColumnProfile]) -> ColumnProfile:
    """The column over all parts; no rows for no part."""
    return summed(parts) if parts else ColumnProfile(0)


def drawn(
    column: ColumnProfile, plan: ColumnPlan, rows: int, rng: np.random.Generator
) -> ColumnProfile:
    """A column of so many rows as chance would draw them from this one.

    Bins, categories and missing rows are drawn; extremes and moments stay in proportion.
    """
    return draws(column, plan, rows, rng, 1)[0]


def draws(
    column: ColumnProfile,
    plan: ColumnPlan,
    rows: int,
    rng: np.random.Generator,
    times: int,
) -> list[ColumnProfile]:
    """What `drawn` gives so many times."""
    counted = cells(column, plan)
    if not counted.sum() or not rows:
        return [replace(column, rows=rows)] * times
    drawn_cells = rng.multinomial(rows, counted / counted.sum(), size=times)
    made = [_as_counted(column, plan, rows, found) for found in drawn_cells.tolist()]
    return [_with_off_grid(day, column, rng) for day in made]


def _with_off_grid(
    day: ColumnProfile, column: ColumnProfile, rng: np.random.Generator
) -> ColumnProfile:
    if not column.off_grid:
        return day
    share = min(column.off_grid / column.finite, 1.0) if column.finite > 0 else 0.0
    return replace(day, off_grid=int(rng.binomial(max(day.finite, 0), share)))


def _as_counted(
    column: ColumnProfile, plan: ColumnPlan, rows: int, counts: list[int]
) -> ColumnProfile:
    categorical = plan.kind is Kind.CATEGORICAL
    share = rows / max(column.rows, 1)
    return replace(
        column,
        rows=rows,
        bins=() if categorical else tuple(counts[:-3]),
        counts=dict(zip(plan.categories, counts, strict=False))
        if categorical
        else None,
        infinities=counts[-3],
        unseen=counts[-2],
        nulls=counts[-1],
        nans=0,
        total=column.total * share,
        squares=column.squares * share,
    )


def others(total: ColumnProfile, days: list[ColumnProfile]) -> list[ColumnProfile]:
    """For every day, all the others: the total less the day."""
    least = sorted(d.minimum for d in days if d.minimum is not None)
    most = sorted((d.maximum for d in days if d.maximum is not None), reverse=True)
    return [_less(total, day, least, most) for day in days]


def _less(
    total: ColumnProfile, day: ColumnProfile, least: list[float], most: list[float]
) -> ColumnProfile:
    counts = None
    if total.counts is not None:
        mine: Mapping[str, int] = day.counts or {}
        counts = {value: n - mine.get(value, 0) for value, n in total.counts.items()}
    bins = zip(total.bins, day.bins or (0,) * len(total.bins), strict=True)
    return replace(
        total,
        rows=total.rows - day.rows,
        nulls=total.nulls - day.nulls,
        nans=total.nans - day.nans,
        infinities=total.infinities - day.infinities,
        minimum=_other(least, day.minimum),
        maximum=_other(most, day.maximum),
        total=total.total - day.total,
        squares=total.squares - day.squares,
        bins=tuple(a - b for a, b in bins),
        off_grid=total.off_grid - day.off_grid,
        counts=counts,
        unseen=total.unseen - day.unseen,
    )


def _other(ordered: list[float], mine: float | None) -> float | None:
    """The first of the other days' extremes."""
    if mine is None:
        return ordered[0] if ordered else None
    first = 1 if ordered[0] == mine else 0
    return ordered[first] if first < len(ordered) else None
