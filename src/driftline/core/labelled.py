"""From a table with roles to labels and predictions that a metric can take."""

from dataclasses import dataclass

import polars as pl

from driftline.core.performance._metric import Labelled, Unmeasured
from driftline.core.roles import Roles, Task

MOST_CLASSES = 1000
"""More classes than this are taken for a column that holds something else."""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Label and prediction, row by row of the table they came from.

    `columns` has `truth`, `predicted` and perhaps `score`, null where the table had
    nothing usable: a null, NaN or infinity, or text where a number belongs.
    """

    columns: pl.DataFrame
    classes: tuple[str, ...] = ()

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

    def rows(self, keep: pl.Series | None = None) -> Labelled:
        """The complete rows, of these only those that `keep` marks true."""
        mask = self.is_complete if keep is None else self.is_complete & keep
        kept = self.columns.filter(mask)
        score = kept["score"].to_numpy() if "score" in kept.columns else None
        return Labelled(
            kept["truth"].to_numpy(), kept["predicted"].to_numpy(), score, self.classes
        )


def align(table: pl.DataFrame, roles: Roles) -> Aligned | Unmeasured:
    """The table's labels and predictions, or why they cannot be read.

    In a binary task a prediction column of fractions in [0, 1] is taken for
    probabilities of the positive class. Classes are compared as `class_names` has them.
    """
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
    match roles.task:
        case Task.BINARY:
            return _binary(table, roles)
        case Task.MULTICLASS:
            return _multiclass(table[roles.label], table[roles.prediction])
        case Task.REGRESSION:
            truth, predicted = (
                numbers(table[name]) for name in (roles.label, roles.prediction)
            )
            return Aligned(pl.DataFrame({"truth": truth, "predicted": predicted}))


def class_names(column: pl.Series) -> pl.Series:
    """Classes as text in one spelling: 1, 1.0, True, "1" and "true" are all "1".

    Empty text and NaN are null.

    >>> class_names(pl.Series([1.0, 0.0, None])).to_list()
    ['1', '0', None]
    >>> class_names(pl.Series(["true", "late", ""])).to_list()
    ['1', 'late', None]
    """
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


def _binary(table: pl.DataFrame, roles: Roles) -> Aligned | Unmeasured:
    assert roles.label is not None
    truth = _is_positive(table[roles.label], roles.positive)
    called, score = _called(table[roles.prediction], roles)
    if isinstance(truth, Unmeasured):
        return truth
    if isinstance(called, Unmeasured):
        return called
    frame = pl.DataFrame({"truth": truth, "predicted": called}).cast(pl.Int8)
    score = numbers(table[roles.score]) if roles.score else score
    frame = frame if score is None else frame.with_columns(score=score)
    return Aligned(frame, (f"not {roles.positive}", roles.positive))


def _called(
    prediction: pl.Series, roles: Roles
) -> tuple[pl.Series | Unmeasured, pl.Series | None]:
    """Whether each prediction is positive, and the probability if it is one."""
    if not _is_fractional(prediction):
        return _is_positive(prediction, roles.positive), None
    values = numbers(prediction)
    if values.is_between(0, 1).all():
        return values >= roles.decision_threshold, values
    reason = (
        f"{roles.prediction!r} holds fractions from {values.min()!s:.6} to "
        f"{values.max()!s:.6}: neither classes nor probabilities; name the column as "
        "roles: score, and one of classes as prediction"
    )
    return Unmeasured(reason), None


def holds_probabilities(prediction: pl.Series, roles: Roles) -> bool:
    """Whether a binary task's prediction column is a probability and not a class.

    >>> roles = Roles(Task.BINARY, "at", "late")
    >>> holds_probabilities(pl.Series([0.2, 0.9]), roles)
    True
    >>> holds_probabilities(pl.Series([0.0, 1.0]), roles)
    False
    """
    return roles.score is None and _is_fractional(prediction)


def _is_fractional(column: pl.Series) -> bool:
    if not column.dtype.is_float():
        return False
    values = numbers(column)
    return not bool((values == values.round()).all())


def _is_positive(column: pl.Series, positive: str) -> pl.Series | Unmeasured:
    wanted = class_names(pl.Series([positive], dtype=pl.String))[0]
    names = class_names(column)
    found: pl.Series = names == wanted
    seen = names.drop_nulls().unique().sort().head(3).to_list()
    if len(seen) > 1 and not found.any():
        return Unmeasured(
            f"{column.name!r} holds {', '.join(map(repr, seen))} and never the "
            f"positive class {positive!r}; set `positive`"
        )
    return found


def _multiclass(label: pl.Series, prediction: pl.Series) -> Aligned | Unmeasured:
    truth, predicted = class_names(label), class_names(prediction)
    classes = pl.concat([truth.unique(), predicted.unique()]).drop_nulls().unique()
    if len(classes) > MOST_CLASSES:
        return Unmeasured(
            f"{len(classes):,} different classes; at most {MOST_CLASSES:,} are compared"
        )
    kinds = pl.Enum(classes.sort())
    codes = [
        names.cast(kinds).to_physical().cast(pl.Int32) for names in (truth, predicted)
    ]
    frame = pl.DataFrame({"truth": codes[0], "predicted": codes[1]})
    return Aligned(frame, tuple(classes.sort()))
