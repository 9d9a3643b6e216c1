"""What each row's prediction cost, once its label is there."""

import numpy as np
import polars as pl

from driftline.core.labels.labelled import align
from driftline.core.performance._metric import Unmeasured
from driftline.core.roles import Roles, Task
from driftline.core.why.encoding import Array

LEAST = 1e-3
"""Probabilities are kept so far from 0 and 1: no single row outweighs a thousand."""


def loss_name(table: pl.DataFrame, roles: Roles) -> str:
    """What `losses` is called."""
    if roles.task is Task.REGRESSION:
        return "absolute error"
    aligned = None if roles.label is None else align(table, roles)
    scored = not isinstance(aligned, Unmeasured | None) and "score" in aligned.columns
    return "log loss" if scored else "error rate"


def losses(table: pl.DataFrame, roles: Roles) -> Array:
    """The loss of each row, NaN where no label has arrived or none can be read.

    Log loss where a probability is logged, the absolute error of a value, and otherwise
    1 for a wrong class.

    >>> said = pl.DataFrame({"p": [1.0, 4.0, 2.0], "y": [1.5, 2.0, None]})
    >>> losses(said, Roles(Task.REGRESSION, "t", "p", label="y")).tolist()
    [0.5, 2.0, nan]
    """
    aligned = align(table, roles)
    if isinstance(aligned, Unmeasured):
        return np.full(table.height, np.nan)
    frame = aligned.columns.cast(pl.Float64)
    truth, said = frame["truth"].to_numpy(), frame["predicted"].to_numpy()
    if roles.task is Task.REGRESSION:
        lost = np.abs(truth - said)
    elif "score" in frame.columns:
        chance = np.clip(frame["score"].to_numpy(), LEAST, 1 - LEAST)
        lost = -np.log(np.where(truth == 1, chance, 1 - chance))
    else:
        lost = (truth != said).astype(float)
    return np.where(aligned.is_complete.to_numpy(), lost, np.nan)
