"""Champion against challenger on the same held-out rows.

Both models' errors share the rows' difficulty; comparing row by row removes it, so that
a small true gain shows on far fewer rows than two separate intervals would need.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from driftline.core.labelled import Aligned, align
from driftline.core.performance._delong import error_of, placements
from driftline.core.performance._metric import (
    Array,
    Labelled,
    Metric,
    Unmeasured,
    load_metric,
)
from driftline.core.realised import segment_masks
from driftline.core.reference import Measured
from driftline.core.roles import Roles

FEW_DAYS = 8
"""With fewer held-out days rows are resampled one by one, not by day."""

WORK = 20_000_000
"""Rows visited by one bootstrap at most; it has 200 to 1,000 resamples."""

MOST_ROWS = 50_000
"""Rows in one resample at most; fewer than there are makes the interval wider, not wrong."""


@dataclass(frozen=True, slots=True)
class PromotionRule:
    """When a challenger replaces the champion.

    The gain in `metric` must reach `margin` (in the metric's unit) and be above 0 with
    97.5 % confidence. A guard segment blocks when it is worse by more than `tolerance`
    and the 95 % interval of that loss leaves out 0.
    """

    metric: str
    margin: float = 0.0
    tolerance: float = 0.02
    min_rows: int = 200
    min_segment_rows: int = 200


@dataclass(frozen=True, slots=True)
class Contest:
    """One paired comparison. A positive `gain` is better, whatever the metric.

    `lower` and `upper` enclose the gain with 95 % confidence (paired bootstrap, by day
    where days are given). `p_value` is two-sided, from the named `test`.
    """

    metric: str
    champion: Measured
    challenger: Measured
    gain: float
    lower: float
    upper: float
    p_value: float
    rows: int
    better: bool
    reason: str
    test: str = ""
    segment: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Promotion:
    """Whether to move the alias, why, and the arithmetic behind it.

    `contest` is None where there was nothing to compare; `reason` says why.
    """

    promote: bool
    reason: str
    contest: Contest | None = None
    guards: tuple[Contest, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "promote": self.promote,
            "reason": self.reason,
            "contest": self.contest.to_json() if self.contest else None,
            "guards": [guard.to_json() for guard in self.guards],
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """The same rows as both models see them; `days` numbers each row's day, or is None."""

    champion: Labelled
    challenger: Labelled
    days: Array | None = None

    def __len__(self) -> int:
        return len(self.champion)


def decide_promotion(
    table: pl.DataFrame,
    roles: Roles,
    challenger: pl.Series,
    rule: PromotionRule,
    rng: np.random.Generator,
    days: pl.Series | None = None,
) -> Promotion:
    """Compare the challenger's predictions with those in the table, row by row.

    `challenger` has one prediction per row: a probability (or class) in a binary task,
    otherwise a class or a value. `days`, when given, names each row's day; rows of a
    day are resampled together, since they share weather, holidays and campaigns.
    """
    name = roles.prediction
    theirs = table.with_columns(challenger.alias(name))
    sides = (align(table, roles), align(theirs, replace(roles, score=None)))
    for side, who in zip(sides, ("champion", "challenger"), strict=True):
        if isinstance(side, Unmeasured):
            return Promotion(False, f"the {who} cannot be measured: {side.reason}")
    old, new = (side for side in sides if isinstance(side, Aligned))
    both = old.is_complete & new.is_complete
    pair = _pair(old, new, both, days)
    if len(pair) < rule.min_rows:
        return Promotion(
            False, f"{len(pair):,} held-out rows; {rule.min_rows:,} needed"
        )
    contest = compare(pair, rule.metric, rng, rule.margin)
    if isinstance(contest, Unmeasured):
        return Promotion(False, contest.reason)
    masks = (
        segment_masks(table, old, roles, rule.min_segment_rows)
        if contest.better
        else {}
    )
    guards = []
    for segment, mask in masks.items():
        guard = compare(_pair(old, new, both & mask, days), rule.metric, rng)
        if isinstance(guard, Contest):
            guards.append(replace(guard, segment=segment))
    return _decided(contest, tuple(guards), rule)


def compare(
    pair: Pair, metric: str, rng: np.random.Generator, margin: float = 0.0
) -> Contest | Unmeasured:
    """The challenger's gain on the rows both can be measured on.

    The p-value is DeLong's (1988) for the ROC AUC, McNemar's (1947) for accuracy, and
    otherwise the bootstrap's.
    """
    measure = load_metric(metric)
    measured = [measure(rows) for rows in (pair.champion, pair.challenger)]
    for found, who in zip(measured, ("champion", "challenger"), strict=True):
        if isinstance(found, Unmeasured):
            return Unmeasured(f"{metric} of the {who} is not measured: {found.reason}")
    old, new = (found for found in measured if isinstance(found, Measured))
    gain = measure.facts.gain(old.value, new.value)
    gains = _resampled_gains(pair, measure, rng)
    if gains is None:
        return Unmeasured(f"{metric} cannot be resampled: too few rows of some class")
    lower, upper = (float(end) for end in np.quantile(gains, (0.025, 0.975)))
    test, p_value = _test(pair, metric, gains)
    contest = Contest(
        metric=metric,
        champion=old,
        challenger=new,
        gain=gain,
        lower=min(lower, gain),
        upper=max(upper, gain),
        p_value=p_value,
        rows=len(pair),
        better=gain >= margin and lower > 0,
        reason="",
        test=test,
    )
    return replace(contest, reason=_reason(contest, margin))


def mcnemar(pair: Pair) -> float:
    """The exact two-sided p-value that both models are right equally often.

    Only rows that exactly one of them gets right count (McNemar 1947).

    >>> truth, right, wrong = [1] * 8, [1] * 8, [1] * 2 + [0] * 6
    >>> mcnemar(Pair(Labelled.of(truth, wrong), Labelled.of(truth, right)))
    0.03125
    """
    from scipy.special import bdtr

    was = pair.champion.predicted == pair.champion.truth
    now = pair.challenger.predicted == pair.challenger.truth
    lost, won = int((was & ~now).sum()), int((~was & now).sum())
    if lost + won == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(lost, won), lost + won, 0.5)))


def delong(pair: Pair) -> float:
    """The two-sided p-value that both ROC curves have the same area (DeLong 1988)."""
    old, new = placements(pair.champion), placements(pair.challenger)
    error = error_of(new[0] - old[0], new[1] - old[1])
    difference = float((new[0] - old[0]).mean())
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return math.erfc(abs(difference) / error / math.sqrt(2))


def _pair(old: Aligned, new: Aligned, keep: pl.Series, days: pl.Series | None) -> Pair:
    # Both sides' classes are numbered by name; one list keeps the numbers the same.
    numbered = None
    if days is not None:
        numbered = days.filter(keep).rank("dense").fill_null(0).to_numpy()
    return Pair(old.rows(keep), new.rows(keep), numbered)


def _resampled_gains(
    pair: Pair, measure: Metric, rng: np.random.Generator
) -> Array | None:
    times = int(np.clip(WORK // min(len(pair), MOST_ROWS), 200, 1000))
    draw = _blocks(pair, rng)
    gains = []
    for _ in range(times):
        index = draw()
        old, new = (
            measure(rows.take(index)) for rows in (pair.champion, pair.challenger)
        )
        if isinstance(old, Measured) and isinstance(new, Measured):
            gains.append(measure.facts.gain(old.value, new.value))
    return np.array(gains) if len(gains) >= times / 2 else None


def _blocks(pair: Pair, rng: np.random.Generator) -> Any:
    rows = np.arange(len(pair))
    if len(rows) > MOST_ROWS:
        rows = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
    days = None if pair.days is None else pair.days[rows]
    if days is None or len(np.unique(days)) < FEW_DAYS:
        return lambda: rng.choice(rows, len(rows))
    by_day = [rows[days == day] for day in np.unique(days)]
    return lambda: np.concatenate(
        [by_day[place] for place in rng.integers(len(by_day), size=len(by_day))]
    )


def _test(pair: Pair, metric: str, gains: Array) -> tuple[str, float]:
    if metric == "roc_auc":
        return "DeLong", delong(pair)
    if metric == "accuracy":
        return "McNemar", mcnemar(pair)
    tail = min(int((gains <= 0).sum()), int((gains >= 0).sum()))
    return "bootstrap", min(1.0, 2 * (tail + 1) / (len(gains) + 1))


def _reason(contest: Contest, margin: float) -> str:
    numbers = (
        f"{contest.metric} {contest.challenger.value:.4g} against the champion's "
        f"{contest.champion.value:.4g} on {contest.rows:,} rows, gain {contest.gain:+.4g} "
        f"({contest.lower:+.4g} to {contest.upper:+.4g})"
    )
    if contest.better:
        return f"better: {numbers}"
    if contest.gain < margin:
        return f"not better by the margin of {margin:.4g}: {numbers}"
    return f"the gain may be chance: {numbers}"


def _decided(
    contest: Contest, guards: Sequence[Contest], rule: PromotionRule
) -> Promotion:
    harmed = [g for g in guards if g.gain < -rule.tolerance and g.upper < 0]
    if contest.better and harmed:
        worst = min(harmed, key=lambda guard: guard.gain)
        reason = (
            f"{contest.reason}; but {worst.segment} gets worse by {-worst.gain:.4g}, "
            f"more than the {rule.tolerance:.4g} allowed"
        )
        return Promotion(False, reason, contest, tuple(guards))
    return Promotion(contest.better, contest.reason, contest, tuple(guards))
