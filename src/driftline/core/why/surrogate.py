"""What a model does, learned from what it logged: the model itself is never loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from driftline.core.labels.labelled import class_names, numbers
from driftline.core.one_thread import one_thread_of
from driftline.core.roles import Roles, Task
from driftline.core.tree_rows import with_a_value
from driftline.core.why.encoding import Array, Encoding, learn_encoding

FEW_ROWS = 500
"""Fewer rows than this teach no surrogate."""

MOST_CLASSES = 3
"""Of a multi-class model, the shares of its largest classes are followed."""

MOST_ROWS = 8_000
"""Rows that teach one, at most: twice as many add a thousandth to its fidelity."""

HELD_OUT = 5
"""Every fifth row tells how faithful the surrogate is."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How many trees are grown, and how much of what is left each takes away."""

    rounds: int
    rate: float


CAREFUL = Growth(60, 0.15)
QUICK = Growth(30, 0.25)
"""Good enough to tell in which order columns matter, at half the price."""


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Gives a number per row, as the model (or its loss) does on average.

    `fidelity` is the share of the number's variance that it reproduces on rows that it
    has not seen, at most 1; at 0 or less it knows nothing. `spread` is the number's
    standard deviation between rows.
    """

    encoding: Encoding
    predict: Callable[[Array], Array]
    fidelity: float
    spread: float

    source = "a surrogate of the model"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        return self.encoding.columns

    def __call__(self, table: pl.DataFrame) -> Array:
        """The number of each row."""
        return self.predict(self.encoding(table))

    def varied(self, rows: Array, column: str, values: pl.Series) -> Array:
        """What it gives were the column of all encoded rows the one value: a line each."""
        tried = np.tile(rows, (len(values), 1))
        if column in self.columns:
            coded = self.encoding.column(values.to_frame(column), column)
            tried[:, self.columns.index(column)] = np.repeat(coded, len(rows))
        return self.predict(tried).reshape(len(values), len(rows))


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows as numbers, and the target of each."""

    encoding: Encoding
    rows: Array
    target: Array


def examples_of(table: pl.DataFrame, columns: Sequence[str], target: Array) -> Examples:
    """The rows that have a target; of more than `MOST_ROWS` so many, evenly picked."""
    known = np.flatnonzero(np.isfinite(target))
    if len(known) > MOST_ROWS:
        known = known[np.linspace(0, len(known) - 1, MOST_ROWS).astype(np.int64)]
    table, target = table[known], target[known]
    encoding = learn_encoding(table, columns, target)
    return Examples(encoding, encoding(table), target)


def learn(
    table: pl.DataFrame, columns: Sequence[str], target: Array, seed: int = 0
) -> Surrogate | None:
    """Boosted trees of the target on the columns; None where there is too little to learn.

    Rows without a target are left out.
    """
    return learn_from(examples_of(table, columns, target), seed)


def learn_from(
    examples: Examples, seed: int = 0, growth: Growth = CAREFUL
) -> Surrogate | None:
    """`learn` on rows that are numbers already."""
    encoding, rows, target = examples.encoding, examples.rows, examples.target
    if len(target) < FEW_ROWS or not encoding.columns or np.ptp(target) == 0:
        return None
    from sklearn.ensemble import HistGradientBoostingRegressor

    held = np.arange(len(target)) % HELD_OUT == 0
    trees = HistGradientBoostingRegressor(
        max_iter=growth.rounds,
        max_leaf_nodes=8,
        max_bins=32,
        learning_rate=growth.rate,
        early_stopping=False,
        random_state=seed,
    )
    _alone(trees.fit)(with_a_value(rows[~held]), target[~held])
    predict = _alone(trees.predict)
    fidelity = _fidelity(target[held], predict(rows[held]))
    return Surrogate(encoding, predict, fidelity, float(target.std()))


def outputs(table: pl.DataFrame, roles: Roles) -> dict[str, Array]:
    """What the model said, as numbers by name, NaN where it said nothing.

    The score where one is logged; else the prediction, of classes the share of each of
    the largest (of a binary task, of the positive one).

    >>> said = pl.DataFrame({"p": ["a", "b", "a"]})
    >>> list(outputs(said, Roles(Task.MULTICLASS, "t", "p")))
    ['share of a', 'share of b']
    """
    if roles.score is not None and roles.score in table.columns:
        return {"score": _finite(table[roles.score])}
    if roles.prediction not in table.columns:
        return {}
    said = table[roles.prediction]
    values = _finite(said)
    if roles.task is Task.REGRESSION or (
        roles.task is Task.BINARY and said.dtype.is_float() and _within_one(values)
    ):
        return {"prediction": values}
    names = class_names(said)
    counted = names.drop_nulls().value_counts().sort(["count", names.name])
    classes = counted.reverse()[names.name].head(MOST_CLASSES).to_list()
    if roles.task is Task.BINARY:
        classes = class_names(pl.Series([roles.positive])).to_list()
    return {
        f"share of {name}": (names == name).cast(pl.Float64).to_numpy()
        for name in sorted(classes)
    }


def _alone(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call in one thread: threads that wait for each other spin on a busy machine."""

    def limited(*given: Any) -> Any:
        with one_thread_of("openmp"):
            return call(*given)

    return limited


def _within_one(values: Array) -> bool:
    known = values[np.isfinite(values)]
    return bool(((known >= 0) & (known <= 1)).all())


def _finite(column: pl.Series) -> Array:
    return numbers(column).to_numpy()


def _fidelity(truth: Array, learned: Array) -> float:
    """One minus the share of the variance that is left over."""
    spread = float(np.var(truth))
    left = float(np.mean(np.square(truth - learned)))
    return 1 - left / spread if spread > 0 else 0.0
