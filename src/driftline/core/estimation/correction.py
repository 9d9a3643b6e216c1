"""Estimates corrected by the labels that came late: a panel of forecasts, weighed at the lag.

A metric's day is `mean + slope (raw - mean raw) + level + noise` on its scale, where `raw`
is what its rows alone say. The slope is theory's 1 unless the reference's days show
another one: 0 where raw estimates mean nothing. The panel differs in its memory of the
level: it never moves, or follows the latest labels, faster or slower (a local-level
filter each). A member counts by how well it did at the same lag on all days whose labels
are in, the reference's first.

Constants without another source are judgements that the panel and the reference's days
outvote: half or twice of each changed the error of estimates on flights and on the weather by
less than a twentieth.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

MEMORIES = (np.inf, 60.0, 20.0, 7.0)
"""Half-lives of the level in windows; the first one never moves."""

LOSSES_REMEMBERED = 120.0
"""Half-life, in windows, of what a member's past errors count for."""

FEWEST_BEFORE = 8
"""Days before a day of the reference from which it is forecast as one in production is.

As many as bounds need (`bounds/threshold.py`): a mean of them is off by a
third of a day's deviation.
"""
SLOPE_SPREAD = 1 / 3
"""How far from 1, what a calibrated estimate has, the slope is thought to be unseen."""


@dataclass(frozen=True, slots=True)
class Past:
    """A metric's days on its scale, oldest first; the first `reference` are the reference's.

    `at` are places in time, in windows; `raw` what the rows said; `realised` what the
    labels said, NaN where they have not; `noise` the sampling variance of `realised`.
    """

    at: Vector
    raw: Vector
    realised: Vector
    noise: Vector
    reference: int

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """The days whose labels are in."""
        return ~np.isnan(self.realised)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Per day, what is said of it by labels `lag` windows old, and one deviation of that.

    `ahead` marks the days that were forecast by enough days before them, `follows` is
    the weight that the last day's forecast gives to members that move.
    """

    centre: Vector
    deviation: Vector
    known: NDArray[np.intp]
    ahead: NDArray[np.bool_]
    follows: float


def forecast(past: Past, lag: float) -> Forecasts:
    """Every day as it would be estimated from days at least `lag` windows before it.

    `known` counts, per day, the days before it that far back.
    """
    panel = _panel(past)
    known = np.searchsorted(past.at, past.at - _reach(past, lag), side="right")
    known = np.minimum(known, np.arange(len(past.at)))
    level, doubt, kept = _levels(past, panel)
    taught = _taught(past, known, panel.slope)
    said = panel.fixed + level[known] + kept[known] * taught[:, None]
    steps = np.minimum(past.at - past.at[np.maximum(known - 1, 0)], lag)
    variance = doubt[known] + steps[:, None] * panel.pace + panel.unsure
    ahead = known >= FEWEST_BEFORE
    if ahead[: past.reference].sum() < FEWEST_BEFORE:
        ahead = np.ones_like(ahead)
    weights = _weights(past, past.realised[:, None] - said, known, lag, ahead)
    centre = (weights * said).sum(axis=1)
    apart = (said - centre[:, None]) ** 2
    spread = (weights * (variance + apart)).sum(axis=1) + past.noise
    moving = weights[-1, panel.pace > 0].sum()
    return Forecasts(centre, np.sqrt(spread), known, ahead, float(moving))


@dataclass(frozen=True, slots=True)
class _Panel:
    """Per member: its forecast without a level, its noise between days, its level's pace.

    `unsure` is that noise per day with what is not known of the mean and the slope.
    """

    fixed: Vector
    between: Vector
    pace: Vector
    unsure: Vector
    slope: float


def _panel(past: Past) -> _Panel:
    first = slice(past.reference)
    raw, realised = past.raw[first], past.realised[first]
    mean = realised.mean()
    slope, doubt = _slope(past)
    away = past.raw[:, None] - raw.mean()
    fixed = np.tile(mean + slope * away, len(MEMORIES))
    noise = float(past.noise[first].mean())
    strays = (realised[:, None] - fixed[first]).var(axis=0, ddof=1)
    between = np.maximum(strays - noise, 1e-3 * strays + 1e-12)
    ratios = np.array([_ratio(memory) for memory in MEMORIES])
    whole = between + noise
    unsure = between + whole / past.reference + doubt * away**2
    return _Panel(fixed, between, ratios * whole, unsure, slope)


def _slope(past: Past) -> tuple[float, float]:
    """What a change of the raw estimate means, and the variance of that.

    By the reference's days and by theory, each weighed by how sure it is.
    """
    first = slice(past.reference)
    raw = past.raw[first] - past.raw[first].mean()
    realised = past.realised[first] - past.realised[first].mean()
    power = float((raw * raw).sum())
    if power <= 1e-12:
        return 0.0, 0.0
    least_squares = float((raw * realised).sum()) / power
    rest = realised - least_squares * raw
    precision = power / max(float((rest * rest).sum()) / max(len(rest) - 2, 1), 1e-12)
    prior = SLOPE_SPREAD**-2
    whole = precision + prior
    return (least_squares * precision + prior) / whole, 1 / whole


def _ratio(memory: float) -> float:
    """The level's variance per window over the noise's that gives this half-life.

    The steady gain of a local-level filter is 1 - 2^(-1/half-life).
    """
    gain = 1 - float(0.5 ** (1 / memory))
    return gain**2 / (1 - gain)


def _reach(past: Past, lag: float) -> Vector:
    """How far ahead each day is forecast: a short reference less far than `lag`.

    Half of it at least is to be forecast, where it has days enough for that.
    """
    first = past.at[: past.reference]
    within = max((first[-1] - first[0]) / 2, 1.0)
    reach = np.full(len(past.at), lag)
    reach[: past.reference] = min(lag, within)
    return reach


def _taught(past: Past, known: NDArray[np.intp], slope: float) -> Vector:
    """By how much each day's mean, had it only the days before it, is off the whole one.

    So a day of the reference is forecast as one in production is: by days that were
    over, `lag` windows before. 0 where there are too few of them.
    """
    first = slice(past.reference)
    rest = past.realised[first] - slope * past.raw[first]
    counts = np.arange(1, past.reference + 1)
    so_far = np.concatenate([[0.0], np.cumsum(rest) / counts - rest.mean()])
    told = np.minimum(known, past.reference)
    return np.where(told >= FEWEST_BEFORE, so_far[told], 0.0)


def _levels(past: Past, panel: _Panel) -> tuple[Vector, Vector, Vector]:
    """The level after each number of days, its variance, and what is left of the start.

    One Kalman filter a member.
    """
    strays = past.realised[:, None] - panel.fixed
    level = np.zeros((len(strays) + 1, len(panel.pace)))
    doubt = np.zeros_like(level)
    kept = np.ones_like(level)
    gaps = np.diff(past.at, prepend=past.at[:1])
    for day, stray in enumerate(strays):
        variance = doubt[day] + gaps[day] * panel.pace
        level[day + 1], doubt[day + 1] = level[day], variance
        kept[day + 1] = kept[day]
        if not np.isnan(past.realised[day]):
            gain = variance / (variance + panel.between + past.noise[day])
            level[day + 1] = level[day] + gain * (stray - level[day])
            doubt[day + 1] = variance * (1 - gain)
            kept[day + 1] = kept[day] * (1 - gain)
    return level, doubt, kept


def _weights(
    past: Past,
    errors: Vector,
    known: NDArray[np.intp],
    lag: float,
    ahead: NDArray[np.bool_],
) -> NDArray[Any]:
    """Members by the likelihood of their errors on days ahead, as Laplace's law has it.

    Errors `lag` windows ahead overlap, so that only one in `lag` counts.
    """
    keep = 0.5 ** (np.diff(past.at, prepend=past.at[:1]) / LOSSES_REMEMBERED)
    sums = np.zeros((len(errors) + 1, errors.shape[1]))
    count = np.zeros(len(errors) + 1)
    for day, error in enumerate(errors):
        isin = bool(ahead[day]) and not np.isnan(past.realised[day])
        sums[day + 1] = sums[day] * keep[day] + (np.abs(error) if isin else 0.0)
        count[day + 1] = count[day] * keep[day] + isin
    mean = (sums + 1e-12) / np.maximum(count, 1e-12)[:, None]
    score = -count[:, None] / max(lag, 1.0) * np.log(mean)
    weights = np.exp(score - score.max(axis=1, keepdims=True))
    shares: Vector = weights / weights.sum(axis=1, keepdims=True)
    return shares[known]
