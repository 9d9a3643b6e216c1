"""What a metric's file declares, and the rows that a metric is given."""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, cast

import numpy as np

from driftline.core.performance._moments import Array as Array
from driftline.core.performance._moments import Moments
from driftline.core.reference import Measured
from driftline.core.registry import load, load_attribute
from driftline.core.roles import Task
from driftline.errors import SettingsError

NO_PAIR = "no row has both a label and a usable prediction"
"""Why nothing can be measured of rows that wait for their labels, or lack predictions."""


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

    Rows that were counted where they lie have `counted`: an entry then stands for many.
    """

    truth: Array
    predicted: Array
    score: Array | None = None
    classes: tuple[str, ...] = ()
    counted: "Counted | None" = None

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
        if self.counted is None:
            return len(self.truth)
        return int(self.counted.weight.sum())

    def weight(self, entries: Array | None = None) -> Array | None:
        """How many rows each entry, or each of these, stands for; None is one each."""
        if self.counted is None:
            return None
        every = self.counted.weight
        return every if entries is None else every[entries]

    def number(self, entries: Array) -> int:
        """How many rows the entries that are marked true stand for."""
        weight = self.weight(entries)
        return int(entries.sum() if weight is None else weight.sum())

    def moments(self, loss: "Loss") -> Moments:
        """Mean and spread over rows of what the loss gives for each."""
        if self.counted is None:
            return Moments.of(loss(self))
        return self.counted.moments[name_of(loss)]

    @property
    def span(self) -> tuple[float, float]:
        """The least and the greatest score; there has to be one."""
        if self.counted is not None:
            return self.counted.span
        assert self.score is not None
        return float(self.score.min()), float(self.score.max())

    def take(self, index: Array) -> "Labelled":
        """The rows at these places, repeated where a place is."""
        score = None if self.score is None else self.score[index]
        return replace(
            self, truth=self.truth[index], predicted=self.predicted[index], score=score
        )


@dataclass(frozen=True, slots=True)
class Counted:
    """What is known of rows that were put together: see `core/labels/tally.py`.

    `weight` says how many rows each entry stands for, `span` the least and greatest
    score before scores were put together; `moments` are by the loss's name.
    """

    weight: Array
    span: tuple[float, float]
    moments: Mapping[str, Moments]


Loss = Callable[[Labelled], Array]
"""What each row loses: one number for every row it concerns, or several arrays of them."""


def name_of(loss: Loss) -> str:
    """The loss's name among those of all metrics."""
    return f"{loss.__module__}.{loss.__qualname__}"


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why there is no number."""

    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of a metric on any rows: `lower` and `upper` are its range.

    `loss` is what it sums over rows, if it does: the one question that has to be asked
    before rows are put together.
    """

    tasks: frozenset[Task]
    best: Best
    needs: Needs
    lower: float
    upper: float
    loss: Loss | None = None

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
    loss: Loss | None = None,
) -> Callable[[Calculation], Metric]:
    """Declare a metric. Its function is called only with rows that it can take."""
    facts = Facts(frozenset(tasks), best, needs, lower, upper, loss)

    def declare(calculation: Calculation) -> Metric:
        @functools.wraps(calculation)
        def guarded(rows: Labelled) -> Measured | Unmeasured:
            lack = _lack(rows, needs)
            if lack:
                return Unmeasured(lack)
            with np.errstate(all="ignore"):
                return _in_range(calculation(rows), facts)

        guarded.facts = facts  # type: ignore[attr-defined]  # what makes it a Metric
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
        return NO_PAIR
    if needs not in (Needs.SCORES, Needs.PROBABILITIES):
        return ""
    if rows.score is None:
        return "the predictions are classes; this needs a score (roles: score)"
    least, greatest = rows.span
    if needs is Needs.PROBABILITIES and (least < 0 or greatest > 1):
        return (
            f"scores run from {least:.4g} to {greatest:.4g}; "
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
