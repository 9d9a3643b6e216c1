"""The smallest loss of the deciding metric that is told in a day, or when it lasts."""

from dataclasses import dataclass

import numpy as np

from driftline.core.bounds.cusum import threshold_for
from driftline.core.bounds.spread import FEW_DAYS, Spread, inflation, spread_of
from driftline.core.bounds.tails import normal_quantile
from driftline.core.labels.harm import HarmPolicy
from driftline.core.labels.shortfall import USUALLY_WITHIN
from driftline.core.performance._metric import load_metric
from driftline.core.reference import Reference
from driftline.core.visibility.reach import POWER, needed_shift


@dataclass(frozen=True, slots=True)
class MetricSight:
    """What is visible of the deciding metric once the labels are in, in its own unit.

    `day` is the least loss that is told of one window, `week` the least that is told
    within seven days if it lasts; that pages on a window of which the loss is `bad`.
    `rows` are the labelled rows of a usual window.
    """

    metric: str
    usual: float
    rows: int
    day: float | None
    week: float | None
    bad: float
    from_days: bool
    enough_labels: bool


def sight_of_metric(
    reference: Reference, metric: str, policy: HarmPolicy, windows: int
) -> MetricSight | None:
    """What is visible of the metric; None where no reference window has it."""
    days = reference.metric(metric)
    spread = spread_of(days)
    if spread is None:
        return None
    rows = int(np.median([day.rows for day in days]))
    enough = rows >= policy.min_labelled
    return MetricSight(
        metric,
        spread.centre,
        rows,
        _in_a_day(spread, metric, rows, policy) if enough else None,
        _in_a_week(spread, metric, rows, policy, windows) if enough else None,
        USUALLY_WITHIN * spread.deviation(rows),
        spread.days >= FEW_DAYS,
        enough,
    )


def _in_a_day(
    spread: Spread, metric: str, rows: int, policy: HarmPolicy
) -> float | None:
    """From the centre to beyond the bound, and as far again as nine days of ten stray."""
    facts = load_metric(metric).facts
    bounds = spread.bounds(facts, rows, policy.false_alarm)
    margin = normal_quantile(1 - POWER) * spread.deviation(rows)
    ends = {-1: bounds.lower, 1: bounds.upper}
    losses = []
    for side in facts.harmful_sides:
        edge = ends[side]
        assert edge is not None
        loss = side * (edge - spread.centre) + margin
        worst = facts.lower if side < 0 else facts.upper
        losses.append(loss if loss <= side * (worst - spread.centre) else None)
    return None if None in losses else max(loss for loss in losses if loss is not None)


def _in_a_week(
    spread: Spread, metric: str, rows: int, policy: HarmPolicy, windows: int
) -> float | None:
    facts = load_metric(metric).facts
    sides = facts.harmful_sides
    threshold = round(threshold_for(policy.run_length * len(sides)), 3)
    widened = inflation(spread.correlation)
    needed = needed_shift(threshold, round(1 / widened, 3), windows)
    if needed is None:
        return None
    loss = needed * spread.deviation(rows) * widened + spread.unsure
    room = [
        side * ((facts.lower if side < 0 else facts.upper) - spread.centre)
        for side in sides
    ]
    return loss if loss <= min(room) else None
