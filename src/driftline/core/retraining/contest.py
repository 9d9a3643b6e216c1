"""Two models on the same rows: the gain of one over the other, and how sure it is.

Both models' errors share the rows' difficulty; comparing row by row removes it, so that
a small true gain shows on far fewer rows than two separate intervals would need.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from driftline.core.performance._delong import error_of, placements
from driftline.core.performance._metric import (
    Array,
    Labelled,
    Metric,
    Unmeasured,
    load_metric,
)
from driftline.core.performance._moments import Moments
from driftline.core.reference import Measured

SURE = 0.975
"""How sure a gain above 0 has to be, one-sided."""

FEW_DAYS = 8
"""With fewer held-out days rows are resampled one by one, not by day."""

WORK = 10_000_000
"""Rows visited by one bootstrap, as long as that gives 200 to 1,000 resamples."""

MOST_ROWS = 50_000
"""Rows in one resample at most; fewer than there are makes the interval wider, not wrong."""


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
class Pair:
    """The same rows as both models see them; `days` numbers each row's day, or is None."""

    champion: Labelled
    challenger: Labelled
    days: Array | None = None

    def __len__(self) -> int:
        return len(self.champion)


def compare(
    pair: Pair,
    metric: str,
    rng: np.random.Generator,
    margin: float = 0.0,
    sure: float = SURE,
) -> Contest | Unmeasured:
    """The challenger's gain on the rows both can be measured on.

    It is better when the gain reaches `margin` and is above 0 in a share `sure` of the
    resamples.

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
    ends = np.quantile(gains, (0.025, 0.975, 1 - sure))
    lower, upper, least = (float(end) for end in ends)
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
        better=gain >= margin and least > 0,
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
    gains = [Moments.of(ours - theirs) for ours, theirs in zip(new, old, strict=True)]
    error, difference = error_of(*gains), gains[0].mean
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return math.erfc(abs(difference) / error / math.sqrt(2))


def gain_of(pair: Pair, measure: Metric) -> float | None:
    """The gain without its interval, or None where a side cannot be measured."""
    old, new = measure(pair.champion), measure(pair.challenger)
    if isinstance(old, Measured) and isinstance(new, Measured):
        return measure.facts.gain(old.value, new.value)
    return None


def _resampled_gains(
    pair: Pair, measure: Metric, rng: np.random.Generator
) -> Array | None:
    times = int(np.clip(WORK // min(len(pair), MOST_ROWS), 200, 1000))
    draw = _blocks(pair, rng)
    gains = []
    for _ in range(times):
        index = draw()
        resampled = Pair(pair.champion.take(index), pair.challenger.take(index))
        gain = gain_of(resampled, measure)
        if gain is not None:
            gains.append(gain)
    return np.array(gains) if len(gains) >= times / 2 else None


def _blocks(pair: Pair, rng: np.random.Generator) -> Callable[[], Array]:
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
