"""A domain classifier: whether a day's rows can be told from the reference's at all.

It sees what no column and no pair shows, at the price of a few small fits; a monitor
asks for it by `drift.classifier`. Its yardstick is how well the reference's own days
can be told from each other (Lopez-Paz and Oquab, 2017, with days in place of rows).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.bounds.threshold import ENOUGH_DAYS, Array, Spread
from driftline.core.drift import Statistic
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.joint.association import joint_share
from driftline.core.joint.coding import Coding, codings
from driftline.core.one_thread import one_thread_of
from driftline.core.profiles.plan import Kind
from driftline.core.reference import WINDOW, Reference
from driftline.core.tree_rows import with_a_value

Matrix = npt.NDArray[np.float64]

DAYS, DAY_ROWS, OTHER_ROWS = 20, 600, 2_000
"""Reference days that are told apart, and rows of a day and of the others at most."""

SHOWN = 3
"""Columns named as those by which the day is told."""

FACTS = joint_share(
    description="chance that a classifier tells a row of the day from one of the reference",
    sentence="a classifier tells {subject} from the reference's in {value} of pairs",
)


@dataclass(frozen=True, slots=True)
class DomainSpread:
    """How well each of some reference days can be told from the others."""

    codings: tuple[Coding, ...]
    others: Matrix
    spread: Spread
    seed: int = field(default=0)


def measure_domain(
    reference: Reference, columns: Sequence[str], seed: int
) -> DomainSpread | None:
    """The yardstick, or None where the reference has no sample of enough days."""
    sample = reference.sample
    if sample is None or sample[WINDOW].n_unique() < ENOUGH_DAYS:
        return None
    coded = tuple(codings(sample, reference.plan.columns, columns))
    rows, days = _coded(coded, sample), sample[WINDOW].rle_id().to_numpy()
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(int(days.max()) + 1)[:DAYS]
    told = np.array(
        [
            told_apart(_few(rows[days == day], DAY_ROWS, rng), rows[days != day], rng)[
                0
            ]
            for day in chosen
        ]
    )
    usual = float(np.median([(days == day).sum() for day in chosen]))
    spread = Spread(
        Statistic(_no_columns, FACTS), told, np.array([]), usual, len(rows), 0.0
    )
    return DomainSpread(coded, rows, spread, seed)


def judge_domain(
    domain: DomainSpread, table: pl.DataFrame, rate: float
) -> list[Finding]:
    """A warning when the day is told from the reference better than its own days are."""
    if any(coding.column not in table.columns for coding in domain.codings):
        return []
    rng = np.random.default_rng(domain.seed)
    rows = _few(_coded(domain.codings, table), DAY_ROWS, rng)
    value, by = told_apart(rows, domain.others, rng)
    bounds = domain.spread.bounds(len(rows), rate)
    if bounds.contain(value):
        return []
    most = [i for i in np.argsort(by)[::-1][:SHOWN] if by[i] > 0]
    names = [domain.codings[i].column for i in most]
    return [_finding(domain.spread, value, bounds, names)]


def _finding(
    spread: Spread, value: float, bounds: Bounds, names: Sequence[str]
) -> Finding:
    """The columns in `names` give most of it, the first one the most."""
    return Finding(
        Topic.DRIFT,
        "rows",
        "classifier",
        Outcome.BREACHED,
        Severity.WARNING,
        f"{FACTS.said('the rows', value, None, bounds.upper)}, mostly by {', '.join(names)}",
        value=value,
        bounds=bounds,
        evidence={
            "role": "joint",
            "soft": True,
            "partners": list(names),
            "usual": spread.usual,
            "reference_days": len(spread.values),
        },
    )


def told_apart(
    day: Matrix, others: Matrix, rng: np.random.Generator
) -> tuple[float, Array]:
    """The area under the curve on rows that were not learned from, and what it takes.

    The second is how much of it each column gives, by shuffling the column.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    other = _few(others, OTHER_ROWS, rng)
    rows = np.vstack([day, other])
    truth = np.concatenate([np.ones(len(day)), np.zeros(len(other))])
    held = np.arange(len(rows)) % 2 == 0
    trees = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=8, early_stopping=False, random_state=0
    )
    with one_thread_of("openmp"):
        trees.fit(with_a_value(rows[~held]), truth[~held])
        return _areas(trees, rows[held], truth[held], rng)


def _areas(
    trees: Any, rows: Matrix, truth: Array, rng: np.random.Generator
) -> tuple[float, Array]:
    """The area under the curve of these rows, and how much of it each column gives."""
    told = _area(trees.predict_proba(rows)[:, 1], truth)
    by = np.zeros(rows.shape[1])
    for column in range(rows.shape[1]):
        mixed = rows.copy()
        mixed[:, column] = rng.permutation(mixed[:, column])
        by[column] = told - _area(trees.predict_proba(mixed)[:, 1], truth)
    return told, by


def _area(scores: Array, truth: Array) -> float:
    """The Mann-Whitney form of the area under the curve, ties counted half."""
    order, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    ones = truth.sum()
    below = ranks[inverse][truth == 1].sum() - ones * (ones + 1) / 2
    return float(below / (ones * (len(order[inverse]) - ones)))


def _coded(coded: Sequence[Coding], table: pl.DataFrame) -> Matrix:
    """Numbers as they are, categories by how often the reference has them."""
    columns = []
    for coding in coded:
        if coding.kind is Kind.NUMERIC and table[coding.column].dtype.is_numeric():
            column = table[coding.column].cast(pl.Float64).to_numpy()
        else:
            codes = coding.codes(table)
            column = np.zeros(table.height) if codes is None else codes.astype(float)
        columns.append(np.where(np.isfinite(column), column, np.nan))
    return np.column_stack(columns)


def _few(rows: Matrix, most: int, rng: np.random.Generator) -> Matrix:
    if len(rows) <= most:
        return rows[rng.permutation(len(rows))]
    return rows[rng.choice(len(rows), most, replace=False)]


def _no_columns(*_: object) -> float:
    """A statistic of whole rows is none of two columns' profiles."""
    return float("nan")
