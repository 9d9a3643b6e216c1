"""Whether a promoted version keeps what its contest promised, over its first windows.

The version before it no longer predicts, so the two cannot be compared row by row any
more. What can be: the promoted version's realised performance with the contest's promise.
A version that falls short by more than its whole gain is worse than the one it replaced
was on the contest's rows, and goes back when that is sure. Days may have become harder for
every version since those rows: it has to be worse, too, than the version before was over
its own last windows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from driftline.core.bounds.spread import Spread, inflation
from driftline.core.bounds.tails import normal_quantile
from driftline.core.performance._interval import standard_error
from driftline.core.performance._metric import load_metric
from driftline.core.reference import Measured

FALSE_ALARM = 0.02
"""The chance, over the whole watch, that a version no worse than the old one goes back."""

FEWEST = 3
"""A storm of a day or two is no reason to go back."""


class Promoted(StrEnum):
    """How a promoted version stands."""

    WATCHED = "watched"
    KEPT = "kept"
    HARMFUL = "harmful"


@dataclass(frozen=True, slots=True)
class Promise:
    """What the contest showed: the challenger's metric, and its gain on the same rows.

    `before` is the metric on the last windows of the version that was replaced.
    """

    metric: str
    challenger: Measured
    gain: float
    before: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """How the version stands after `windows`, in words too.

    `shortfall` is the mean of what was promised and not kept, in the metric's unit and
    negative where it was surpassed; `limit` what it may be at most.
    """

    promoted: Promoted
    windows: int
    shortfall: float
    limit: float
    sentence: str


def judge_watch(
    promise: Promise, realised: Sequence[Measured], spread: Spread, windows: int
) -> Watched:
    """How the version stands after the first labelled windows, of which there is one at least.

    `spread` is that of the version's own reference days. Each look has its share of the
    false alarm that the whole watch of so many `windows` may raise (Bonferroni).
    """
    first = realised[:windows]
    facts = load_metric(promise.metric).facts
    lost = [-facts.gain(promise.challenger.value, m.value) for m in first]
    mean = sum(lost) / len(lost)
    quantile = normal_quantile(FALSE_ALARM / max(windows - FEWEST + 1, 1))
    own, shown = _error(first, spread), standard_error(promise.challenger)
    limit = max(promise.gain, 0.0) + quantile * math.hypot(own, shown)
    if promise.before:
        old = [-facts.gain(promise.challenger.value, m.value) for m in promise.before]
        reach = quantile * math.hypot(own, _error(promise.before, spread))
        limit = max(limit, sum(old) / len(old) + reach)
    promoted = Promoted.WATCHED
    if len(first) >= min(FEWEST, windows) and mean > limit:
        promoted = Promoted.HARMFUL
    elif len(first) >= windows:
        promoted = Promoted.KEPT
    return Watched(
        promoted=promoted,
        windows=len(first),
        shortfall=mean,
        limit=limit,
        sentence=_sentence(promise, first, mean, limit),
    )


def _error(windows: Sequence[Measured], spread: Spread) -> float:
    """The standard error of a mean over windows."""
    widened = inflation(spread.correlation)
    squares = sum((spread.deviation(m.rows) * widened) ** 2 for m in windows)
    return math.sqrt(squares) / len(windows)


def _sentence(
    promise: Promise, first: Sequence[Measured], mean: float, limit: float
) -> str:
    realised = sum(m.value for m in first) / len(first)
    kept = "worse" if mean > 0 else "better"
    return (
        f"{promise.metric} {realised:.4g} over {len(first)} labelled windows against the "
        f"promised {promise.challenger.value:.4g}: {kept} by {abs(mean):.3g}, where "
        f"{limit:.3g} worse would be harm (worse than the version before it was, and chance)"
    )
