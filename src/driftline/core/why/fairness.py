"""Gaps between the groups of a sensitive column, with their intervals."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from driftline.core.bounds.tails import normal_quantile
from driftline.core.labels.labelled import Aligned, align, class_names
from driftline.core.performance._metric import Unmeasured
from driftline.core.roles import Roles, Task
from driftline.core.why.encoding import Array
from driftline.errors import DependencyMissing

LEAST_ROWS = 30
"""A group with fewer rows in a metric's denominator is not compared."""

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Group:
    """A metric's value on one group, and on how many rows. `deviation` is of one row."""

    name: str
    value: float
    rows: int
    deviation: float


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference of a metric between two groups that are large enough.

    `low` and `high` are the two groups; with fewer than two, `value` is None and `needed`
    the rows that the next largest group lacks.
    """

    metric: str
    groups: tuple[Group, ...]
    needed: int = 0

    @property
    def compared(self) -> tuple[Group, ...]:
        """The groups that are large enough, the least value first."""
        large = [group for group in self.groups if group.rows >= LEAST_ROWS]
        return tuple(sorted(large, key=lambda group: (group.value, group.name)))

    @property
    def value(self) -> float | None:
        """The difference, 0 and up."""
        large = self.compared
        return large[-1].value - large[0].value if len(large) > 1 else None

    @property
    def chance(self) -> float:
        """The standard error of the difference if the two groups were alike."""
        low, high = self.compared[0], self.compared[-1]
        if self.metric == "mae":
            noise = [g.deviation**2 / g.rows for g in (low, high)]
            return math.sqrt(sum(noise))
        rows = low.rows + high.rows
        share = (low.value * low.rows + high.value * high.rows) / rows
        return math.sqrt(share * (1 - share) * (1 / low.rows + 1 / high.rows))

    @property
    def interval(self) -> tuple[float, float]:
        """Of the difference between these two groups, at `CONFIDENCE`.

        Newcombe's hybrid score interval for shares (Statistics in Medicine 17, 1998,
        method 10), the normal one for an error in the label's unit.
        """
        low, high = self.compared[0], self.compared[-1]
        apart = high.value - low.value
        below_high, above_high = _reach(high, self.metric)
        below_low, above_low = _reach(low, self.metric)
        return (
            apart - math.hypot(below_high, above_low),
            apart + math.hypot(above_high, below_low),
        )


def gaps(
    table: pl.DataFrame, roles: Roles, column: str, blocks: Array | None = None
) -> dict[int, list[Gap]]:
    """Every metric's gap between the column's groups, for each block of the rows.

    Without `blocks` all rows are block 0. Missing values are no group. Raises
    `DependencyMissing` without fairlearn.
    """
    aligned = align(table, roles)
    if isinstance(aligned, Unmeasured) or column not in table.columns:
        return {}
    frame = aligned.columns.with_columns(
        group=class_names(table[column]),
        block=pl.Series(np.zeros(table.height) if blocks is None else blocks).cast(int),
    )
    found: dict[int, list[Gap]] = {}
    for metric, rows in _rows_of(frame, aligned, roles).items():
        for block, groups in _by_block(metric, rows).items():
            found.setdefault(block, []).append(_gap(metric, groups))
    return found


def _rows_of(
    frame: pl.DataFrame, aligned: Aligned, roles: Roles
) -> dict[str, pl.DataFrame]:
    """The rows that each metric is about: with a prediction, and with the label it needs."""
    said = frame.drop_nulls(["predicted", "group"])
    known = said.drop_nulls("truth")
    if roles.task is Task.REGRESSION:
        return {"mae": known}
    if roles.task is Task.MULTICLASS:
        return {"accuracy": known}
    return {
        "selection rate": said.with_columns(truth=pl.lit(0)),
        "accuracy": known,
        "true positive rate": known.filter(pl.col("truth") == 1),
        "false positive rate": known.filter(pl.col("truth") == 0),
    }


def _by_block(metric: str, rows: pl.DataFrame) -> dict[int, list[Group]]:
    """The metric of every group that has rows, by block."""
    if rows.is_empty():
        return {}
    found: dict[int, list[Group]] = {}
    for (block, name), values in _asked(metric, rows).iterrows():
        if values["rows"] > 0:
            group = Group(
                str(name),
                float(values["value"]),
                int(values["rows"]),
                float(values["deviation"]),
            )
            found.setdefault(int(block), []).append(group)
    return found


def _asked(metric: str, rows: pl.DataFrame) -> Any:
    """Fairlearn's table: value, rows and deviation for every block and group."""
    try:
        from fairlearn.metrics import MetricFrame, count
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            "gaps between groups (`columns: sensitive`) need fairlearn, which is not "
            "installed; try `pip install 'driftline[fairness]'`"
        ) from error
    return MetricFrame(
        metrics={
            "value": _function(metric),
            "rows": count,
            "deviation": _deviation(metric),
        },
        y_true=rows["truth"].to_numpy(),
        y_pred=rows["predicted"].to_numpy(),
        sensitive_features=rows["group"].to_numpy(),
        control_features=rows["block"].to_numpy(),
    ).by_group


def _function(metric: str) -> Callable[..., float]:
    """Rates of the true are selection rates of the rows whose label is true."""
    from fairlearn.metrics import selection_rate
    from sklearn.metrics import accuracy_score, mean_absolute_error

    named: Mapping[str, Callable[..., Any]] = {
        "mae": mean_absolute_error,
        "accuracy": accuracy_score,
    }
    return named.get(metric, selection_rate)


def _deviation(metric: str) -> Callable[..., float]:
    """The standard deviation between rows of what the metric averages."""

    def deviation(truth: Any, said: Any) -> float:
        lost = np.abs(np.asarray(truth, dtype=float) - np.asarray(said, dtype=float))
        return float(lost.std()) if metric == "mae" else 0.0

    return deviation


def _gap(metric: str, groups: list[Group]) -> Gap:
    sizes = sorted((group.rows for group in groups), reverse=True)
    second = sizes[1] if len(sizes) > 1 else 0
    return Gap(metric, tuple(groups), max(LEAST_ROWS - second, 0))


def _reach(group: Group, metric: str) -> tuple[float, float]:
    """How far below and above its value a group's true one may be."""
    z = normal_quantile((1 - CONFIDENCE) / 2)
    if metric == "mae":
        return (z * group.deviation / math.sqrt(group.rows),) * 2
    p, n = group.value, group.rows
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return p - (middle - half), (middle + half) - p
