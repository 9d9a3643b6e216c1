"""One metric of one day without its labels: the estimate, its band and where it is from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from driftline.core.estimation.band import Band, band_of
from driftline.core.estimation.correction import Forecasts, Past, forecast
from driftline.core.estimation.estimator import Day, Estimator
from driftline.core.estimation.scale import Scale, scale_of
from driftline.core.performance._interval import standard_error
from driftline.core.performance._metric import Unmeasured, load_metric
from driftline.core.reference import Measured

FEWEST_DAYS = 8
"""Labelled reference windows without which there is no band."""

SURE = 0.995
"""The share of days that the wider band is meant to hold."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric's value with the band that holds nine days in ten, and the wider one.

    `lag` is the age in windows of the newest labels that it rests on. `follows` says
    how much the latest labels count beside the reference: 0 for not at all.
    """

    value: float
    lower: float
    upper: float
    surely: tuple[float, float]
    raw: float | None
    lag: float
    follows: float
    reference: float

    @property
    def method(self) -> str:
        """In words, what it rests on."""
        source = "the reference" if self.raw is None else "the day's rows"
        if self.follows < 0.01:
            return source
        return f"{source}, corrected by labels {self.lag:g} windows old"


def estimate(
    estimator: Estimator, metric: str, since: Sequence[Day], today: Day
) -> Estimate | Unmeasured:
    """The metric of `today`, by the reference and the labelled windows since."""
    days = estimator.days.get(metric, ())
    if len(days) < FEWEST_DAYS:
        return Unmeasured(
            f"the reference has {len(days)} labelled windows with {metric}; "
            f"{FEWEST_DAYS} would do"
        )
    if today.raw is None and all(day.realised is None for day in since):
        lack = estimator.lack or f"the day's rows say nothing of {metric}"
        return Unmeasured(f"{lack}, and no window since has its labels")
    days = _before(days, since, today)
    scale = scale_of(load_metric(metric).facts, _values(days))
    past = _past(scale, days, since, today)
    lag = max(float(past.at[-1] - past.at[past.labelled].max()), 1.0)
    said = forecast(past, lag)
    band = band_of(past, said)
    wide, rows = band.at(SURE), today.rows
    lower, upper = _edges(scale, said, band, rows)
    return Estimate(
        value=scale.back(float(said.centre[-1]), rows),
        lower=lower,
        upper=upper,
        surely=_edges(scale, said, wide, rows),
        raw=today.raw,
        lag=lag,
        follows=said.follows,
        reference=float(np.mean(_values(days))),
    )


def _before(days: tuple[Day, ...], since: Sequence[Day], today: Day) -> tuple[Day, ...]:
    """The reference's days, moved to end before production where they do not."""
    first = min([day.at for day in since], default=today.at)
    late = days[-1].at + 1 - first
    if late <= 0:
        return days
    return tuple(replace(day, at=day.at - late) for day in days)


def _values(days: Sequence[Day]) -> list[float]:
    return [day.realised.value for day in days if day.realised is not None]


def _past(scale: Scale, days: Sequence[Day], since: Sequence[Day], today: Day) -> Past:
    """All days on the metric's scale; a raw estimate that is missing says the usual."""
    series = [*days, *since, today]
    realised = np.array([_placed(scale, day.realised) for day in series])
    raw = np.array([_raw(scale, day.raw) for day in series])
    first = slice(len(days))
    known = raw[first][~np.isnan(raw[first])]
    usual = float(known.mean()) if len(known) else 0.0
    raw = np.where(np.isnan(raw), usual, raw if len(known) else usual)
    row_noise = _row_noise(days) * scale.stretch(float(np.mean(_values(days))))
    counts = [day.realised.rows if day.realised else day.rows for day in series]
    noise = row_noise**2 / np.maximum(np.array(counts, dtype=float), 1.0)
    at = np.array([day.at for day in series])
    return Past(at, raw, realised, noise, len(days))


def _placed(scale: Scale, realised: Measured | None) -> float:
    return math.nan if realised is None else scale.into(realised.value, realised.rows)


def _raw(scale: Scale, raw: float | None) -> float:
    """The estimate is an expectation: it is as fine as many rows."""
    return math.nan if raw is None else scale.into(raw, 1e4)


def _row_noise(days: Sequence[Day]) -> float:
    """The sampling error of one row, in the metric's unit."""
    known = [day.realised for day in days if day.realised is not None]
    return math.sqrt(np.mean([standard_error(m) ** 2 * m.rows for m in known]))


def _edges(scale: Scale, said: Forecasts, band: Band, rows: int) -> tuple[float, float]:
    centre, deviation = float(said.centre[-1]), float(said.deviation[-1])
    below, above = centre - band.below * deviation, centre + band.above * deviation
    return scale.back(below, rows), scale.back(above, rows)
