"""What a monitor file should say, read off a sample of the rows."""

import re
from dataclasses import dataclass

import polars as pl

from driftline.core.roles import Task

POSITIVE_WORDS = ("1", "1.0", "true", "yes", "y", "t")
"""How a positive label is written, in lower case."""

MOST_CLASSES = 50
"""With more distinct values a number is a value and not a class."""

SEGMENT_SIZES = range(2, 9)
"""How many values a column has that is worth following value by value."""


@dataclass(frozen=True, slots=True)
class Named:
    """The columns that the user has named."""

    timestamp: str
    prediction: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found; every part may be edited afterwards."""

    task: Task
    key: tuple[str, ...]
    segments: tuple[str, ...]
    positive: str


def propose(sample: pl.DataFrame, named: Named) -> Proposal:
    """The task, key, segments and positive label that the sample suggests."""
    target = sample[named.label or named.prediction].drop_nulls()
    task = guess_task(target, sample[named.prediction].drop_nulls())
    taken = {named.timestamp, named.prediction, named.label}
    free = [name for name in sample.columns if name not in taken]
    key = _key(sample, free)
    segments = tuple(n for n in free if n not in key and _is_segment(sample[n]))[:1]
    positive = _positive(target) if task is Task.BINARY and named.label else "1"
    return Proposal(task, key, segments, positive)


def guess_task(target: pl.Series, prediction: pl.Series) -> Task:
    """Regression for numbers with many values, else binary or multiclass.

    >>> guess_task(pl.Series([0, 1, 1]), pl.Series([0.2, 0.8, 0.7])).value
    'binary'
    >>> guess_task(pl.Series([0.5, 7.5, 3.25]), pl.Series([1.0, 7.0, 3.0])).value
    'regression'
    """
    distinct = target.n_unique()
    if distinct <= 2:
        return Task.BINARY
    if not target.dtype.is_numeric():
        return Task.MULTICLASS
    if _fractional(target):
        probable = _within(prediction, 0, 1) and _within(target, 0, 1)
        return Task.BINARY if probable else Task.REGRESSION
    return Task.MULTICLASS if distinct <= MOST_CLASSES else Task.REGRESSION


def _key(sample: pl.DataFrame, columns: list[str]) -> tuple[str, ...]:
    """A column that names every row, preferably one that is called so."""
    unique = [
        name
        for name in columns
        if (sample[name].dtype.is_integer() or sample[name].dtype == pl.String)
        and sample[name].null_count() == 0
        and sample[name].n_unique() == sample.height
    ]
    called = [n for n in unique if re.search(r"(^|_)(id|key|uuid|guid)$", n.lower())]
    return tuple((called or unique)[:1])


def _is_segment(column: pl.Series) -> bool:
    worded = column.dtype in (pl.String, pl.Boolean, pl.Categorical)
    return worded and column.drop_nulls().n_unique() in SEGMENT_SIZES


def _positive(target: pl.Series) -> str:
    """The value that reads as yes, or else the rarer of the two."""
    worded = isinstance(target.dtype, pl.String | pl.Boolean | pl.Categorical | pl.Enum)
    if not (worded or target.dtype.is_numeric()):
        return "1"
    counted = target.cast(pl.String, strict=False).drop_nulls().alias("value")
    ranked = counted.value_counts(name="rows").sort("rows", "value", descending=True)
    values = ranked["value"].to_list()
    named = [value for value in values if value.lower() in POSITIVE_WORDS]
    if named:
        return "1" if named[0].lower() in ("1", "1.0", "true") else str(named[0])
    return str(values[-1]) if values else "1"


def _fractional(column: pl.Series) -> bool:
    return column.dtype.is_float() and bool((column != column.round(0)).any())


def _within(column: pl.Series, low: float, high: float) -> bool:
    numeric = column.dtype.is_numeric() and column.len() > 0
    return numeric and bool(((column >= low) & (column <= high)).all())
