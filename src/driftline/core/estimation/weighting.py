"""Importance weighting: the reference's labelled rows, counted as today has rows like them.

What a row's label depends on besides the score (or the predicted error) shows where
today has more rows of a kind. Weights are raked: multiplied, column by column, until
the weighted reference has today's share in every cell of every column, which is the
density ratio of least information (Deming and Stephan, 1940). No classifier is fitted.

Constants without another source are judgements. Half or twice of each changed the error of
estimates on flights by less than a fifteenth, up or down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from driftline.core.estimation.outcomes import Rows
from driftline.core.joint.coding import Codes, Coding, codings
from driftline.core.performance._metric import Labelled
from driftline.core.profiles.plan import ColumnPlan

Vector = NDArray[np.float64]

MOST_ROWS = 2000
"""Labelled reference rows that are weighted."""

DRAWN = 2000
"""Rows that a metric is measured on, drawn evenly by weight."""

STEPS = 3
"""Passes over all columns: shares are near today's after the third."""

DRAWN_TO = 30.0
"""Rows of the reference's own shares that are added to today's: few rows say little."""

MOST_WEIGHT = 20.0
"""No row counts for more than so many, or less than one in so many."""

MOST_PART = 0.5
"""The plain estimate keeps half: it follows theory where the reference has no rows."""

DOUBTED = 0.5
"""How large a part of the weighted estimate is thought to be worth having, unseen."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """Labelled rows of the reference with the cells that they are in."""

    codings: tuple[Coding, ...]
    codes: tuple[Codes, ...]
    rows: Rows

    def cells(self, table: pl.DataFrame) -> list[Codes | None]:
        """The cells of a table's rows, column by column; None where it lacks one."""
        return [coding.codes(table) for coding in self.codings]

    def like(
        self, day: Sequence[Codes | None], leave_out: NDArray[np.bool_] | None = None
    ) -> Labelled:
        """The reference's rows as they would be drawn from a day with these cells."""
        weights = np.ones(len(self.rows))
        if leave_out is not None:
            weights[leave_out] = 0.0
        pairs = [
            (coding.cells, own, found)
            for coding, own, found in zip(self.codings, self.codes, day, strict=True)
            if found is not None
        ]
        for _ in range(STEPS):
            for cells, own, found in pairs:
                weights = _raked(weights, cells, own, found)
        ends = np.cumsum(weights) / weights.sum()
        places = np.searchsorted(ends, (np.arange(DRAWN) + 0.5) / DRAWN)
        return _labelled(self.rows, np.minimum(places, len(weights) - 1))


def learn_weighting(
    rows: Rows, plans: Mapping[str, ColumnPlan], columns: Sequence[str]
) -> Weighting | None:
    """The reference's labelled rows, some of them; None without a column to weight by."""
    kept = np.zeros(len(rows), dtype=bool)
    kept[np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(int)] = True
    some = rows.take(kept)
    present = [name for name in columns if name in some.features.columns]
    found = [
        (coding, codes)
        for coding in codings(some.features, dict(plans), present)
        if (codes := coding.codes(some.features)) is not None
    ]
    if not found:
        return None
    return Weighting(tuple(c for c, _ in found), tuple(n for _, n in found), some)


def blend(plain: Vector, weighted: Vector, realised: Vector) -> float:
    """How much of the weighted estimate beside the plain one did best, 0 to a half.

    Least squares of what was realised, drawn towards 0: where neither says anything of a
    day the plain one stays, and never more than half: rows that the reference has none
    like cannot be weighted.
    """
    plain, weighted, realised = (x - x.mean() for x in (plain, weighted, realised))
    apart, rest = weighted - plain, realised - plain
    noise = float(np.square(rest).mean())
    power = float(np.square(apart).sum())
    part = float((apart * rest).sum()) / max(power + noise / DOUBTED**2, 1e-12)
    return min(max(part, 0.0), MOST_PART)


def _raked(weights: Vector, cells: int, own: Codes, found: Codes) -> Vector:
    """Weights by which this column has today's shares, none of them out of bounds."""
    usual = np.bincount(own, minlength=cells) / len(own)
    wanted = np.bincount(found, minlength=cells) + DRAWN_TO * usual
    wanted = wanted / wanted.sum()
    now = np.bincount(own, weights, minlength=cells) / weights.sum()
    factor = np.divide(wanted, now, out=np.ones(cells), where=now > 0)
    moved = weights * factor[own]
    mean = moved[moved > 0].mean()
    bounded = np.clip(moved, mean / MOST_WEIGHT, mean * MOST_WEIGHT)
    return np.where(moved > 0, bounded, 0.0)


def _labelled(rows: Rows, places: NDArray[np.intp]) -> Labelled:
    columns = rows.columns
    score = columns["score"].to_numpy()[places] if "score" in columns.columns else None
    truth, predicted = columns["truth"].to_numpy(), columns["predicted"].to_numpy()
    return Labelled(truth[places], predicted[places], score, rows.classes)
