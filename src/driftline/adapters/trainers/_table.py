"""Training rows as scikit-learn takes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from driftline.adapters.trainers._pipelines import Columns
from driftline.core import one_thread as threads
from driftline.core.roles import Roles, Task
from driftline.errors import SchemaMismatch, TrainingFailed

if TYPE_CHECKING:
    import pandas as pd

FEWEST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Table:
    """Features, labels and days, row by row as they were given.

    `usable` are the positions of rows that have a label, in the order of time.
    `positive` is the value of the positive class, None unless the task is binary.
    """

    task: Task
    frame: "pd.DataFrame"
    columns: Columns
    left_out: list[str]
    labels: NDArray[Any]
    days: NDArray[Any]
    usable: NDArray[np.intp]
    positive: Any

    def part(self, rows: NDArray[np.intp]) -> tuple["pd.DataFrame", NDArray[Any]]:
        """Features and labels of these rows, in this order."""
        return self.frame.iloc[rows], self.labels[rows]

    def scores(self, model: Any, frame: "pd.DataFrame") -> NDArray[Any]:
        """The positive class's probability for a binary task, else the prediction."""
        with one_thread():
            if self.positive is None:
                return np.asarray(model.predict(frame))
            column = list(model.classes_).index(self.positive)
            return np.asarray(model.predict_proba(frame)[:, column])

    def blocks(self, most: int) -> list[NDArray[np.intp]]:
        """All rows, cut between days into at most so many stretches of time, at least 2."""
        days, codes = np.unique(self.days, return_inverse=True)
        if len(days) < 2:
            return list(np.array_split(np.arange(len(self.days)), 2))
        stretches = np.array_split(np.arange(len(days)), min(most, len(days)))
        return [np.flatnonzero(np.isin(codes, stretch)) for stretch in stretches]


@contextmanager
def one_thread() -> Iterator[None]:
    """The trees of scikit-learn keep to one thread, loaded before or not."""
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401 -- loading it is the point

    with threads.one_thread():
        yield


def table_of(rows: pl.DataFrame, roles: Roles, zone: str) -> Table:
    """The table, or `TrainingFailed` that says what is not there."""
    if roles.label is None or roles.label not in rows.columns:
        raise TrainingFailed(
            f"the rows have no label column ({roles.label!r}); a challenger learns from "
            "labelled windows: set `roles.label` and `labels` in the monitor file"
        )
    columns, left_out = _columns(rows, roles)
    labels, labelled = _labels(rows[roles.label], roles.task)
    moments = rows[roles.timestamp]
    usable = np.flatnonzero(labelled & moments.is_not_null().to_numpy())
    if len(usable) < FEWEST_ROWS:
        raise TrainingFailed(
            f"{len(usable)} of {len(rows)} rows have a label and a time stamp, and "
            f"{FEWEST_ROWS} are needed: wait for labels, or train on more windows"
        )
    order = np.argsort(moments.to_physical().to_numpy()[usable], kind="stable")
    return Table(
        task=roles.task,
        frame=features_of(rows, columns),
        columns=columns,
        left_out=left_out,
        labels=labels,
        days=_days(moments, zone),
        usable=usable[order],
        positive=_positive(labels[usable], roles)
        if roles.task is Task.BINARY
        else None,
    )


def features_of(rows: Any, columns: Columns) -> "pd.DataFrame":
    """The columns as numbers (float) and words, out of a Polars or pandas frame."""
    numbers, words = columns
    absent = [name for name in (*numbers, *words) if name not in rows.columns]
    if absent:
        raise SchemaMismatch(
            f"the model needs columns that are absent: {', '.join(absent)}"
        )
    frame = rows if isinstance(rows, pl.DataFrame) else pl.from_pandas(rows)
    return frame.select(
        *(pl.col(name).cast(pl.Float64, strict=False) for name in numbers),
        *(pl.col(name).cast(pl.String) for name in words),
    ).to_pandas()


def _columns(rows: pl.DataFrame, roles: Roles) -> tuple[Columns, list[str]]:
    names = roles.features_among(rows.columns)
    types = {name: rows.schema[name] for name in names}
    numeric = (pl.Boolean, pl.Null)
    text = (pl.String, pl.Categorical, pl.Enum)
    numbers = [
        n for n, type_ in types.items() if type_.is_numeric() or type_ in numeric
    ]
    words = [name for name, type_ in types.items() if type_ in text]
    if not numbers and not words:
        raise TrainingFailed(
            f"none of the features {', '.join(names) or '(none)'} is a number or text"
        )
    return (numbers, words), sorted({*names} - {*numbers, *words})


def _labels(label: pl.Series, task: Task) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Labels, and which rows have one; the others hold some label of another row."""
    if task is Task.REGRESSION or label.dtype.is_float():
        label = label.cast(pl.Float64, strict=False)
        there = label.is_finite().fill_null(value=False)
    else:
        there = label.is_not_null()
    if not label.dtype.is_numeric() and label.dtype != pl.Boolean:
        label = label.cast(pl.String)
    any_label = label.filter(there).first() if there.any() else None
    filled = pl.select(pl.when(there).then(label).otherwise(pl.lit(any_label)))
    return filled.to_series().to_numpy(), there.to_numpy()


def _positive(labels: NDArray[Any], roles: Roles) -> Any:
    """The value among two that is the positive class."""
    values = np.unique(labels)
    found = [value for value in values if is_positive(value, roles.positive)]
    if len(values) != 2 or not found:
        raise TrainingFailed(
            f"label {roles.label!r} of a binary task has {len(values)} values and needs 2, "
            f"one of them `positive` ({roles.positive!r})"
        )
    return found[0]


def is_positive(value: Any, positive: str) -> bool:
    """Whether a label is what the monitor file calls positive.

    >>> is_positive(1.0, "1"), is_positive(True, "1"), is_positive("late", "1")
    (True, True, False)
    """
    if isinstance(value, bool | np.bool_):
        return bool(value) == (positive.strip().lower() in ("1", "true", "yes"))
    try:
        return float(value) == float(positive)
    except ValueError:
        return str(value) == positive


def _days(moments: pl.Series, zone: str) -> NDArray[Any]:
    """The local date of each row; rows without a time stamp go with the first."""
    if isinstance(moments.dtype, pl.Datetime) and moments.dtype.time_zone:
        moments = moments.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    if not moments.dtype.is_temporal():
        raise TrainingFailed(
            f"time stamp {moments.name!r} is {moments.dtype}, not a time"
        )
    return moments.cast(pl.Date).fill_null(strategy="min").to_numpy()
