"""One check on one day: its finding, and what a report needs to draw it."""

import math
from typing import Any

from driftline.core.bounds.checks import WHOLE, Check
from driftline.core.bounds.weight import Rates, is_watched, weigh
from driftline.core.drift._cells import HISTOGRAM_KINDS, histogram
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.profiles.plan import Kind
from driftline.core.profiles.profile import ColumnProfile


def judge(
    check: Check,
    column: ColumnProfile,
    rates: Rates,
    min_rows: int,
    before: float | None = None,
) -> list[Finding]:
    """The finding of one check; for labels of which too few have arrived, none.

    `before` is the value of the window before this one.
    """
    if check.role == "label" and column.rows < min_rows:
        return []
    value = check.statistic(check.reference, column, check.plan)
    if not math.isfinite(value):
        return [_unknown(check)]
    weight = weigh(check, value, column.rows, rates, before)
    bounds, inside = weight.bounds, weight.bounds.contain(value)
    return [
        Finding(
            _topic(check),
            check.subject,
            check.statistic.name,
            Outcome.OK if inside else Outcome.BREACHED,
            Severity.WARNING if is_watched(check, column) else weight.severity,
            f"{check.facts.said(check.subject, value, bounds.lower, bounds.upper)}"
            f"{_waiting(check) if weight.waits else ''}",
            value=value,
            bounds=bounds,
            evidence=_evidence(check, column)
            | {"soft": _is_soft(check, value, bounds)},
        )
    ]


def _is_soft(check: Check, value: float, bounds: Bounds) -> bool:
    """Whether a breach speaks of a changed world, as less of a fault than usual does too."""
    below = bounds.lower is not None and value < bounds.lower
    return not check.facts.hard or (check.facts.highest == 1.0 and below)


def _waiting(check: Check) -> str:
    days = len(check.spread.values)
    return (
        f"; {days} days cannot tell such a one from a rare one: a second in a row pages"
    )


def _evidence(check: Check, column: ColumnProfile) -> dict[str, Any]:
    """Plain values from which a report can draw the finding."""
    reference = check.reference
    evidence: dict[str, Any] = {
        "role": check.role,
        "description": check.facts.description,
        "usual": check.spread.usual,
        "usual_range": list(check.spread.typical),
        "reference_days": len(check.spread.values),
    }
    if check.plan is WHOLE:
        return evidence
    evidence["null_rate"] = {
        "reference": reference.missing / max(reference.rows, 1),
        "current": column.missing / max(column.rows, 1),
    }
    if not check.facts.hard and check.plan.kind in HISTOGRAM_KINDS:
        evidence["histogram"] = histogram(reference, column, check.plan)
    if check.plan.kind is Kind.CATEGORICAL and column.unseen_examples:
        evidence["unseen_examples"] = list(column.unseen_examples)
    if check.plan.kind is Kind.NUMERIC:
        evidence["extremes"] = {
            "reference": [reference.minimum, reference.maximum],
            "current": [column.minimum, column.maximum],
        }
    return evidence


def _unknown(check: Check) -> Finding:
    name = check.statistic.name
    return Finding(
        _topic(check),
        check.subject,
        name,
        Outcome.UNKNOWN,
        Severity.INFO,
        f"{name} of {check.subject} cannot be computed: no value to compare on one side",
        evidence={"role": check.role},
    )


def _topic(check: Check) -> Topic:
    return Topic.SLICE if check.plan is WHOLE else Topic.DRIFT
