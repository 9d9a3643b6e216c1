"""What the metrics would have raised on the reference's own days."""

from collections.abc import Sequence

from driftline.core.bounds.cusum import accumulate, threshold_for
from driftline.core.bounds.spread import shortfalls, spread_of
from driftline.core.labels.harm import HarmPolicy
from driftline.core.labels.shortfall import USUALLY_WITHIN
from driftline.core.performance._metric import load_metric
from driftline.core.reference import Reference
from driftline.core.visibility.own_days import OwnDays
from driftline.core.visibility.reach import LOUDEST


def of_metrics(
    reference: Reference, metrics: Sequence[str], policy: HarmPolicy
) -> OwnDays:
    """Days outside the band of the others, and days on which a loss would have lasted.

    The first of the metrics decides, and it alone pages: on a day that is bad itself.
    """
    found = OwnDays()
    for metric in metrics:
        found |= OwnDays(told=_outside(reference, metric, policy))
    for metric in metrics[:1]:
        found |= _lasting(reference, metric, policy)
    return found


def _outside(reference: Reference, metric: str, policy: HarmPolicy) -> frozenset[str]:
    days = {n: m[metric] for n, m in reference.performance.items() if metric in m}
    facts = load_metric(metric).facts
    told = set()
    for label, measured in days.items():
        others = spread_of([day for name, day in days.items() if name != label])
        if others is None or measured.rows < policy.min_labelled:
            continue
        bounds = others.bounds(facts, measured.rows, policy.false_alarm)
        if not bounds.contain(measured.value):
            told.add(label)
    return frozenset(told)


def _lasting(reference: Reference, metric: str, policy: HarmPolicy) -> OwnDays:
    days = {
        name: metrics[metric]
        for name, metrics in reference.performance.items()
        if metric in metrics and metrics[metric].rows >= policy.min_labelled
    }
    spread = spread_of(reference.metric(metric))
    if spread is None:
        return OwnDays()
    sides = load_metric(metric).facts.harmful_sides
    limit = threshold_for(policy.run_length * len(sides))
    paged: set[str] = set()
    told: set[str] = set()
    for side in sides:
        short = shortfalls(list(days.values()), spread, side, 1)
        for i, (label, day) in enumerate(days.items()):
            total = accumulate(
                short[: i + 1], loudest=LOUDEST * limit, ceiling=1.5 * limit
            )
            if total.value >= limit:
                strayed = side * (day.value - spread.centre)
                bad = strayed >= USUALLY_WITHIN * spread.deviation(day.rows)
                (paged if bad else told).add(label)
    return OwnDays(frozenset(paged), frozenset(told - paged))
