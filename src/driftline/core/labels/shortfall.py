"""A metric's shortfalls, added up over windows: only one that lasts is critical."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftline.core.bounds.cusum import (
    Cusum,
    accumulate,
    expected_run_length,
    threshold_for,
)
from driftline.core.bounds.spread import Spread, shortfalls
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.reference import Measured

USUALLY_WITHIN = 2.0
"""Deviations within which nineteen of twenty usual days are.

A shortfall that lasts wakes somebody on a day that is bad itself; on the days between
it is watched, and holds its incident open.
"""


@dataclass(frozen=True, slots=True)
class _Shortfall:
    """What was lost on the worse of a metric's harmful sides, window by window.

    `threshold` is what the sum crosses by chance once in the stated number of windows.
    """

    side: int
    short: Sequence[float]
    threshold: float
    total: Cusum

    @property
    def lasts(self) -> bool:
        """Whether noise is no longer a likely reason."""
        return self.total.value >= self.threshold

    @property
    def windows(self) -> int:
        """Over how many windows up to the last it has added up."""
        since = self.total.since
        return 0 if since is None else len(self.short) - since


def judge_shortfall(
    metric: str,
    series: Sequence[Measured | float],
    spread: Spread,
    sides: Sequence[int],
    run_length: float,
) -> Finding:
    """One finding on the metric's windows so far, of which the last is today's.

    `sides` are those on which the metric does harm, `run_length` is the number of windows
    between two alarms of an unchanged model.
    """
    today = series[-1]
    assert isinstance(today, Measured)
    threshold = threshold_for(run_length * len(sides))
    found = [(side, shortfalls(series, spread, side, today.rows)) for side in sides]
    added = [_added_up(side, short, threshold) for side, short in found]
    worst = max(added, key=lambda one: one.total.value)
    strayed = worst.side * (today.value - spread.centre) / spread.deviation(today.rows)
    bad_today = strayed >= USUALLY_WITHIN
    origin = f"one false alarm in {run_length:g} windows; {spread.origin}"
    return Finding(
        topic=Topic.PERFORMANCE,
        subject=metric,
        statistic="cusum",
        outcome=Outcome.BREACHED if worst.lasts else Outcome.OK,
        severity=Severity.CRITICAL if bad_today else Severity.WARNING,
        message=_said(metric, today.value, spread.centre, worst),
        value=worst.total.value,
        bounds=Bounds(upper=threshold, origin=origin),
        evidence={
            "measured": today.to_json(),
            "centre": spread.centre,
            **_evidence(worst, len(sides)),
        },
    )


def _added_up(side: int, short: Sequence[float], threshold: float) -> _Shortfall:
    """It takes two bad windows at least to cross, and a few good ones to climb down."""
    total = accumulate(short, loudest=0.75 * threshold, ceiling=1.5 * threshold)
    return _Shortfall(side, short, threshold, total)


def _said(metric: str, value: float, usual: float, worst: _Shortfall) -> str:
    if worst.lasts:
        said = (
            f"{metric} has been worse than its reference {usual:.4g} over "
            f"{worst.windows} windows, {value:.4g} in this one"
        )
    else:
        said = f"{metric} is not lastingly worse: {value:.4g}, reference {usual:.4g}"
    reached, limit = worst.total.value, worst.threshold
    return f"{said} (accumulated shortfall {reached:.3g}, limit {limit:.3g})"


def _evidence(worst: _Shortfall, sides: int) -> dict[str, Any]:
    """The sum and since when; its run lengths, of an unchanged model and a worse one."""
    threshold, total = worst.threshold, worst.total
    return {
        "shortfall": worst.short[-1],
        "side": worst.side,
        "cusum": total.value,
        "since": total.since,
        "lasting": worst.lasts,
        "windows": worst.windows,
        "run_length": expected_run_length(threshold) / sides,
        "run_length_at_one_deviation": expected_run_length(threshold, shift=1),
    }
