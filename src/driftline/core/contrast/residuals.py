"""What the model got wrong, row by row: with its sign, and without."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.labels.labelled import align
from driftline.core.performance._metric import Unmeasured
from driftline.core.roles import Roles, Task

Array = npt.NDArray[np.float64]

LEAST_CHANCE = 1e-3
"""A score is taken to leave this much open: one of 0 has no odds."""

STEPS = 30
"""Steps of Newton's method at most; a day takes about five."""


@dataclass(frozen=True, slots=True)
class Residuals:
    """One kind of them: NaN for rows without a label or a usable prediction.

    `weight` is the mean of what an effect of 1 moves a row by: where outcomes are sure,
    what happens to a group in log odds hardly moves them.
    """

    values: Array
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Per row the truth and what was said, NaN where there is none.

    A score in [0, 1] is what was said of a binary task, which then is `scored`; else it
    is the class itself.
    """

    task: Task
    truth: Array
    said: Array
    scored: bool = False

    def part(self, rows: slice) -> "Outcomes":
        """Some of the rows."""
        return replace(self, truth=self.truth[rows], said=self.said[rows])

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """The rows that have both."""
        return np.isfinite(self.truth) & np.isfinite(self.said)

    def losses(self) -> Array:
        """Each row's loss: squared for a score, absolute for a value, or its wrongness."""
        apart = self.truth - self.said
        match self.task:
            case Task.MULTICLASS:
                return np.where(self.known, apart != 0, np.nan)
            case Task.BINARY:
                return np.square(apart)
            case Task.REGRESSION:
                return np.abs(apart)

    def residuals(self) -> dict[str, Residuals]:
        """Of one window's rows: `bias`, truth less what was said, and `error`, how wrong.

        Of several classes only the error is known. Regression is in units of the label.
        The squared error of a score is counted beyond what the score itself expects, so
        that rows that are hard to tell do not count as wrong, and the score is first
        moved to what the window did to all rows: on a punctual day all the rest are
        sure, and few late ones tell. Bias of a score is in log odds.
        """
        if self.task is Task.MULTICLASS:
            return {"error": Residuals(self.losses())}
        if self.task is Task.REGRESSION:
            return {
                "bias": Residuals(self.truth - self.said),
                "error": Residuals(self.losses()),
            }
        said = shared(self.truth, self.said) if self.scored else self.said
        apart = self.truth - said
        # (truth - said)² less its expectation said (1 - said), truth being 0 or 1
        error = Residuals(apart * (1 - 2 * said))
        return {"bias": Residuals(apart, self._weight(said)), "error": error}

    def _weight(self, said: Array) -> float:
        """By how much log odds move a row's chance: 1 where classes are all that was said."""
        moved = (said * (1 - said))[self.known]
        if not (self.scored and moved.size):
            return 1.0
        return max(float(moved.mean()), LEAST_CHANCE)


def shared(truth: Array, said: Array) -> Array:
    """The scores, with as much added to all log odds as makes their mean the truth's.

    One row more has what was expected of it, so that a day without a single positive
    says no more than it knows. What the mean of all rows tells, no group is blamed for.

    >>> shared(np.array([1.0, 1.0, 0.0]), np.array([0.2, 0.2, 0.2])).round(2).tolist()
    [0.55, 0.55, 0.55]
    """
    known = np.isfinite(truth) & np.isfinite(said)
    if not known.any():
        return said
    odds = _log_odds(said)
    among, rows = odds[known], int(known.sum())
    wanted = (truth[known].sum() + said[known].mean()) / (rows + 1)
    moved = 0.0
    for _ in range(STEPS):
        found = _chance(among + moved)
        slope = max(float((found * (1 - found)).mean()), 1e-9)
        step = float(np.clip((wanted - found.mean()) / slope, -1, 1))
        moved += step
        if abs(step) < 1e-9:
            break
    return _chance(odds + moved)


def _log_odds(chance: Array) -> Array:
    held = np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE)
    found: Array = np.log(held / (1 - held))
    return found


def _chance(log_odds: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-log_odds))
    return found


def outcomes(table: pl.DataFrame, roles: Roles) -> Outcomes | None:
    """What came of the table's rows; None where none can be read."""
    aligned = align(table, roles)
    if isinstance(aligned, Unmeasured):
        return None
    columns = aligned.columns
    truth, said = _numbers(columns["truth"]), _numbers(columns["predicted"])
    if roles.task is Task.BINARY and "score" in columns.columns:
        score = _numbers(columns["score"])
        if not (np.nanmax(score, initial=0) > 1 or np.nanmin(score, initial=0) < 0):
            return Outcomes(roles.task, truth, score, scored=True)
    return Outcomes(roles.task, truth, said)


def _numbers(column: pl.Series) -> Array:
    found: Array = column.cast(pl.Float64).to_numpy()
    return found
