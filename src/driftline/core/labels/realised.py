"""Realised performance: the metrics of one slice on the labels that have arrived."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from driftline.core.labels.labelled import ROWS, Aligned, align, class_names, decide
from driftline.core.labels.tally import WHOLE, Question, Tally
from driftline.core.performance._confusion import per_class, shown_matrix
from driftline.core.performance._metric import Labelled, Unmeasured, load_metric
from driftline.core.reference import Measured
from driftline.core.roles import Roles, Task

METRICS = {
    Task.BINARY: (
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "accuracy",
        "precision",
        "recall",
        "f1",
    ),
    Task.MULTICLASS: (
        "macro_f1",
        "weighted_f1",
        "accuracy",
        "macro_precision",
        "macro_recall",
    ),
    Task.REGRESSION: ("mae", "rmse", "mape", "r2", "bias"),
}
"""What is measured when the monitor file names no metrics."""

PREFERRED = {
    Task.BINARY: ("roc_auc", "f1", "accuracy"),
    Task.MULTICLASS: ("macro_f1",),
    Task.REGRESSION: ("mae",),
}

MOST_SEGMENTS = 20
"""Segments measured per segment column: those with most rows."""

MIN_SEGMENT_ROWS = 100
"""Usable rows that a segment has to have."""


@dataclass(frozen=True, slots=True)
class Performance:
    """What could be measured on a slice, and why the rest could not.

    `labelled` counts rows with a label; `unusable` those of them whose prediction is
    null, NaN or infinite: no metric counts these. `segments` maps `column=value` to
    metrics. `classes` has the confusion matrix and per-class numbers as plain values.
    """

    rows: int
    labelled: int = 0
    unusable: int = 0
    measured: dict[str, Measured] = field(default_factory=dict)
    unmeasured: dict[str, str] = field(default_factory=dict)
    segments: dict[str, dict[str, Measured]] = field(default_factory=dict)
    classes: dict[str, Any] = field(default_factory=dict)

    @property
    def coverage(self) -> float:
        """The share of rows with a label; 0 without rows."""
        return self.labelled / self.rows if self.rows else 0.0

    @property
    def by_name(self) -> dict[str, Measured]:
        """Every metric, those of segments as `metric[column=value]`.

        This is what a reference keeps of a day.
        """
        return self.measured | {
            segment_metric(name, segment): measured
            for segment, metrics in self.segments.items()
            for name, measured in metrics.items()
        }


def segment_metric(metric: str, segment: str) -> str:
    """The name of a metric on one segment.

    >>> segment_metric("roc_auc", "origin=JFK")
    'roc_auc[origin=JFK]'
    """
    return f"{metric}[{segment}]"


def primary_metric(task: Task, among: Collection[str]) -> str:
    """The metric that is accumulated over days when the monitor file names none.

    The preferred one of the task among those that can be measured: a binary model
    without scores has no ROC AUC and is followed by its F1.

    >>> primary_metric(Task.BINARY, {"accuracy", "f1"})
    'f1'
    """
    found = (name for name in PREFERRED[task] if name in among)
    return next(found, PREFERRED[task][0])


def measure(
    table: pl.DataFrame,
    roles: Roles,
    metrics: Sequence[str] | None = None,
    *,
    min_segment_rows: int = MIN_SEGMENT_ROWS,
) -> Performance:
    """The metrics of a table and of its segments, by name.

    Rows without a label are left out and counted. Nothing in the data raises; a metric
    name that has no file raises `UnknownName`.
    """
    wanted = tuple(METRICS[roles.task] if metrics is None else metrics)
    aligned = align(table, roles)
    if isinstance(aligned, Unmeasured):
        reasons = dict.fromkeys(wanted, aligned.reason)
        return Performance(table.height, unmeasured=reasons)
    masks = segment_masks(table, aligned, roles, min_segment_rows)
    parts = {segment: aligned.rows(mask) for segment, mask in masks.items()}
    labelled = int(aligned.has_label.sum())
    found = _performance(aligned.rows(), parts, roles.task, wanted)
    return replace(
        found,
        rows=table.height,
        labelled=labelled,
        unusable=labelled - found.rows,
        unmeasured=found.unmeasured | _absent_segments(table.columns, roles),
    )


def measure_tally(tally: Tally, question: Question) -> Performance:
    """The same from rows that were counted where they lie."""
    roles, entries = question.roles, tally.entries
    whole = entries["segment"] == WHOLE
    total = int(entries.filter(whole)[ROWS].sum())
    aligned = decide(tally.spelled, roles)
    if tally.unreadable or isinstance(aligned, Unmeasured):
        reason = aligned.reason if isinstance(aligned, Unmeasured) else ""
        reasons = dict.fromkeys(question.metrics, tally.unreadable or reason)
        return Performance(total, unmeasured=reasons)
    named = [
        f"{c}={value}" for c, values in question.segments.items() for value in values
    ]
    parts = {
        segment: aligned.rows(entries["segment"] == segment, tally.moments.get(segment))
        for segment in [WHOLE, *named]
    }
    labelled = int(entries.filter(whole & aligned.has_label)[ROWS].sum())
    found = _performance(parts.pop(WHOLE), parts, roles.task, question.metrics)
    return replace(
        found,
        rows=total,
        labelled=labelled,
        unusable=labelled - found.rows,
        unmeasured=found.unmeasured | _absent_segments(question.segments, roles),
    )


def with_largest(
    question: Question, counts: pl.DataFrame, columns: Collection[str]
) -> Question:
    """The question with the largest segments of each segment column that is there.

    `counts` is what `segment_rows` gave, of any parts of the rows.
    """
    totals = counts.group_by("column", "value").agg(pl.col(ROWS).sum())
    ranked = totals.filter(pl.col(ROWS) >= MIN_SEGMENT_ROWS).sort(
        [ROWS, "value"], descending=[True, False]
    )
    largest = {
        column: tuple(
            ranked.filter(pl.col("column") == column)["value"].head(MOST_SEGMENTS)
        )
        for column in question.roles.segments
        if column in columns
    }
    return replace(question, segments=largest)


def measure_rows(
    rows: Labelled, task: Task, metrics: Sequence[str]
) -> tuple[dict[str, Measured], dict[str, str]]:
    """The metrics that these rows allow, and the reasons for the others."""
    measured: dict[str, Measured] = {}
    unmeasured: dict[str, str] = {}
    for name in metrics:
        calculation = load_metric(name)
        if task not in calculation.facts.tasks:
            unmeasured[name] = f"{name} is no metric for a {task} task"
            continue
        found = calculation(rows)
        if isinstance(found, Unmeasured):
            unmeasured[name] = found.reason
        else:
            measured[name] = found
    return measured, unmeasured


def segment_masks(
    table: pl.DataFrame, aligned: Aligned, roles: Roles, min_rows: int
) -> dict[str, pl.Series]:
    """Which complete rows each segment has: the largest ones of every segment column.

    Null is no segment, and values in one spelling are one.
    """
    masks: dict[str, pl.Series] = {}
    complete = aligned.is_complete
    for column in roles.segments:
        if column not in table.columns:
            continue
        values = class_names(table[column])
        counts = values.filter(complete).drop_nulls().alias("value").value_counts()
        kept = counts.filter(pl.col("count") >= min_rows).sort(
            ["count", "value"], descending=[True, False]
        )
        for value in kept["value"].head(MOST_SEGMENTS):
            masks[f"{column}={value}"] = (values == value).fill_null(False) & complete
    return masks


def _performance(
    whole: Labelled, parts: dict[str, Labelled], task: Task, wanted: Sequence[str]
) -> Performance:
    """The metrics of the usable rows and of their segments."""
    measured, unmeasured = measure_rows(whole, task, wanted)
    segments = {
        segment: measure_rows(rows, task, wanted)[0] for segment, rows in parts.items()
    }
    return Performance(
        rows=len(whole),
        measured=measured,
        unmeasured=unmeasured,
        segments=segments,
        classes=_classes(whole, task),
    )


def _absent_segments(present: Collection[str], roles: Roles) -> dict[str, str]:
    return {
        f"segment {column}": f"the slice has no column {column!r}"
        for column in roles.segments
        if column not in present
    }


def _classes(rows: Labelled, task: Task) -> dict[str, Any]:
    if task is Task.REGRESSION or len(rows) == 0:
        return {}
    return {"confusion": shown_matrix(rows), "per_class": per_class(rows)}
