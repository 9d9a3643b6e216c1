"""Whether the model still listens to its columns in the order that it used to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from driftline.core.bounds.tails import student_quantile
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.roles import Roles
from driftline.core.why.importance import BRIEF, importances_on, shares
from driftline.core.why.surrogate import FEW_ROWS

MOST_ROWS = 1000
"""Rows of a block, at most: a ranking needs no more."""

MOST_BLOCKS = 6

FEW_BLOCKS = 3
"""With fewer blocks of the reference no bound is set."""

RATE = 0.002
"""How rarely an unchanged model's ranking leaves its bound."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Importances in the reference, and the NDCG of its own blocks of `rows` rows."""

    importances: dict[str, float]
    usual: tuple[float, ...]
    rows: int


def ndcg(reference: Mapping[str, float], current: Mapping[str, float]) -> float:
    """How well today's order of columns ranks the reference's importances: 1 is the same.

    Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002): importances
    summed in today's order, the n-th divided by log2(n + 1), over the same sum in the
    best order.

    >>> round(ndcg({"a": 3.0, "b": 2.0, "c": 0.0}, {"a": 1.0, "b": 2.0, "c": 0.0}), 4)
    0.9134
    """
    order = sorted(reference, key=lambda name: (-current.get(name, 0.0), name))
    gain = _discounted([reference[name] for name in order])
    best = _discounted(sorted(reference.values(), reverse=True))
    return gain / best if best > 0 else 1.0


def rank_reference(
    sample: pl.DataFrame, columns: Sequence[str], roles: Roles, rows: int, seed: int = 0
) -> Ranking:
    """The reference's ranking, and what that of as many of its rows as today strays.

    Blocks are of neighbouring windows; each is compared with the mean of the others.
    """
    size = min(max(rows, FEW_ROWS), MOST_ROWS)
    count = min(sample.height // size, MOST_BLOCKS)
    stride = sample.height // max(count, 1)
    blocks = [
        importances_on(
            sample[n * stride : n * stride + size], columns, roles, seed, BRIEF
        )
        for n in range(count)
    ]
    usual = [
        ndcg(_mean([b for other, b in enumerate(blocks) if other != n], columns), block)
        for n, block in enumerate(blocks)
    ]
    return Ranking(_mean(blocks, columns), tuple(usual), size)


def judge_attribution(
    ranking: Ranking, current: pl.DataFrame, roles: Roles, seed: int = 0
) -> Finding:
    """Today's ranking against the reference's; unknown with too few rows on either side."""
    if current.height < FEW_ROWS or len(ranking.usual) < FEW_BLOCKS:
        return _unknown(ranking, current.height)
    columns = list(ranking.importances)
    some = _some(current, ranking.rows)
    today = importances_on(some, columns, roles, seed, BRIEF)
    value, bounds = ndcg(ranking.importances, today), _bounds(ranking.usual)
    inside = bounds.contain(value)
    return Finding(
        Topic.DRIFT,
        "model",
        "attribution",
        Outcome.OK if inside else Outcome.BREACHED,
        Severity.INFO,
        _said(ranking.importances, today, inside=inside),
        value=value,
        bounds=bounds,
        evidence={
            "usual": float(np.median(ranking.usual)),
            "reference": ranking.importances,
            "current": today,
        },
    )


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def _mean(
    blocks: Sequence[Mapping[str, float]], columns: Sequence[str]
) -> dict[str, float]:
    total = {name: sum(block[name] for block in blocks) for name in columns}
    return shares(total, columns)


def _some(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """Evenly picked rows, as many as a block of the reference has."""
    picked = np.linspace(0, rows.height - 1, min(count, rows.height)).astype(int)
    return rows[np.unique(picked)]


def _bounds(usual: Sequence[float]) -> Bounds:
    """A Student prediction bound below, never above the least that the reference showed."""
    values = np.asarray(usual)
    reach = student_quantile(RATE, len(values) - 1) * math.sqrt(1 + 1 / len(values))
    lower = min(float(values.mean() - reach * values.std(ddof=1)), float(values.min()))
    return Bounds(lower=lower, origin=f"{len(values)} blocks of the reference's rows")


def _said(
    reference: Mapping[str, float], today: Mapping[str, float], *, inside: bool
) -> str:
    if inside:
        return "the model listens to its columns in the order of the reference"
    old, new = _order(reference), _order(today)
    moved = sorted(old, key=lambda name: reference[name] - today[name])
    risen, fallen = moved[0], moved[-1]
    return (
        "the model listens to its columns in another order: "
        f"{risen} from place {old.index(risen) + 1} to {new.index(risen) + 1}, "
        f"{fallen} from {old.index(fallen) + 1} to {new.index(fallen) + 1}"
    )


def _order(importances: Mapping[str, float]) -> list[str]:
    return sorted(importances, key=lambda name: (-importances[name], name))


def _unknown(ranking: Ranking, rows: int) -> Finding:
    needed = FEW_ROWS if rows < FEW_ROWS else FEW_BLOCKS * ranking.rows
    side = "the slice has" if rows < FEW_ROWS else "the reference keeps"
    return Finding(
        Topic.DRIFT,
        "model",
        "attribution",
        Outcome.UNKNOWN,
        Severity.INFO,
        f"the order of importances cannot be told: {side} fewer than {needed:,} rows",
        evidence={"needed": needed, "rows": rows},
    )
