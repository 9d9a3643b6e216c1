"""How far a metric strays from day to day when nothing changed.

The unit of noise is the day: rows of one day share weather, holidays and campaigns.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftline.core.bounds.tails import normal_quantile, student_quantile
from driftline.core.finding import Bounds
from driftline.core.performance._interval import standard_error
from driftline.core.performance._metric import Facts
from driftline.core.reference import Measured

FEW_DAYS = 8
"""With fewer reference days the spread between days is not estimated from them."""

WIDENED = 2.0
"""What sampling noise is multiplied with then: between-day spread is as large, or so."""

MOST_CORRELATED = 0.8
"""The largest day-to-day correlation believed of a short series."""


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
        quantile = (
            student_quantile(tail, self.days - 1) if enough else normal_quantile(tail)
        )
        reach = quantile * math.hypot(self.deviation(rows), self.unsure)
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
    unsure = math.sqrt(variance / len(days)) * inflation(correlation)
    return Spread(float(values.mean()), between, noise, unsure, correlation, len(days))


def shortfalls(
    values: Sequence[Measured | float], spread: Spread, side: int, rows: int
) -> list[float]:
    """How far each value is on the harmful side, in standard deviations.

    The centre is moved towards harm by its own standard error, and deviations grow with
    the correlation of days: an estimated, correlated reference would otherwise raise
    far more alarms than the stated run length has. `rows` stands in where a value
    comes without its own.
    """
    widened = inflation(spread.correlation)
    found = []
    for item in values:
        day = item if isinstance(item, Measured) else Measured(item, item, item, rows)
        excess = side * (day.value - spread.centre) - spread.unsure
        found.append(excess / (spread.deviation(day.rows) * widened))
    return found


def _correlation(values: np.ndarray[Any, Any]) -> float:
    centred = values - values.mean()
    power = float((centred**2).sum())
    if power <= 0:
        return 0.0
    return float(
        np.clip((centred[1:] * centred[:-1]).sum() / power, 0, MOST_CORRELATED)
    )


def inflation(correlation: float) -> float:
    """How much wider a sum of correlated days strays than one of independent days."""
    return math.sqrt((1 + correlation) / (1 - correlation))
