"""What the change of one column alone does to a model's score, or to its loss."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.bounds.tails import student_quantile
from driftline.core.reference import WINDOW
from driftline.core.why.cells import Cells, common_cells
from driftline.core.why.encoding import Array
from driftline.core.why.surrogate import Surrogate

Model = Callable[[pl.DataFrame], Array]
"""Gives a number per row: the registered model, a surrogate of it, or of its loss."""

Response = Callable[[str, pl.Series], Array]
"""Gives a mean over rows for each value, had the named column of all of them that one."""

Days = npt.NDArray[np.int64]

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


@dataclass(frozen=True, slots=True)
class Change:
    """A column's values on both sides in the same cells, and each reference row's day.

    `days` are numbered from 0; None where too few are known.
    """

    column: str
    cells: Cells
    days: Days | None


def change_of(column: str, reference: pl.DataFrame, current: pl.DataFrame) -> Change:
    """`reference` has its windows in the column `WINDOW`, if any are known."""
    cells = common_cells(reference[column], current[column])
    return Change(column, cells, _days(reference))


def effect_of(
    model: Model, column: str, reference: pl.DataFrame, current: pl.DataFrame
) -> Effect:
    """What the column's change alone does to the model's mean."""
    change = change_of(column, reference, current)
    return effect_on(response(model, reference), response(model, current), change)


def effect_on(before: Response, today: Response, change: Change) -> Effect:
    """What the change alone does to the mean of a model, by its response on either side.

    The response to each cell of the column (Friedman's partial dependence, 2001, section
    8.2) is weighted by the cells' shares on either side.
    """
    cells = change.cells
    old, new = cells.shares(cells.reference), cells.shares(cells.current)
    filled = np.flatnonzero(old + new)
    values, moved = cells.values.gather(filled), (new - old)[filled]
    means = np.zeros(len(old))
    means[filled] = before(change.column, values)
    forward = float(moved @ means[filled])
    backward = float(moved @ today(change.column, values))
    if change.days is None:
        return Effect(forward, backward)
    middle = (forward + backward) / 2
    away = _day_to_day(means[cells.reference], change.days)
    return Effect(forward, backward, middle - away, middle + away)


def response(model: Model, rows: pl.DataFrame) -> Response:
    """How the model's mean over some of these rows answers to a column of one value."""
    some = rows[:: max(rows.height // CONTEXT_ROWS, 1)]
    if not isinstance(model, Surrogate):
        return lambda column, values: _asked(model, some, column, values)
    coded = model.encoding(some)
    return lambda column, values: np.asarray(
        model.varied(coded, column, values).mean(axis=1)
    )


def _asked(model: Model, some: pl.DataFrame, column: str, values: pl.Series) -> Array:
    each = np.repeat(np.arange(len(values)), some.height)
    tried = pl.concat([some.drop(column)] * len(values)).with_columns(
        values.gather(each).alias(column)
    )
    means: Array = model(tried).reshape(len(values), some.height).mean(axis=1)
    return means


def _days(reference: pl.DataFrame) -> Days | None:
    if WINDOW not in reference.columns:
        return None
    days = reference[WINDOW].rank("dense").to_numpy().astype(np.int64) - 1
    return days if int(days.max(initial=-1)) + 1 >= FEW_DAYS else None


def _day_to_day(means: Array, days: Days) -> float:
    """How far a day of the reference may be from its mean: 95 % prediction interval."""
    of_days = np.bincount(days, means) / np.bincount(days)
    reach = student_quantile(0.025, len(of_days) - 1)
    return reach * float(of_days.std(ddof=1)) * math.sqrt(1 + 1 / len(of_days))
