"""Where predictions got worse: rows found by a shallow tree, and shown on other rows."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from driftline.core.reference import WINDOW
from driftline.core.why.conditions import (
    Condition,
    all_hold,
    candidates,
    in_words,
    simplest,
)
from driftline.core.why.encoding import Array, as_numbers

DEPTH = 3

LEAST_ROWS = 30
"""Rows of a segment, at least; and a twentieth of the rows."""

ENOUGH_ROWS = 300
"""Labelled rows from which on segments are looked for."""

MOST_CATEGORIES = 12

TESTED = 3
"""Nodes of the tree that are tested: the most marked ones."""

SURE = 0.01
"""How likely a segment may be to show by chance, over all that are tested."""


@dataclass(frozen=True, slots=True)
class Side:
    """Labelled rows, what each lost, and what was to be expected of it."""

    rows: pl.DataFrame
    lost: Array
    expected: Array

    def where(self, keep: pl.Series) -> "Side":
        """The rows that are marked."""
        mask = keep.to_numpy()
        return Side(self.rows.filter(keep), self.lost[mask], self.expected[mask])

    @property
    def unexpected(self) -> Array:
        """What each row lost beyond what was to be expected."""
        return self.lost - self.expected


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows that lose more than such rows did in the reference, and than the others do now.

    `loss`, `rows` and `share` are of today's rows by which the segment was not found.
    """

    conditions: tuple[Condition, ...]
    loss: float
    reference_loss: float
    rows: int
    share: float
    chance: float

    @property
    def name(self) -> str:
        """The conditions in words."""
        return in_words(self.conditions)


def worst_segments(
    reference: Side, current: Side, columns: Sequence[str]
) -> list[Segment]:
    """The segments that a tree finds on half of today's rows and the other half confirms.

    At most `TESTED`, the worst in all first: a segment's rows times what each loses more.
    None with fewer than `ENOUGH_ROWS` labelled rows.
    """
    if len(current.lost) < ENOUGH_ROWS or not len(reference.lost):
        return []
    odd = pl.int_range(len(current.lost), eager=True) % 2 == 1
    found, held = current.where(odd), current.where(~odd)
    tested = _nodes(found, columns)[:TESTED]
    shown = [_confirmed(node, reference, held) for node in tested]
    sure = [s for s in shown if s is not None and s.chance * len(tested) < SURE]
    return sorted(
        sure, key=lambda s: s.rows * (s.loss - s.reference_loss), reverse=True
    )


def _nodes(found: Side, columns: Sequence[str]) -> list[tuple[Condition, ...]]:
    """Nodes of a shallow tree on what was lost unexpectedly, the most marked first.

    By mean excess times the root of the rows, so that a split by chance does not win over
    the node that it splits. None holds another.
    """
    from sklearn.tree import DecisionTreeRegressor

    least = max(LEAST_ROWS, len(found.lost) // 20)
    splits = candidates(found.rows, columns, MOST_CATEGORIES, least)
    if not splits:
        return []
    grown = DecisionTreeRegressor(
        max_depth=DEPTH, min_samples_leaf=least, random_state=0
    )
    excess = found.unexpected - found.unexpected.mean()
    tree = grown.fit(_matrix(found.rows, splits), excess).tree_
    marked = tree.value.ravel() * np.sqrt(tree.n_node_samples)
    chosen: list[_Node] = []
    for node in sorted(_walk(tree, splits), key=lambda node: -marked[node.number]):
        related = any(node.is_kin_of(other) for other in chosen)
        if marked[node.number] > 0 and node.path and not related:
            chosen.append(node)
    return [simplest(node.path) for node in chosen]


def _matrix(rows: pl.DataFrame, splits: Sequence[Condition]) -> Array:
    """A column per candidate: 0 or 1 of a category, numbers with missing ones lowest."""
    return np.column_stack([_tried(rows, split) for split in splits])


def _tried(rows: pl.DataFrame, split: Condition) -> Array:
    if isinstance(split.value, str):
        return split.holds(rows).cast(pl.Float64).to_numpy()
    values = as_numbers(rows[split.column])
    return np.clip(np.nan_to_num(values, nan=-math.inf), -1e30, 1e30)


@dataclass(frozen=True, slots=True)
class _Node:
    """A node of a tree and the conditions that lead there."""

    number: int
    path: tuple[Condition, ...]

    def is_kin_of(self, other: "_Node") -> bool:
        """Whether one lies within the other."""
        shorter = min(len(self.path), len(other.path))
        return self.path[:shorter] == other.path[:shorter]


def _walk(tree: Any, splits: Sequence[Condition]) -> Iterator[_Node]:
    """Every node of scikit-learn's arrays."""
    left, right = tree.children_left, tree.children_right
    waiting = [_Node(0, ())]
    while waiting:
        node = waiting.pop()
        yield node
        at = node.number
        if left[at] == right[at]:
            continue
        no, yes = _sides(splits[tree.feature[at]], float(tree.threshold[at]))
        waiting.append(_Node(left[at], (*node.path, no)))
        waiting.append(_Node(right[at], (*node.path, yes)))


def _sides(split: Condition, threshold: float) -> tuple[Condition, Condition]:
    """The condition of the lower and of the upper branch."""
    if isinstance(split.value, str):
        return replace(split, sign="≠"), split
    return replace(split, sign="≤", value=threshold), replace(split, value=threshold)


def _confirmed(
    conditions: tuple[Condition, ...], reference: Side, held: Side
) -> Segment | None:
    """The segment on rows by which it was not found; None where a side has too few."""
    inside = all_hold(conditions, held.rows)
    now, others = held.where(inside), held.where(~inside)
    before = all_hold(conditions, reference.rows)
    then, others_then = reference.where(before), reference.where(~before)
    if min(len(now.lost), len(then.lost)) < LEAST_ROWS or not len(others_then.lost):
        return None
    than_then = _chance(now, then)
    than_others = (
        _chance(now, then, others, others_then) if len(others.lost) > 1 else 0.0
    )
    return Segment(
        conditions,
        loss=float(now.lost.mean()),
        reference_loss=float(then.lost.mean()),
        rows=len(now.lost),
        share=len(now.lost) / len(held.lost),
        chance=max(than_then, than_others),
    )


def _chance(now: Side, then: Side, *others: Side) -> float:
    """How likely so much more is lost unexpectedly now than then, if nothing changed.

    With two more sides: so much more than the change from the last to the one before.
    """
    from scipy.special import stdtr

    signs = (1, -1, -1, 1)
    more = sum(
        sign * float(side.unexpected.mean())
        for sign, side in zip(signs, (now, then, *others), strict=False)
    )
    noise = sum(_variance(side) for side in (now, then, *others)) + _between(then)
    days = then.rows[WINDOW].n_unique() if WINDOW in then.rows.columns else 30
    if noise <= 0:
        return 0.0 if more > 0 else 1.0
    return float(stdtr(max(days - 1, 1), -more / math.sqrt(noise)))


def _variance(side: Side) -> float:
    """Of the mean, by sampling."""
    return float(side.unexpected.var()) / max(len(side.lost), 1)


def _between(side: Side) -> float:
    """The variance between days beyond sampling: what any day may be off by."""
    if WINDOW not in side.rows.columns:
        return 0.0
    daily = (
        pl.DataFrame({"day": side.rows[WINDOW], "x": side.unexpected})
        .group_by("day")
        .agg(pl.col("x").mean().alias("mean"), pl.len().alias("rows"))
        .filter(pl.col("rows") >= 2)
    )
    if daily.height < 3:
        return 0.0
    sampling = float(side.unexpected.var()) * float(
        np.mean(1 / daily["rows"].to_numpy())
    )
    return max(float(np.var(daily["mean"].to_numpy(), ddof=1)) - sampling, 0.0)
