"""Whether a challenger takes the champion's place: better on the whole, harmful nowhere."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from driftline.core.labels.labelled import Aligned, align
from driftline.core.labels.realised import segment_masks
from driftline.core.performance._metric import Unmeasured, load_metric
from driftline.core.retraining.contest import SURE, Contest, Pair, compare, gain_of
from driftline.core.retraining.fairness_guard import widened_gaps
from driftline.core.roles import Roles

SURE_AGAIN = 0.84
"""How sure a gain has to be on new rows when it was above 0 before and may have been chance.

One standard error. Of challengers that are no better, one in two gains before and one in
six again: eight in a hundred pass. The champion does harm, or no run would have been asked
for, so that waiting for more is no safer than a swap that is watched.
"""

SHADOW_DAYS = 7
"""Days on which it is tried again where the monitor file states no number of windows.

As many as the usual cool-down, in which no other run could start.
"""


@dataclass(frozen=True, slots=True)
class PromotionRule:
    """When a challenger replaces the champion.

    The gain in `metric` must reach `margin` (in the metric's unit) and be above 0 with
    the confidence `sure`. A guard segment, or a group of a sensitive column, blocks when it
    is worse by more than `tolerance` and the 95 % interval of that loss leaves out 0; so
    does a gap between groups that grows by as much, as surely.
    """

    metric: str
    margin: float = 0.0
    tolerance: float = 0.02
    min_rows: int = 200
    min_segment_rows: int = 200
    sure: float = SURE


@dataclass(frozen=True, slots=True)
class Promotion:
    """Whether to move the alias, why, and the arithmetic behind it.

    `contest` is None where there was nothing to compare; `reason` says why. `segments`
    has the gain on each guard segment, `guards` a contest on those where the loss is
    beyond the tolerance. `unsure` is a gain that reaches the margin and may be chance.
    """

    promote: bool
    reason: str
    contest: Contest | None = None
    segments: dict[str, float] = field(default_factory=dict)
    guards: tuple[Contest, ...] = ()
    unsure: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "promote": self.promote,
            "reason": self.reason,
            "contest": self.contest.to_json() if self.contest else None,
            "segments": self.segments,
            "guards": [guard.to_json() for guard in self.guards],
        }


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
    contest = compare(pair, rule.metric, rng, rule.margin, rule.sure)
    if isinstance(contest, Unmeasured):
        return Promotion(False, contest.reason)
    if not contest.better:
        unsure = contest.gain > 0 and contest.gain >= rule.margin
        return Promotion(False, contest.reason, contest, unsure=unsure)
    guarded = dict.fromkeys([*roles.segments, *roles.sensitive])
    masks = segment_masks(
        table, old, replace(roles, segments=tuple(guarded)), rule.min_segment_rows
    )
    pairs = {name: _pair(old, new, both & mask, days) for name, mask in masks.items()}
    found = _guarded(contest, pairs, rule, rng)
    return _fair(found, pairs, roles.sensitive, rule, rng) if found.promote else found


def _fair(
    found: Promotion,
    pairs: dict[str, Pair],
    sensitive: tuple[str, ...],
    rule: PromotionRule,
    rng: np.random.Generator,
) -> Promotion:
    """The promotion, unless it widens a gap between groups."""
    widened = widened_gaps(pairs, sensitive, rule.metric, rule.tolerance, rng)
    if not widened:
        return found
    why = "; ".join(gap.sentence for gap in widened)
    reason = f"{found.reason}; but {why}, more than the {rule.tolerance:.4g} allowed"
    return replace(found, promote=False, reason=reason)


def _pair(old: Aligned, new: Aligned, keep: pl.Series, days: pl.Series | None) -> Pair:
    numbered = None
    if days is not None:
        numbered = days.filter(keep).rank("dense").fill_null(0).to_numpy()
    return Pair(old.rows(keep), new.rows(keep), numbered)


def _guarded(
    contest: Contest,
    pairs: dict[str, Pair],
    rule: PromotionRule,
    rng: np.random.Generator,
) -> Promotion:
    measure = load_metric(rule.metric)
    gains = {name: gain_of(pair, measure) for name, pair in pairs.items()}
    segments = {name: gain for name, gain in gains.items() if gain is not None}
    guards = []
    for name, gain in segments.items():
        found = (
            compare(pairs[name], rule.metric, rng) if gain < -rule.tolerance else None
        )
        if isinstance(found, Contest):
            guards.append(replace(found, segment=name))
    harmed = [guard for guard in guards if guard.upper < 0]
    if not harmed:
        return Promotion(True, contest.reason, contest, segments, tuple(guards))
    worst = min(harmed, key=lambda guard: guard.gain)
    reason = (
        f"{contest.reason}; but {worst.segment} gets worse by {-worst.gain:.4g}, more "
        f"than the {rule.tolerance:.4g} allowed"
    )
    return Promotion(False, reason, contest, segments, tuple(guards))
