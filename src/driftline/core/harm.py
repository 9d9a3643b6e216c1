"""Whether realised performance does harm: today against the reference's own days.

A day outside its band is a warning. The primary metric is accumulated over days, and
only a shortfall that lasts is critical.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri, stdtrit

from driftline.core.cusum import accumulate, expected_run_length, threshold_for
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.performance._interval import standard_error
from driftline.core.performance._metric import Facts, load_metric
from driftline.core.realised import Performance, segment_metric
from driftline.core.reference import Measured, Reference

FEW_DAYS = 8
"""With fewer reference days the spread between days is not estimated from them."""

WIDENED = 2.0
"""What sampling noise is multiplied with then: between-day spread is as large, or so."""

MOST_CORRELATED = 0.8
"""The largest day-to-day correlation believed of a short series."""


@dataclass(frozen=True, slots=True)
class HarmPolicy:
    """When performance is judged, and how sure a finding must be.

    `false_alarm` is the chance that a metric of an unchanged model leaves its band on
    one day; it is shared over a metric's segments. `run_length` is the number of
    windows between two accumulated alarms of an unchanged model.
    """

    min_labelled: int = 100
    min_coverage: float = 0.5
    false_alarm: float = 0.002
    run_length: float = 365.0


@dataclass(frozen=True, slots=True)
class Spread:
    """What a metric does on the reference's days, and so on a day of as many rows.

    `between` is the deviation between days beyond sampling noise, `noise` the sampling
    error of one row (divide by the root of a day's rows), `unsure` the error of
    `centre`, and `correlation` that of one day with the next.
    """

    centre: float
    between: float
    noise: float
    unsure: float
    correlation: float
    days: int

    @property
    def origin(self) -> str:
        """In words, where the bounds come from."""
        if self.days < FEW_DAYS:
            return (
                f"sampling noise × {WIDENED:g}: {self.days} reference days are too few "
                "to know their spread"
            )
        return f"spread of {self.days} reference days and today's sampling noise"

    def deviation(self, rows: int) -> float:
        """How far a day of so many rows strays from the centre, one deviation."""
        widened = WIDENED if self.days < FEW_DAYS else 1.0
        sampling = self.noise / math.sqrt(max(rows, 1))
        return max(math.hypot(self.between, sampling) * widened, 1e-12)

    def bounds(self, facts: Facts, rows: int, false_alarm: float) -> Bounds:
        """The prediction interval of a new day, on the sides where the metric is worse."""
        sides = facts.harmful_sides
        tail = false_alarm / len(sides)
        enough = self.days >= FEW_DAYS
        quantile = -(stdtrit(self.days - 1, tail) if enough else ndtri(tail))
        reach = float(quantile) * math.hypot(self.deviation(rows), self.unsure)
        low = max(self.centre - reach, facts.lower) if -1 in sides else None
        high = min(self.centre + reach, facts.upper) if 1 in sides else None
        return Bounds(low, high, self.origin)


def spread_of(days: Sequence[Measured]) -> Spread | None:
    """The spread of a metric over reference days, or None without days.

    The variance between days is that of the days' values less their mean sampling
    variance (the moment estimator of a random-effects model).
    """
    if not days:
        return None
    values = np.array([day.value for day in days])
    errors = np.array([standard_error(day) for day in days])
    rows = np.array([day.rows for day in days])
    noise = math.sqrt(float((errors**2 * rows).mean()))
    if len(days) < FEW_DAYS:
        pooled = float(np.average(values, weights=rows))
        unsure = WIDENED * noise / math.sqrt(float(rows.sum()))
        return Spread(pooled, 0.0, noise, unsure, 0.0, len(days))
    variance = float(values.var(ddof=1))
    between = math.sqrt(max(variance - float((errors**2).mean()), 0.0))
    correlation = _correlation(values)
    unsure = math.sqrt(variance / len(days)) * _inflation(correlation)
    return Spread(float(values.mean()), between, noise, unsure, correlation, len(days))


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
        today = performance.measured[primary]
        findings += _accumulated(primary, (*history, today), reference, policy)
        findings += _segment_findings(performance, reference, primary, policy)
    return [
        _with_evidence(finding, performance) if finding.subject == primary else finding
        for finding in findings
    ]


def shortfalls(
    values: Sequence[Measured | float], spread: Spread, side: int, rows: int
) -> list[float]:
    """How far each value is on the harmful side, in standard deviations.

    The centre is moved towards harm by its own standard error, and deviations grow with
    the correlation of days: an estimated, correlated reference would otherwise raise
    far more alarms than the stated run length has. `rows` stands in where a value
    comes without its own.
    """
    inflation = _inflation(spread.correlation)
    found = []
    for item in values:
        known = isinstance(item, Measured)
        value, size = (item.value, item.rows) if known else (item, rows)  # type: ignore[union-attr]
        excess = side * (value - spread.centre) - spread.unsure
        found.append(excess / (spread.deviation(size) * inflation))
    return found


def _waiting(performance: Performance, policy: HarmPolicy) -> Finding | None:
    rows, labelled = performance.rows, performance.labelled
    enough = labelled >= policy.min_labelled
    if not labelled and performance.unmeasured:
        message = f"performance is not measured: {_first_reason(performance)}"
    elif enough and performance.coverage >= policy.min_coverage:
        return None
    else:
        message = (
            f"{performance.coverage:.0%} of labels in ({labelled:,} of {rows:,} rows); "
            "performance waits for labels"
        ).replace("%", " %", 1)
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
        return Finding(
            topic=Topic.PERFORMANCE,
            subject=metric,
            statistic="value",
            outcome=Outcome.UNKNOWN,
            severity=Severity.INFO,
            message=f"{reading}; no reference day has it to compare with",
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
        message=f"{reading}; {_compared(measured.value, spread, bounds)}",
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
    spread = spread_of(reference.metric(metric))
    today = series[-1]
    assert isinstance(today, Measured)
    if spread is None:
        return []
    sides = load_metric(metric).facts.harmful_sides
    threshold = threshold_for(policy.run_length * len(sides))
    by_side = {side: shortfalls(series, spread, side, today.rows) for side in sides}
    sums = {
        # Two bad windows at least, and no more to climb down from than a few good ones.
        side: accumulate(values, loudest=0.75 * threshold, ceiling=1.5 * threshold)
        for side, values in by_side.items()
    }
    side = max(sums, key=lambda which: sums[which].value)
    crossed = sums[side].value >= threshold
    since = sums[side].since
    windows = 0 if since is None else len(series) - since
    return [
        Finding(
            topic=Topic.PERFORMANCE,
            subject=metric,
            statistic="cusum",
            outcome=Outcome.BREACHED if crossed else Outcome.OK,
            severity=Severity.CRITICAL,
            message=_lasting(metric, today, spread, windows, crossed)
            + f" (accumulated shortfall {sums[side].value:.3g}, limit {threshold:.3g})",
            value=sums[side].value,
            bounds=Bounds(
                upper=threshold,
                origin=f"one false alarm in {policy.run_length:g} windows; "
                f"{spread.origin}",
            ),
            evidence=_reading(today)
            | {
                "centre": spread.centre,
                "shortfall": by_side[side][-1],
                "cusum": sums[side].value,
                "since": since,
                "windows": windows,
                "run_length": expected_run_length(threshold) / len(sides),
                "run_length_at_one_deviation": expected_run_length(threshold, shift=1),
            },
        )
    ]


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
    return Finding(
        topic=Topic.PERFORMANCE,
        subject=metric,
        statistic="value",
        outcome=Outcome.UNKNOWN,
        severity=Severity.INFO,
        message=f"{metric} is not measured: {reason}",
    )


def _with_evidence(finding: Finding, performance: Performance) -> Finding:
    if finding.segment:
        return finding
    finding.evidence.update(
        coverage=performance.coverage,
        unusable_predictions=performance.unusable,
        segments={
            segment: metrics[finding.subject].to_json()
            for segment, metrics in performance.segments.items()
            if finding.subject in metrics
        },
        **performance.classes,
    )
    return finding


def _reading(measured: Measured) -> dict[str, Any]:
    return {"measured": measured.to_json()}


def _interval(measured: Measured) -> str:
    return f"{measured.value:.4g} ({measured.lower:.4g} to {measured.upper:.4g})"


def _compared(value: float, spread: Spread, bounds: Bounds) -> str:
    if bounds.lower is not None and value < bounds.lower:
        verb = f"below the {bounds.lower:.4g}"
    elif bounds.upper is not None and value > bounds.upper:
        verb = f"above the {bounds.upper:.4g}"
    else:
        ends = [f"{end:.4g}" for end in (bounds.lower, bounds.upper) if end is not None]
        word = (
            "between"
            if len(ends) == 2
            else "at least"
            if bounds.upper is None
            else "at most"
        )
        return f"expected {word} {' and '.join(ends)} (reference {spread.centre:.4g})"
    return f"{verb} that a usual day keeps (reference {spread.centre:.4g})"


def _lasting(
    metric: str, today: Measured, spread: Spread, windows: int, crossed: bool
) -> str:
    if not crossed:
        return f"{metric} has no lasting shortfall"
    return (
        f"{metric} has been worse than its reference {spread.centre:.4g} for "
        f"{windows} windows in sum, {today.value:.4g} in this one"
    )


def _correlation(values: np.ndarray[Any, Any]) -> float:
    centred = values - values.mean()
    power = float((centred**2).sum())
    if power <= 0:
        return 0.0
    return float(
        np.clip((centred[1:] * centred[:-1]).sum() / power, 0, MOST_CORRELATED)
    )


def _inflation(correlation: float) -> float:
    """How much wider a sum of correlated days strays than one of independent days."""
    return math.sqrt((1 + correlation) / (1 - correlation))
