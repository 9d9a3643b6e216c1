"""From a table to labels and predictions: every task here, so that all are read alike.

In two steps: `spell` looks at one row at a time, `decide` at what all rows hold together.
Between the two, rows that read alike can be put together and counted: `core/labels/tally.py`.
Over 300 lines because both steps read the same spellings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from driftline.core.performance._metric import Counted, Labelled, Unmeasured
from driftline.core.performance._moments import Moments
from driftline.core.roles import Roles, Task

MOST_CLASSES = 1000
"""More classes than this are taken for a column that holds something else."""

ROWS, LEAST, GREATEST = "rows", "least", "greatest"
"""Columns of rows that were put together: how many, and between which scores they lie."""

UNSPELLED = (pl.List, pl.Array, pl.Binary, pl.Object)
"""Types whose values are no names."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spelled:
    """Labels and predictions as text in one spelling, or as numbers in a regression.

    `columns` has `truth` and `predicted`; in a binary task also `score`, and `called`:
    whether a number reaches the decision threshold. When the predictions are
    `fractional` they are probabilities between the ends of `span`, and `predicted` is
    null.
    """

    columns: pl.DataFrame
    fractional: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Aligned:
    """Label and prediction, row by row of the table they came from.

    `columns` has `truth`, `predicted` and perhaps `score`, null where the table had
    nothing usable: a null, NaN or infinity, or text where a number belongs. `counts`
    says how many rows each stands for, when rows were put together.
    """

    columns: pl.DataFrame
    classes: tuple[str, ...] = ()
    counts: pl.DataFrame | None = None

    @property
    def has_label(self) -> pl.Series:
        """The rows with a label."""
        return self.columns["truth"].is_not_null()

    @property
    def is_complete(self) -> pl.Series:
        """The rows with a label and a usable prediction."""
        return self.columns.select(
            pl.all_horizontal(pl.all().is_not_null()).alias("complete")
        )["complete"]

    def rows(
        self,
        keep: pl.Series | None = None,
        moments: Mapping[str, Moments] | None = None,
    ) -> Labelled:
        """The complete rows, of these only those that `keep` marks true.

        `moments` are known of rows that were put together.
        """
        mask = self.is_complete if keep is None else self.is_complete & keep
        kept = self.columns.filter(mask)
        score = kept["score"].to_numpy() if "score" in kept.columns else None
        truth, predicted = kept["truth"].to_numpy(), kept["predicted"].to_numpy()
        counted = None
        if self.counts is not None:
            counted = _counted(self.counts.filter(mask), moments or {})
        return Labelled(truth, predicted, score, self.classes, counted)


def align(table: pl.DataFrame, roles: Roles) -> Aligned | Unmeasured:
    """The table's labels and predictions, or why they cannot be read.

    In a binary task a prediction column of fractions in [0, 1] is taken for
    probabilities of the positive class. Classes are compared as `class_names` has them.
    """
    spelled = spell(table, roles)
    return spelled if isinstance(spelled, Unmeasured) else decide(spelled, roles)


def spell(table: pl.DataFrame, roles: Roles) -> Spelled | Unmeasured:
    """What each row says by itself, or why these columns can say nothing."""
    if roles.label is None:
        return Unmeasured("the monitor names no label column")
    needed = [roles.label, roles.prediction, *([roles.score] if roles.score else [])]
    absent = [name for name in needed if name not in table.columns]
    if absent:
        return Unmeasured(f"the slice has no column {absent[0]!r}")
    odd = [name for name in needed if not _is_plain(table[name].dtype)]
    if odd:
        kind = table[odd[0]].dtype
        return Unmeasured(f"{odd[0]!r} is of type {kind}: neither a class nor a number")
    label, prediction = table[roles.label], table[roles.prediction]
    if roles.task is Task.BINARY:
        return _spelled_binary(table, label, prediction, roles)
    read = numbers if roles.task is Task.REGRESSION else class_names
    return Spelled(pl.DataFrame({"truth": read(label), "predicted": read(prediction)}))


def decide(spelled: Spelled, roles: Roles) -> Aligned | Unmeasured:
    """What the rows say together, or why they contradict their roles."""
    reason = _binary_reason(spelled, roles) if roles.task is Task.BINARY else ""
    if reason:
        return Unmeasured(reason)
    return aligned(spelled, roles)


def aligned(spelled: Spelled, roles: Roles) -> Aligned | Unmeasured:
    """The rows with classes as numbers, whatever they say together."""
    columns = spelled.columns
    counts = columns.select(ROWS, LEAST, GREATEST) if ROWS in columns.columns else None
    match roles.task:
        case Task.BINARY:
            frame = _called(spelled, roles)
            return Aligned(frame, (f"not {roles.positive}", roles.positive), counts)
        case Task.MULTICLASS:
            return _multiclass(columns["truth"], columns["predicted"], counts)
        case Task.REGRESSION:
            return Aligned(columns.select("truth", "predicted"), (), counts)


def complete(columns: pl.DataFrame, roles: Roles) -> pl.Series:
    """Which spelled rows have a label and a usable prediction."""
    usable = columns["predicted"].is_not_null()
    if roles.task is Task.BINARY:
        usable |= columns["called"].is_not_null()
    if roles.score and roles.task is Task.BINARY:
        usable &= columns["score"].is_not_null()
    return columns["truth"].is_not_null() & usable


def class_names(column: pl.Series) -> pl.Series:
    """Classes as text in one spelling: 1, 1.0, True, "1" and "true" are all "1".

    Empty text and NaN are null, and so is what has no spelling: lists and bytes.

    >>> class_names(pl.Series([1.0, 0.0, None])).to_list()
    ['1', '0', None]
    >>> class_names(pl.Series(["true", "late", ""])).to_list()
    ['1', 'late', None]
    """
    if isinstance(column.dtype, UNSPELLED):
        return pl.Series(column.name, [None], pl.String).new_from_index(0, len(column))
    if column.dtype.is_integer():
        return column.cast(pl.String)
    if column.dtype.is_float():
        column = numbers(column)
    text = column.cast(pl.String).str.strip_chars()
    text = text.str.replace(r"^(?i:true)$", "1").str.replace(r"^(?i:false)$", "0")
    text = text.str.replace(r"^(-?\d+)\.0*$", "${1}")
    return text.set(text == "", None)


def numbers(column: pl.Series) -> pl.Series:
    """Finite numbers; anything else is null.

    >>> numbers(pl.Series([1.5, float("nan"), float("inf")])).to_list()
    [1.5, None, None]
    """
    if not column.dtype.is_numeric():
        # The numbers behind a categorical are its codes, never its values.
        column = column.cast(pl.String)
    values = column.cast(pl.Float64, strict=False)
    return values.set(~values.is_finite(), None)


def _is_plain(dtype: pl.DataType) -> bool:
    strange = dtype.is_nested() or dtype.is_temporal()
    return not strange and dtype not in (pl.Binary, pl.Object)


def _counted(counts: pl.DataFrame, moments: Mapping[str, Moments]) -> Counted:
    least, greatest = counts[LEAST].min(), counts[GREATEST].max()
    ends = [np.nan if end is None else float(end) for end in (least, greatest)]  # type: ignore[arg-type]  # of numbers
    return Counted(counts[ROWS].to_numpy(), (ends[0], ends[1]), moments)


def _spelled_binary(
    table: pl.DataFrame, label: pl.Series, prediction: pl.Series, roles: Roles
) -> Spelled:
    values = numbers(prediction) if prediction.dtype.is_float() else None
    fractional = values is not None and _is_fractional(values)
    score = numbers(table[roles.score]) if roles.score else values
    nothing = pl.Series(values=[None], dtype=pl.String).new_from_index(0, table.height)
    columns = pl.DataFrame(
        {
            "truth": class_names(label),
            "predicted": nothing if fractional else class_names(prediction),
            "called": nothing.cast(pl.Boolean)
            if values is None
            else values >= roles.decision_threshold,
            "score": nothing.cast(pl.Float64) if score is None else score,
        }
    )
    return Spelled(columns, fractional, None if values is None else span_of(values))


def span_of(values: pl.Series) -> Span | None:
    """The least and the greatest value, if there is any."""
    least, greatest = values.min(), values.max()
    return None if least is None else (float(least), float(greatest))  # type: ignore[arg-type]  # of numbers


def _binary_reason(spelled: Spelled, roles: Roles) -> str:
    """Why labels or predictions cannot be what the roles say; empty when they can."""
    if reason := _never_positive(spelled.columns["truth"], roles.label, roles):
        return reason
    if not spelled.fractional:
        return _never_positive(spelled.columns["predicted"], roles.prediction, roles)
    assert spelled.span is not None
    least, greatest = spelled.span
    if least >= 0 and greatest <= 1:
        return ""
    return (
        f"{roles.prediction!r} holds fractions from {least!s:.6} to "
        f"{greatest!s:.6}: neither classes nor probabilities; name the column as "
        "roles: score, and one of classes as prediction"
    )


def _never_positive(names: pl.Series, column: str | None, roles: Roles) -> str:
    if _is_positive(names, roles).any():
        return ""
    seen = names.drop_nulls().unique().sort().head(3).to_list()
    if len(seen) < 2:
        return ""
    return (
        f"{column!r} holds {', '.join(map(repr, seen))} and never the "
        f"positive class {roles.positive!r}; set `positive`"
    )


def _called(spelled: Spelled, roles: Roles) -> pl.DataFrame:
    columns = spelled.columns
    predicted = (
        columns["called"]
        if spelled.fractional
        else _is_positive(columns["predicted"], roles)
    )
    truth = _is_positive(columns["truth"], roles)
    frame = pl.DataFrame({"truth": truth, "predicted": predicted}).cast(pl.Int8)
    scored = roles.score is not None or spelled.fractional
    return frame.with_columns(columns["score"]) if scored else frame


def holds_probabilities(prediction: pl.Series, roles: Roles) -> bool:
    """Whether a binary task's prediction column is a probability and not a class.

    >>> roles = Roles(Task.BINARY, "at", "late")
    >>> holds_probabilities(pl.Series([0.2, 0.9]), roles)
    True
    >>> holds_probabilities(pl.Series([0.0, 1.0]), roles)
    False
    """
    if roles.score is not None or not prediction.dtype.is_float():
        return False
    return _is_fractional(numbers(prediction))


def _is_fractional(values: pl.Series) -> bool:
    return not bool((values == values.round()).all())


def positive_name(roles: Roles) -> str:
    """The positive class as `class_names` spells it; empty for no class at all."""
    return _spelled_name(roles.positive)


@lru_cache(256)
def _spelled_name(text: str) -> str:
    return class_names(pl.Series([text], dtype=pl.String))[0] or ""


def _is_positive(names: pl.Series, roles: Roles) -> pl.Series:
    return names == positive_name(roles)


def _multiclass(
    truth: pl.Series, predicted: pl.Series, counts: pl.DataFrame | None
) -> Aligned | Unmeasured:
    classes = pl.concat([truth.unique(), predicted.unique()]).drop_nulls().unique()
    if len(classes) > MOST_CLASSES:
        return Unmeasured(
            f"more than {MOST_CLASSES:,} different classes; so many are not compared"
        )
    kinds = pl.Enum(classes.sort())
    codes = [
        names.cast(kinds).to_physical().cast(pl.Int32) for names in (truth, predicted)
    ]
    frame = pl.DataFrame({"truth": codes[0], "predicted": codes[1]})
    return Aligned(frame, tuple(classes.sort()), counts)
