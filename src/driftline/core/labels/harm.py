"""Whether performance does harm: by the day and over days, which share their bounds.

A day outside its band is a warning. The primary metric is accumulated over days, and
only a shortfall that lasts is critical.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from driftline.core.bounds.spread import Spread, shortfalls, spread_of
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.labels.realised import Performance, segment_metric
from driftline.core.labels.shortfall import judge_shortfall
from driftline.core.performance._metric import NO_PAIR, load_metric
from driftline.core.reference import Measured, Reference
from driftline.core.wording import percent


@dataclass(frozen=True, slots=True)
class HarmPolicy:
    """When performance is judged, and how sure a finding must be.

    `false_alarm` is the chance that a metric of an unchanged model leaves its band on
    one day; it is shared over a metric's segments. `run_length` is the number of
    windows between two accumulated alarms of an unchanged model.
    """

    min_labelled: int = 30
    min_coverage: float = 0.5
    false_alarm: float = 0.002
    run_length: float = 365.0


def judge_performance(
    performance: Performance,
    reference: Reference,
    primary: str,
    history: Sequence[Measured | float] = (),
    policy: HarmPolicy | None = None,
) -> list[Finding]:
    """One finding per metric, one of the accumulated primary metric, one per segment.

    `history` is the primary metric on the earlier labelled windows of the same model
    version, oldest first. With too few labels there is one finding, `unknown`.
    """
    policy = policy or HarmPolicy()
    waiting = _waiting(performance, policy)
    if waiting:
        return [waiting]
    findings = [
        _band_finding(name, measured, reference, policy.false_alarm)
        for name, measured in performance.measured.items()
    ]
    findings += [_unmeasured(*item) for item in performance.unmeasured.items()]
    if primary in performance.measured:
        series = (*history, performance.measured[primary])
        findings += _accumulated(primary, series, reference, policy)
        findings += _segment_findings(performance, reference, primary, policy)
    elif primary not in performance.unmeasured:
        findings.append(_unmeasured(primary, "it is not among the metrics"))
    more = _evidence(performance, primary)
    return [
        replace(finding, evidence=finding.evidence | more)
        if finding.subject == primary and not finding.segment
        else finding
        for finding in findings
    ]


def _waiting(performance: Performance, policy: HarmPolicy) -> Finding | None:
    rows, labelled = performance.rows, performance.labelled
    enough = labelled >= policy.min_labelled
    if not labelled and performance.unmeasured and not _none_yet(performance):
        message = f"performance is not measured: {_first_reason(performance)}"
    elif enough and performance.coverage >= policy.min_coverage:
        return None
    else:
        late = performance.coverage < policy.min_coverage
        few = f"is judged from {policy.min_labelled:,} labelled rows on"
        message = (
            f"{percent(performance.coverage)} of labels in ({labelled:,} of {rows:,} rows); "
            f"performance {'waits for labels' if late else few}"
        )
    return Finding(
        topic=Topic.PERFORMANCE,
        subject="labels",
        statistic="coverage",
        outcome=Outcome.UNKNOWN,
        severity=Severity.INFO,
        message=message,
        value=performance.coverage,
        bounds=Bounds(lower=policy.min_coverage, origin="monitor file"),
        evidence={
            "rows": rows,
            "labelled": labelled,
            "min_labelled": policy.min_labelled,
        },
    )


def _none_yet(performance: Performance) -> bool:
    """Whether nothing but labels is lacking."""
    reasons = set(performance.unmeasured.values())
    return bool(performance.rows) and not performance.unusable and reasons == {NO_PAIR}


def _first_reason(performance: Performance) -> str:
    return next(iter(performance.unmeasured.values()))


def _band_finding(
    metric: str,
    measured: Measured,
    reference: Reference,
    false_alarm: float,
    segment: str = "",
) -> Finding:
    facts = load_metric(metric).facts
    key = segment_metric(metric, segment) if segment else metric
    spread = spread_of(reference.metric(key))
    where = f"{metric} of {segment}" if segment else metric
    reading = f"{where} is {_interval(measured)} on {measured.rows:,} rows"
    if spread is None:
        return _unknown(
            metric,
            f"{reading}; no reference day has it to compare with",
            value=measured.value,
            segment=segment,
            evidence=_reading(measured),
        )
    bounds = spread.bounds(facts, measured.rows, false_alarm)
    inside = bounds.contain(measured.value)
    worst = max(
        shortfalls([measured], spread, side, measured.rows)[0]
        for side in facts.harmful_sides
    )
    return Finding(
        topic=Topic.PERFORMANCE,
        subject=metric,
        statistic="value",
        outcome=Outcome.OK if inside else Outcome.BREACHED,
        severity=Severity.WARNING,
        message=f"{reading}; {compared(measured.value, spread, bounds)}",
        value=measured.value,
        bounds=bounds,
        segment=segment,
        evidence=_reading(measured)
        | {"centre": spread.centre, "days": spread.days, "shortfall": worst},
    )


def _accumulated(
    metric: str,
    series: Sequence[Measured | float],
    reference: Reference,
    policy: HarmPolicy,
) -> list[Finding]:
    """None where no reference day has the metric."""
    spread = spread_of(reference.metric(metric))
    if spread is None:
        return []
    sides = load_metric(metric).facts.harmful_sides
    return [judge_shortfall(metric, series, spread, sides, policy.run_length)]


def _segment_findings(
    performance: Performance, reference: Reference, primary: str, policy: HarmPolicy
) -> list[Finding]:
    known = {
        segment: metrics[primary]
        for segment, metrics in performance.segments.items()
        if primary in metrics and reference.metric(segment_metric(primary, segment))
    }
    share = policy.false_alarm / max(len(known), 1)
    return [
        _band_finding(primary, measured, reference, share, segment)
        for segment, measured in known.items()
    ]


def _unmeasured(metric: str, reason: str) -> Finding:
    return _unknown(metric, f"{metric} is not measured: {reason}")


def _unknown(metric: str, message: str, **seen: Any) -> Finding:
    return Finding(
        topic=Topic.PERFORMANCE,
        subject=metric,
        statistic="value",
        outcome=Outcome.UNKNOWN,
        severity=Severity.INFO,
        message=message,
        **seen,
    )


def _evidence(performance: Performance, primary: str) -> dict[str, Any]:
    return {
        "coverage": performance.coverage,
        "unusable_predictions": performance.unusable,
        "segments": {
            segment: metrics[primary].to_json()
            for segment, metrics in performance.segments.items()
            if primary in metrics
        },
        **performance.classes,
    }


def _reading(measured: Measured) -> dict[str, Any]:
    return {"measured": measured.to_json()}


def _interval(measured: Measured) -> str:
    return f"{measured.value:.4g} ({measured.lower:.4g} to {measured.upper:.4g})"


def compared(value: float, spread: Spread, bounds: Bounds) -> str:
    """Where a value is beside a usual day, in words."""
    lower, upper = bounds.lower, bounds.upper
    usual = f"(reference {spread.centre:.4g})"
    if lower is not None and value < lower:
        return f"below {lower:.4g}, the least that a usual day has {usual}"
    if upper is not None and value > upper:
        return f"above {upper:.4g}, the most that a usual day has {usual}"
    if upper is None:
        return f"a usual day has at least {lower:.4g} {usual}"
    if lower is None:
        return f"a usual day has at most {upper:.4g} {usual}"
    return f"a usual day has {lower:.4g} to {upper:.4g} {usual}"
