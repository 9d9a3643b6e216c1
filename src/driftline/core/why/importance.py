"""How much each column matters to this model."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from driftline.core.reference import Reference
from driftline.core.roles import Roles
from driftline.core.why.encoding import Array
from driftline.core.why.surrogate import (
    CAREFUL,
    QUICK,
    Examples,
    Growth,
    Surrogate,
    examples_of,
    learn_from,
    outputs,
)

SHUFFLED_ROWS = 4000
"""Rows on which a column is shuffled, at most."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What an answer may cost: the trees, and the rows on which a column is shuffled."""

    growth: Growth
    shuffled: int


THOROUGH = Effort(CAREFUL, SHUFFLED_ROWS)
BRIEF = Effort(QUICK, 250)
"""For answers of which only the order counts, and that are compared with their like."""

CELLS_AT_ONCE = 1_000_000
"""Trees are asked about several shuffled columns at a time, up to so many numbers."""

FAITHFUL = 0.1
"""The least fidelity at which a surrogate is asked at all."""


def importances(reference: Reference, roles: Roles, seed: int = 0) -> dict[str, float]:
    """Each feature's share of what moves the model's score: shares that sum to 1.

    By shuffling the column before a surrogate of the model, learned from the reference's
    sample (see `shuffled`). With few rows, or a score that the features do not explain,
    by rank correlation with the score. Equal shares where neither says anything, or where
    no sample is kept. The same reference and seed give the same shares. A reference that
    was stored with them is not asked again, since it takes a second.
    """
    columns = roles.features_among(list(reference.plan.columns))
    if reference.importances.keys() >= set(columns):
        return shares(reference.importances, columns)
    if reference.sample is None:
        return shares({}, columns)
    return importances_on(reference.sample, columns, roles, seed)


def importances_on(
    table: pl.DataFrame,
    columns: Sequence[str],
    roles: Roles,
    seed: int = 0,
    effort: Effort = THOROUGH,
) -> dict[str, float]:
    """`importances` on any rows."""
    found = [
        _moved(examples_of(table, columns, target), seed, effort)
        for target in outputs(table, roles).values()
    ]
    total = {name: sum(each.get(name, 0.0) for each in found) for name in columns}
    return shares(total, columns)


def shuffled(
    surrogate: Surrogate, rows: Array, seed: int, most: int
) -> dict[str, float]:
    """By how much the score of a row moves, on average, when one column is shuffled.

    The same mean absolute change for which SHAP's summary plots are read (Breiman, "Random
    forests", 2001, section 10 shuffles; Lundberg and Lee, 2017, average).
    """
    rng = np.random.default_rng(seed)
    if len(rows) > most:
        rows = rows[np.sort(rng.choice(len(rows), most, replace=False))]
    before, order = surrogate.predict(rows), rng.permutation(len(rows))
    together = max(CELLS_AT_ONCE // max(rows.size, 1), 1)
    moved: dict[str, float] = {}
    for first in range(0, len(surrogate.columns), together):
        names = surrogate.columns[first : first + together]
        tried = np.tile(rows, (len(names), 1)).reshape(len(names), *rows.shape)
        for turn, place in enumerate(range(first, first + len(names))):
            tried[turn, :, place] = rows[order, place]
        found = surrogate.predict(tried.reshape(-1, rows.shape[1]))
        apart = np.abs(found.reshape(len(names), -1) - before).mean(axis=1)
        moved |= dict(zip(names, apart.tolist(), strict=True))
    return moved


def shares(parts: Mapping[str, float], columns: Sequence[str]) -> dict[str, float]:
    """The parts divided by their sum; equal shares where all are 0.

    >>> shares({"a": 3.0, "b": 1.0}, ["a", "b"])
    {'a': 0.75, 'b': 0.25}
    """
    total = sum(parts.get(name, 0.0) for name in columns)
    if total <= 0:
        return dict.fromkeys(columns, 1 / max(len(columns), 1))
    return {name: parts.get(name, 0.0) / total for name in columns}


def _moved(examples: Examples, seed: int, effort: Effort) -> dict[str, float]:
    surrogate = learn_from(examples, seed, effort.growth)
    if surrogate is not None and surrogate.fidelity >= FAITHFUL:
        return shuffled(surrogate, examples.rows, seed, effort.shuffled)
    return _correlations(examples)


def _correlations(examples: Examples) -> dict[str, float]:
    """|Spearman's correlation| with the target, categories in the order of their means.

    Its square is taken less what this number of rows shows of unrelated columns, 1 / n.
    """
    target = examples.target
    if len(target) < 3:
        return {}
    ranks = pl.Series(target).rank().to_numpy()
    squares = {
        name: _correlation(values, ranks) ** 2 - 1 / len(target)
        for name, values in zip(examples.encoding.columns, examples.rows.T, strict=True)
    }
    return {name: math.sqrt(max(square, 0.0)) for name, square in squares.items()}


def _correlation(values: Array, ranks: Array) -> float:
    """Of the values that are there."""
    known = np.isfinite(values)
    if known.sum() < 3:
        return 0.0
    own = pl.Series(values[known]).rank().to_numpy()
    if np.ptp(own) == 0 or np.ptp(ranks[known]) == 0:
        return 0.0
    return float(abs(np.corrcoef(own, ranks[known])[0, 1]))
