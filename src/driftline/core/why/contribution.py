"""What the change of one column alone does to a model's score, or to its loss."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from driftline.core.bounds.tails import student_quantile
from driftline.core.reference import WINDOW
from driftline.core.why.cells import Cells, common_cells
from driftline.core.why.encoding import Array
from driftline.core.why.surrogate import Surrogate

Model = Callable[[pl.DataFrame], Array]
"""Gives a number per row: the registered model, a surrogate of it, or of its loss."""

CONTEXT_ROWS = 200
"""Rows whose other columns stay as they are while one column is changed."""

FEW_DAYS = 3
"""Fewer reference days give no interval."""


@dataclass(frozen=True, slots=True)
class Effect:
    """By how much a mean moves when one column takes today's distribution.

    `forward` is the reference's rows with today's column, `backward` what today's rows
    lose with the reference's column; `value` lies between. `lower` to `upper` is what the
    value may be given how the column differs between days of the reference, at 95 %;
    None with too few days.
    """

    forward: float
    backward: float
    lower: float | None = None
    upper: float | None = None

    @property
    def value(self) -> float:
        """The mean of both ways: Shapley's value of the column against all others."""
        return (self.forward + self.backward) / 2

    @property
    def is_clear(self) -> bool:
        """Whether no ordinary day of the column does as much."""
        if self.lower is None or self.upper is None:
            return False
        return self.lower > 0 or self.upper < 0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "value": self.value,
            "forward": self.forward,
            "backward": self.backward,
            "lower": self.lower,
            "upper": self.upper,
        }


def effect_of(
    model: Model, column: str, reference: pl.DataFrame, current: pl.DataFrame
) -> Effect:
    """What the column's change alone does to the model's mean.

    The model's response to each cell of the column (Friedman's partial dependence, 2001,
    section 8.2) is weighted by the cells' shares on either side. `reference` has its
    windows in the column `WINDOW`, if any are known.
    """
    cells = common_cells(reference[column], current[column])
    old, new = cells.shares(cells.reference), cells.shares(cells.current)
    filled = np.flatnonzero(old + new)
    values, moved = cells.values.gather(filled), (new - old)[filled]
    response = np.zeros(len(old))
    response[filled] = _response(model, column, values, reference)
    forward = float(moved @ response[filled])
    backward = float(moved @ _response(model, column, values, current))
    away = _day_to_day(cells, response, reference)
    if away is None:
        return Effect(forward, backward)
    middle = (forward + backward) / 2
    return Effect(forward, backward, middle - away, middle + away)


def _response(
    model: Model, column: str, values: pl.Series, rows: pl.DataFrame
) -> Array:
    """The mean over some rows, had they all the one value, for each value."""
    some = rows[:: max(rows.height // CONTEXT_ROWS, 1)]
    if isinstance(model, Surrogate):
        return np.asarray(model.varied(some, column, values).mean(axis=1))
    each = np.repeat(np.arange(len(values)), some.height)
    tried = pl.concat([some.drop(column)] * len(values)).with_columns(
        values.gather(each).alias(column)
    )
    means: Array = model(tried).reshape(len(values), some.height).mean(axis=1)
    return means


def _day_to_day(cells: Cells, response: Array, reference: pl.DataFrame) -> float | None:
    """How far a day of the reference may be from its mean: 95 % prediction interval."""
    if WINDOW not in reference.columns:
        return None
    days = reference[WINDOW].rank("dense").to_numpy().astype(np.int64) - 1
    count = int(days.max(initial=-1)) + 1
    if count < FEW_DAYS:
        return None
    of_rows = response[cells.reference]
    means = np.bincount(days, of_rows) / np.bincount(days)
    reach = student_quantile(0.025, count - 1)
    return reach * float(means.std(ddof=1)) * math.sqrt(1 + 1 / count)
