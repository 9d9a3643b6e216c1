"""What a row's label may turn out to be: learned from the reference's rows.

A binary model's score is calibrated into a probability of the positive class. Where
there is only a class, the chance that it is right is learned from class and features,
and a wrong row's true class is drawn as the reference's were. For a value, the expected
absolute error is learned from prediction and features, and its sign and size are drawn
from the reference's errors over what was expected of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from driftline.core.estimation.inputs import Inputs
from driftline.core.estimation.trees import grown_for_chance, grown_for_size
from driftline.core.labels.labelled import Aligned
from driftline.core.one_thread import one_thread
from driftline.core.performance._metric import Labelled
from driftline.core.roles import Task

Vector = NDArray[np.float64]

DRAWN = 10_000
"""About how many labels are drawn for a day, whatever its rows."""

MOST_DRAWS = 400
"""Draws per row at most."""

ENOUGH_FOR_STEPS = 1000
"""Labelled rows, with 100 of the rarer class, from which a step function is learned."""

ENOUGH_FOR_TREES = 1000
"""Labelled rows from which trees on the features are learned."""

CERTAIN = 1e-3
"""No label is believed to be surer than this: the reference has not seen everything."""


class Outcomes(Protocol):
    """What the labels of rows may be."""

    def draw(self, rows: "Rows", seed: int) -> Labelled:
        """The rows many times over, each time with labels as they may turn out."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with a usable prediction: what a metric takes, and the features beside it.

    `truth` is null where no label is in.
    """

    columns: pl.DataFrame
    features: pl.DataFrame
    classes: tuple[str, ...] = ()
    drawn: int = DRAWN

    @classmethod
    def of(cls, aligned: Aligned, table: pl.DataFrame) -> "Rows":
        """The rows whose prediction, and score if there is one, can be used."""
        names = [name for name in aligned.columns.columns if name != "truth"]
        usable = aligned.columns.select(
            pl.all_horizontal(pl.col(names).is_not_null()).alias("usable")
        )["usable"]
        return cls(
            aligned.columns.filter(usable), table.filter(usable), aligned.classes
        )

    def __len__(self) -> int:
        return self.columns.height

    def take(self, keep: pl.Series | NDArray[np.bool_]) -> "Rows":
        """The rows that are marked."""
        return replace(
            self,
            columns=self.columns.filter(keep),
            features=self.features.filter(keep),
        )

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """The rows whose label is in."""
        return self.columns["truth"].is_not_null().to_numpy()

    def array(self, name: str) -> Vector:
        """A column as numbers; NaN where it is null."""
        return self.columns[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    @property
    def draws(self) -> int:
        """How often each row's label is drawn."""
        return int(np.clip(self.drawn // max(len(self), 1), 1, MOST_DRAWS))


def learn(rows: Rows, task: Task, features: Sequence[str]) -> Outcomes:
    """What labels may be, by labelled rows."""
    if task is Task.REGRESSION:
        return Errors.learn(rows, features)
    if task is Task.BINARY and "score" in rows.columns.columns:
        return Calibrated.learn(rows)
    return Hits.learn(rows, features)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The probability of the positive class, by the score."""

    model: Any
    steps: bool

    @classmethod
    def learn(cls, rows: Rows) -> "Calibrated":
        """Isotonic where the rows allow it, a logistic curve where they do not."""
        from sklearn.isotonic import IsotonicRegression
        from sklearn.linear_model import LogisticRegression

        score, truth = rows.array("score"), rows.array("truth")
        rarer = min(truth.sum(), (1 - truth).sum())
        if len(rows) >= ENOUGH_FOR_STEPS and rarer >= ENOUGH_FOR_STEPS / 10:
            isotonic = IsotonicRegression(out_of_bounds="clip")
            return cls(isotonic.fit(score, truth), steps=True)
        logistic = LogisticRegression(C=100)
        return cls(logistic.fit(_bent(score)[:, None], truth), steps=False)

    def probability(self, score: Vector) -> Vector:
        """How likely the positive class is."""
        if self.steps:
            found = self.model.predict(score)
        else:
            found = self.model.predict_proba(_bent(score)[:, None])[:, 1]
        return np.asarray(np.clip(found, CERTAIN, 1 - CERTAIN))

    def draw(self, rows: Rows, seed: int) -> Labelled:
        """Positive as often as the probability says."""
        chance = self.probability(rows.array("score"))
        truth = _even(len(rows), rows.draws, seed) < chance[:, None]
        return Labelled(
            truth.ravel().astype(np.int8),
            np.repeat(rows.array("predicted").astype(np.int8), rows.draws),
            np.repeat(rows.array("score"), rows.draws),
            rows.classes,
        )


@dataclass(frozen=True, slots=True)
class Hits:
    """The chance that a predicted class is right, and what is true where it is not.

    `right` has the reference's share per predicted class; `wrong` its true classes
    where the prediction was wrong, one row per predicted class.
    """

    classes: tuple[str, ...]
    right: Vector
    wrong: Vector
    inputs: Inputs | None
    trees: Any

    @classmethod
    def learn(cls, rows: Rows, features: Sequence[str]) -> "Hits":
        """Shares per predicted class, and trees on class and features where they help."""
        truth = rows.array("truth").astype(int)
        called = rows.array("predicted").astype(int)
        size = len(rows.classes)
        counts = np.zeros((size, size))
        np.add.at(counts, (called, truth), 1.0)
        hits = np.diag(counts)
        overall = hits.sum() / len(rows)
        right = (hits + overall) / (counts.sum(axis=1) + 1)
        missed = counts - np.diag(hits)
        wrong = missed + 0.5 * (missed.sum(axis=0) + 1e-3) / (
            missed.sum() + 1e-3 * size
        )
        np.fill_diagonal(wrong, 0.0)
        inputs, trees = _hit_trees(rows, features, truth == called, right[called])
        return cls(rows.classes, right, wrong, inputs, trees)

    def chance(self, rows: Rows) -> Vector:
        """How likely each prediction is right."""
        called = self._own_codes(rows)
        base = np.where(called < 0, self.right.mean(), self.right[called])
        if self.trees is not None:
            assert self.inputs is not None
            features = self.inputs.matrix(rows.features, base)
            with one_thread():
                base = self.trees.predict_proba(features)[:, 1]
        return np.clip(base, CERTAIN, 1 - CERTAIN)

    def draw(self, rows: Rows, seed: int) -> Labelled:
        """Right as often as the chance says; otherwise one of the other classes."""
        chance, called = self.chance(rows), self._own_codes(rows)
        place = _even(len(rows), rows.draws, seed)
        missed = place >= chance[:, None]
        rest = np.clip((place - chance[:, None]) / (1 - chance[:, None]), 0, 1 - 1e-9)
        truth = np.repeat(called[:, None], rows.draws, axis=1)
        for code in np.unique(called):
            law = self.wrong[code] if code >= 0 else self.wrong.sum(axis=0)
            edges = np.cumsum(law) / law.sum()
            mine = missed & (called == code)[:, None]
            truth[mine] = np.searchsorted(edges, rest[mine], side="right")
        unknown = len(self.classes)
        predicted = np.repeat(np.where(called < 0, unknown, called), rows.draws)
        drawn = truth.ravel()
        drawn = np.where(drawn < 0, unknown, drawn)
        return Labelled(drawn, predicted, None, (*self.classes, "unseen"))

    def _own_codes(self, rows: Rows) -> NDArray[np.intp]:
        """The predicted classes by the reference's numbers; -1 is one it never had."""
        place = {name: code for code, name in enumerate(self.classes)}
        own = np.array([place.get(name, -1) for name in rows.classes], dtype=np.intp)
        codes: NDArray[np.intp] = own[rows.array("predicted").astype(int)]
        return codes


@dataclass(frozen=True, slots=True)
class Errors:
    """The expected absolute error of a row, and the reference's errors in units of it."""

    inputs: Inputs | None
    trees: Any
    usual: float
    units: Vector

    @classmethod
    def learn(cls, rows: Rows, features: Sequence[str]) -> "Errors":
        """Trees on prediction and features where there are rows for it, else one number."""
        error = rows.array("truth") - rows.array("predicted")
        size = np.abs(error)
        usual = max(float(size.mean()), 1e-12)
        inputs = trees = None
        if len(rows) >= ENOUGH_FOR_TREES and size.max() > 0:
            inputs = Inputs.learn(rows.features, features, size)
            trees = grown_for_size(
                inputs.matrix(rows.features, rows.array("predicted")), size / usual
            )
        made = cls(inputs, trees, usual, np.zeros(1))
        units = np.sort(error / made.expected(rows))
        places = np.linspace(0, len(units) - 1, min(len(units), 2000)).astype(int)
        return replace(made, units=units[places])

    def expected(self, rows: Rows) -> Vector:
        """The absolute error to expect of each row."""
        if self.trees is None:
            return np.full(len(rows), self.usual)
        assert self.inputs is not None
        matrix = self.inputs.matrix(rows.features, rows.array("predicted"))
        with one_thread():
            found: Vector = np.maximum(self.trees.predict(matrix), 1e-3) * self.usual
        return found

    def draw(self, rows: Rows, seed: int) -> Labelled:
        """The prediction plus an error as the reference's were, at the expected size."""
        place = _even(len(rows), rows.draws, seed)
        units = self.units[(place * len(self.units)).astype(int)]
        predicted = np.repeat(rows.array("predicted"), rows.draws)
        error = (units * self.expected(rows)[:, None]).ravel()
        return Labelled(predicted + error, predicted)


def _even(rows: int, draws: int, seed: int) -> Vector:
    """Per row, numbers in [0, 1) spread evenly: the drawn shares are nearly exact."""
    offset = np.random.default_rng(seed).random((rows, 1))
    places: Vector = (np.arange(draws) + offset) / draws
    return places


def _bent(score: Vector) -> Vector:
    """A probability on the logit; any other score as it is."""
    if score.min() < 0 or score.max() > 1:
        return score
    inside = np.clip(score, CERTAIN, 1 - CERTAIN)
    bent: Vector = np.log(inside / (1 - inside))
    return bent


def _hit_trees(
    rows: Rows, features: Sequence[str], hit: NDArray[np.bool_], base: Vector
) -> tuple[Inputs | None, Any]:
    rarer = min(int(hit.sum()), int((~hit).sum()))
    if len(rows) < ENOUGH_FOR_TREES or rarer < ENOUGH_FOR_TREES / 10:
        return None, None
    inputs = Inputs.learn(rows.features, features, hit.astype(float))
    return inputs, grown_for_chance(inputs.matrix(rows.features, base), hit)
