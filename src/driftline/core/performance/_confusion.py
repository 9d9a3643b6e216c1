"""Counts of label by prediction, and the errors of metrics that are made of them."""

import math
from typing import Any

import numpy as np

from driftline.core.performance._interval import on_logit_scale, wilson
from driftline.core.performance._metric import Array, Labelled, Unmeasured
from driftline.core.reference import Measured

SHOWN_CLASSES = 12
"""How many classes are shown to a person, the most frequent first."""


def confusion_matrix(rows: Labelled) -> Array:
    """Rows counted by class of the label (down) and of the prediction (across).

    >>> confusion_matrix(Labelled.of([1, 0, 1, 1], [1, 0, 0, 1])).tolist()
    [[1, 0], [1, 2]]
    """
    highest = max(rows.truth.max(initial=0), rows.predicted.max(initial=0))
    size = max(len(rows.classes), int(highest) + 1, 2)
    cell = rows.truth.astype(np.int64) * size + rows.predicted
    counts = np.bincount(cell, rows.weight(), minlength=size * size)
    return counts.astype(np.int64).reshape(size, size)


def per_class(rows: Labelled) -> list[dict[str, Any]]:
    """Precision, recall, F1 and rows of each class, the most frequent first.

    Each number comes with its 95 % interval (Wilson's; F1's by way of Jaccard's index).
    What has no rows to divide by is None.
    """
    matrix = confusion_matrix(rows)
    order = np.argsort(-matrix.sum(axis=1), kind="stable")[:SHOWN_CLASSES]
    return [_one_class(matrix, int(index), rows.classes) for index in order]


def shown_matrix(rows: Labelled) -> dict[str, Any] | None:
    """The matrix as plain values, or None when it has too many classes to read."""
    matrix = confusion_matrix(rows)
    if len(matrix) > SHOWN_CLASSES:
        return None
    names = [_name(index, rows.classes) for index in range(len(matrix))]
    return {"classes": names, "counts": matrix.tolist()}


def share_of(part: float, whole: float, rows: int) -> Measured:
    """A proportion of counts with Wilson's interval."""
    lower, upper = wilson(part / whole, whole)
    return Measured(part / whole, lower, upper, rows)


def averaged(value: float, matrix: Array, gradient: Array) -> Measured:
    """A function of the cell shares with its interval by the delta method.

    `gradient` is the derivative by each cell's share; cells are multinomial.
    """
    total = int(matrix.sum())
    shares = matrix / total
    centre = float((shares * gradient).sum())
    variance = float((shares * (gradient - centre) ** 2).sum()) / total
    lower, upper = on_logit_scale(value, math.sqrt(variance), total)
    return Measured(value, lower, upper, total)


def margins(matrix: Array) -> tuple[Array, Array, Array]:
    """Shares of rows on the diagonal, by label, and by prediction, of classes in use."""
    shares = matrix / matrix.sum()
    return shares.diagonal(), shares.sum(axis=1), shares.sum(axis=0)


def in_use(matrix: Array) -> Array:
    """The matrix without classes that neither a label nor a prediction has."""
    used = (matrix.sum(axis=0) + matrix.sum(axis=1)) > 0
    return matrix[np.ix_(used, used)]


def quotient(part: Array, whole: Array) -> Array:
    """Elementwise division where nothing over nothing is 0."""
    zero = np.zeros(np.broadcast(part, whole).shape)
    return np.divide(part, whole, out=zero, where=np.asarray(whole) > 0)


def no_class(name: str) -> Unmeasured:
    """The reason when a binary metric divides by a class that no row has."""
    return Unmeasured(f"no row is {name}")


def _one_class(matrix: Array, index: int, classes: tuple[str, ...]) -> dict[str, Any]:
    hits = int(matrix[index, index])
    labelled, predicted = int(matrix[index].sum()), int(matrix[:, index].sum())
    concerned = labelled + predicted - hits
    jaccard = _interval(hits, concerned)
    return {
        "class": _name(index, classes),
        "rows": labelled,
        "precision": hits / predicted if predicted else None,
        "precision_interval": _interval(hits, predicted),
        "recall": hits / labelled if labelled else None,
        "recall_interval": _interval(hits, labelled),
        "f1": 2 * hits / (hits + concerned) if concerned else None,
        "f1_interval": jaccard and [2 * end / (1 + end) for end in jaccard],
    }


def _interval(part: int, whole: int) -> list[float] | None:
    return list(wilson(part / whole, whole)) if whole else None


def _name(index: int, classes: tuple[str, ...]) -> str:
    return classes[index] if index < len(classes) else str(index)
