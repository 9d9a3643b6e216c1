"""What the model got wrong, row by row: with its sign, and without."""

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.labels.labelled import align
from driftline.core.performance._metric import Unmeasured
from driftline.core.roles import Roles, Task

Array = npt.NDArray[np.float64]


def residuals(table: pl.DataFrame, roles: Roles) -> dict[str, Array]:
    """Per row: `bias`, truth less what was said, and `error`, how wrong it was.

    NaN for rows without a label or a usable prediction; empty where none can be read.
    A score in [0, 1] is what was said of a binary task, else the class itself. The
    squared error of a score is counted beyond what the score itself expects, so that
    rows that are hard to tell do not count as wrong. Of several classes only the error
    is known. Regression is in units of the label.
    """
    aligned = align(table, roles)
    if isinstance(aligned, Unmeasured):
        return {}
    columns = aligned.columns
    truth = _numbers(columns["truth"])
    said = _numbers(columns["predicted"])
    match roles.task:
        case Task.MULTICLASS:
            return {"error": _known(truth, said, (truth != said).astype(np.float64))}
        case Task.BINARY:
            if "score" in columns.columns:
                score = _numbers(columns["score"])
                if (
                    not np.nanmax(score, initial=0) > 1
                    and not np.nanmin(score, initial=0) < 0
                ):
                    said = score
            # (truth - said)² less its expectation said (1 - said), truth being 0 or 1
            return {"bias": truth - said, "error": (truth - said) * (1 - 2 * said)}
        case Task.REGRESSION:
            return {"bias": truth - said, "error": np.abs(truth - said)}


def _numbers(column: pl.Series) -> Array:
    found: Array = column.cast(pl.Float64).to_numpy()
    return found


def _known(truth: Array, said: Array, wrong: Array) -> Array:
    found: Array = np.where(np.isnan(truth) | np.isnan(said), np.nan, wrong)
    return found
