"""What a metric's file declares, and the rows that a metric is given."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from driftline.core.reference import Measured
from driftline.core.registry import load, load_attribute
from driftline.core.roles import Task
from driftline.errors import SettingsError

Array = NDArray[Any]


class Best(StrEnum):
    """Which way a metric is good."""

    HIGHEST = "highest"
    LOWEST = "lowest"
    ZERO = "zero"


class Needs(StrEnum):
    """What a metric takes beside the label."""

    CLASSES = "classes"
    SCORES = "scores"
    PROBABILITIES = "probabilities"
    VALUES = "values"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Rows that have a label and a usable prediction, as arrays of one length.

    Classes are integers from 0 that index `classes`; in a binary task 1 is the positive
    one. In a regression `truth` and `predicted` are values. `score` grows with the
    belief in the positive class and is None where the model gives only classes.
    """

    truth: Array
    predicted: Array
    score: Array | None = None
    classes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        truth: Sequence[float],
        predicted: Sequence[float],
        score: Sequence[float] | None = None,
    ) -> "Labelled":
        """The same from plain lists.

        >>> len(Labelled.of([1, 0], [1, 1]))
        2
        """
        scores = None if score is None else np.asarray(score, dtype=float)
        return cls(np.asarray(truth), np.asarray(predicted), scores)

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, index: Array) -> "Labelled":
        """The rows at these places, repeated where a place is."""
        score = None if self.score is None else self.score[index]
        return replace(
            self, truth=self.truth[index], predicted=self.predicted[index], score=score
        )


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why there is no number."""

    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of a metric on any rows: `lower` and `upper` are its range."""

    tasks: frozenset[Task]
    best: Best
    needs: Needs
    lower: float
    upper: float

    @property
    def harmful_sides(self) -> tuple[int, ...]:
        """The directions in which the metric gets worse: 1 for up, -1 for down."""
        return {Best.HIGHEST: (-1,), Best.LOWEST: (1,), Best.ZERO: (1, -1)}[self.best]

    def gain(self, old: float, new: float) -> float:
        """How much better `new` is than `old`, in the metric's unit."""
        match self.best:
            case Best.HIGHEST:
                return new - old
            case Best.LOWEST:
                return old - new
            case Best.ZERO:
                return abs(old) - abs(new)


Calculation = Callable[[Labelled], Measured | Unmeasured]


class Metric(Protocol):
    """A calculation with its facts: what `@metric` makes of a function."""

    facts: Facts

    def __call__(self, rows: Labelled, /) -> Measured | Unmeasured:
        """The value with its interval, inside the range, or the reason for none."""
        ...


def metric(
    *tasks: Task,
    best: Best,
    needs: Needs,
    lower: float = -math.inf,
    upper: float = math.inf,
) -> Callable[[Calculation], Metric]:
    """Declare a metric. Its function is called only with rows that it can take."""
    facts = Facts(frozenset(tasks), best, needs, lower, upper)

    def declare(calculation: Calculation) -> Metric:
        @functools.wraps(calculation)
        def guarded(rows: Labelled) -> Measured | Unmeasured:
            lack = _lack(rows, needs)
            if lack:
                return Unmeasured(lack)
            with np.errstate(all="ignore"):
                return _in_range(calculation(rows), facts)

        guarded.facts = facts  # type: ignore[attr-defined]
        return cast(Metric, guarded)

    return declare


def load_metric(name: str) -> Metric:
    """The metric in the file of that name, or at `package.module:function`.

    Raises `UnknownName` or `SettingsError`.
    """
    if ":" in name:
        found = load_attribute(name)
    else:
        found = getattr(load("driftline.core.performance", name), name)
    if not isinstance(getattr(found, "facts", None), Facts):
        raise SettingsError(
            f"{name!r} is not a metric; decorate it with "
            "@driftline.core.performance._metric.metric(...)"
        )
    return cast(Metric, found)


def _lack(rows: Labelled, needs: Needs) -> str:
    if len(rows) == 0:
        return "no row has both a label and a usable prediction"
    if needs not in (Needs.SCORES, Needs.PROBABILITIES):
        return ""
    if rows.score is None:
        return "the predictions are classes; this needs a score (roles: score)"
    outside = rows.score.min() < 0 or rows.score.max() > 1
    if needs is Needs.PROBABILITIES and outside:
        return (
            f"scores run from {rows.score.min():.4g} to {rows.score.max():.4g}; "
            "this needs probabilities in [0, 1]"
        )
    return ""


def _in_range(found: Measured | Unmeasured, facts: Facts) -> Measured | Unmeasured:
    if isinstance(found, Unmeasured):
        return found
    if not all(map(math.isfinite, (found.value, found.lower, found.upper))):
        return Unmeasured("the values are too large: the result is not finite")
    return replace(
        found,
        lower=max(min(found.lower, found.value), facts.lower),
        upper=min(max(found.upper, found.value), facts.upper),
    )
