"""Estimated performance against the reference's usual days."""

import math
from dataclasses import replace

from driftline.core.bounds.spread import Spread, spread_of
from driftline.core.estimation.estimate import Estimate
from driftline.core.finding import (
    ESTIMATED,
    Bounds,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.labels.harm import HarmPolicy, compared
from driftline.core.performance._interval import Z
from driftline.core.performance._metric import load_metric
from driftline.core.reference import Reference


def judge_estimate(
    metric: str,
    estimate: Estimate,
    reference: Reference,
    rows: int,
    policy: HarmPolicy,
) -> Finding | None:
    """One finding: breached only where the whole band is outside a usual day's bounds.

    It is unknown, with the labelled rows that would decide it, where the estimate is
    outside and its band is not. None where no reference day has the metric.
    """
    spread = spread_of(reference.metric(metric))
    if spread is None:
        return None
    bounds = spread.bounds(load_metric(metric).facts, rows, policy.false_alarm)
    finding = _finding(metric, estimate, spread, bounds)
    if finding.outcome is not Outcome.UNKNOWN:
        return finding
    needed = _deciding_rows(estimate.value, bounds, spread, policy)
    return replace(
        finding,
        message=f"{finding.message}. The band is too wide to tell; some "
        f"{needed:,} labelled rows would decide it",
        evidence=finding.evidence | {"deciding_rows": needed},
    )


def surely_harmful(estimate: Estimate, bounds: Bounds) -> bool:
    """Whether even the wider band is outside the bounds as a whole."""
    return _outside(*estimate.surely, bounds)


def not_estimated(metric: str, reason: str) -> Finding:
    """The finding that says why there is no estimate, and what would allow one."""
    return Finding(
        topic=Topic.PERFORMANCE,
        subject=metric,
        statistic=ESTIMATED,
        outcome=Outcome.UNKNOWN,
        severity=Severity.INFO,
        message=f"{metric} cannot be estimated without labels: {reason}",
    )


def _finding(
    metric: str, estimate: Estimate, spread: Spread, bounds: Bounds
) -> Finding:
    return Finding(
        topic=Topic.PERFORMANCE,
        subject=metric,
        statistic=ESTIMATED,
        outcome=_outcome(estimate, bounds),
        severity=Severity.WARNING,
        message=f"{_said(metric, estimate)}; {compared(estimate.value, spread, bounds)}",
        value=estimate.value,
        bounds=bounds,
        evidence={
            "estimated": estimate.value,
            "lower": estimate.lower,
            "upper": estimate.upper,
            "method": estimate.method,
            "raw": estimate.raw,
            "labels_late_windows": estimate.lag,
            "reference_value": estimate.reference,
            "centre": spread.centre,
        },
    )


def _outcome(estimate: Estimate, bounds: Bounds) -> Outcome:
    if _outside(estimate.lower, estimate.upper, bounds):
        return Outcome.BREACHED
    return Outcome.OK if bounds.contain(estimate.value) else Outcome.UNKNOWN


def _outside(lower: float, upper: float, bounds: Bounds) -> bool:
    below = bounds.lower is not None and upper < bounds.lower
    return below or (bounds.upper is not None and lower > bounds.upper)


def _said(metric: str, estimate: Estimate) -> str:
    return (
        f"{metric} is estimated at {estimate.value:.4g} ({estimate.lower:.4g} to "
        f"{estimate.upper:.4g}) without labels"
    )


def _deciding_rows(
    value: float, bounds: Bounds, spread: Spread, policy: HarmPolicy
) -> int:
    """Labelled rows after which sampling noise is smaller than what is in question."""
    edges = [edge for edge in (bounds.lower, bounds.upper) if edge is not None]
    distance = max(min(abs(value - edge) for edge in edges), 1e-12)
    rows = math.ceil(min((Z * spread.noise / distance) ** 2, 1e9))
    return max(rows, policy.min_labelled)
