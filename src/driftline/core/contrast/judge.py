"""Groups whose errors parted from the others', on one day or over days."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftline.core.bounds.cusum import Cusum, accumulate, threshold_for
from driftline.core.bounds.tails import normal_quantile, student_quantile, student_tail
from driftline.core.bounds.weight import least_at_once
from driftline.core.contrast.groups import Contrast, column_of
from driftline.core.contrast.spread import WRONG, ContrastSpread, Usual
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.labels.shortfall import USUALLY_WITHIN
from driftline.core.wording import apart, number

ALLOWANCE = 1.0
"""The slack of the sum, in deviations of a day: a group that is wrong is clearly so."""

LOUDEST, LOUDEST_OF_FEW = 0.75, 0.49
"""The part of the limit that one day may add: it takes two days at least. A page takes
three where few days are known: they cannot tell how soon a wild one is met."""

AT_ONCE = 0.25
"""The part of the rate that goes to single windows; the rest is accumulated."""

HARM = 0.4
"""A page needs errors that grew by this part of a row's usual loss, or more."""

LEAST_TAIL = 1e-300
"""Less than this is not told apart from nothing."""

SHOWN = 5
"""Groups that are told of one by one; the clearest."""


@dataclass(frozen=True, slots=True)
class Rates:
    """The chance that one of all groups breaches in a window like all others.

    `watched` goes to the digest: a quarter for the window itself, the rest accumulated.
    `paged` wakes somebody, and is accumulated alone; `any_page` is the chance that
    anything does, groups or not.
    """

    watched: float
    paged: float
    any_page: float


def judge_contrasts(
    spread: ContrastSpread,
    past: Sequence[Mapping[str, Contrast]],
    today: Mapping[str, Contrast],
    rates: Rates,
) -> list[Finding]:
    """A finding for each column with a group whose errors parted, the clearest first.

    `past` holds the earlier labelled windows, oldest first. A warning, accumulated
    (Page, 1954) or of the window itself; critical where the errors of a segment that
    the monitor names last for as long as pages allow, and grew by `HARM` of the usual loss.
    """
    found = [
        parted
        for name in today
        if (parted := _parted(spread, name, [*past, today], rates))
    ]
    best: dict[str, _Parted] = {}
    for parted in sorted(found, key=lambda p: (p.harms, p.excess), reverse=True):
        best.setdefault(column_of(parted.name, spread.columns), parted)
    return [_finding(spread, c, p) for c, p in list(best.items())[:SHOWN]]


@dataclass(frozen=True, slots=True)
class _Parted:
    name: str
    contrast: Contrast
    usual: Usual
    deviations: float
    reached: float
    bound: float
    windows: int
    harms: bool = False

    @property
    def excess(self) -> float:
        return self.reached / self.bound


def _parted(
    spread: ContrastSpread,
    name: str,
    windows: Sequence[Mapping[str, Contrast]],
    rates: Rates,
) -> _Parted | None:
    usual, contrast = spread.groups[name], windows[-1][name]
    today, one_sided = usual.deviations(contrast), name.startswith("error|")
    if today <= 0 and one_sided:
        return None  # fewer errors than usual are nobody's trouble
    held = [window[name] for window in windows if name in window]
    side = 1 if today > 0 else -1
    rate = rates.watched * usual.share / (1 if one_sided else 2)
    threshold = threshold_for(1 / ((1 - AT_ONCE) * rate), ALLOWANCE)
    short = _adding_up(usual, held, threshold, side)
    total = _sum(short, threshold, LOUDEST)
    if total.value >= threshold:  # else it would not be surer either
        total = _sum(_sure(spread, usual, short), threshold, LOUDEST)
    lasting = held if total.since is None else held[total.since :]
    if total.value >= threshold and _is_off(usual, lasting, rate):
        harms = usual.paged > 0 and _harms(spread, usual, held, len(lasting), rates)
        return _Parted(
            name, contrast, usual, today, total.value, threshold, len(lasting), harms
        )
    if abs(today) <= normal_quantile(AT_ONCE * rate):
        return None  # Student's quantile is larger, and takes a hundred times as long
    bound = student_quantile(AT_ONCE * rate, min(usual.days - 1, spread.tail))
    if abs(today) <= bound:
        return None
    return _Parted(name, contrast, usual, today, abs(today), bound, 1)


def _sum(short: Sequence[float], threshold: float, loudest: float) -> Cusum:
    return accumulate(
        short,
        allowance=ALLOWANCE,
        loudest=ALLOWANCE + loudest * threshold,
        ceiling=threshold,
    )


def _adding_up(
    usual: Usual, held: Sequence[Contrast], threshold: float, side: int = 1
) -> list[float]:
    """Deviations whose sum crosses as rarely as it may: noise takes so many windows to."""
    windows = threshold / ALLOWANCE
    return [side * usual.deviations(contrast, windows) for contrast in held]


def _harms(
    spread: ContrastSpread,
    usual: Usual,
    held: Sequence[Contrast],
    windows: int,
    rates: Rates,
) -> bool:
    """Whether errors that lasted are worth a page: surely there, large, and today too."""
    if usual.deviations(held[-1]) < USUALLY_WITHIN:
        return False
    lasting, rate = held[-windows:], rates.paged * usual.paged
    rows = np.array([contrast.rows for contrast in lasting])
    values = np.array([contrast.value for contrast in lasting])
    grown = float(np.average(values, weights=rows)) - usual.centre
    if grown < HARM * spread.loss or not _is_off(usual, lasting, rate):
        return False
    threshold = threshold_for(1 / rate, ALLOWANCE)
    few = least_at_once(usual.days, rates.any_page) > 0
    sure = _sure(spread, usual, _adding_up(usual, held, threshold), spread.tail)
    return _sum(sure, threshold, LOUDEST_OF_FEW if few else LOUDEST).value >= threshold


def _is_off(usual: Usual, lasting: Sequence[Contrast], chance: float) -> bool:
    """Whether windows together stray farther than an error of the usual value explains.

    It is in each of them, so that no number of windows makes it any smaller.
    """
    apart = float(np.mean([contrast.value for contrast in lasting])) - usual.centre
    power = float(np.mean([contrast.error**2 for contrast in lasting]))
    step = math.sqrt((usual.between**2 + power) / len(lasting) + usual.unsure)
    return abs(apart) > student_quantile(chance, usual.days - 1) * step


def _sure(
    spread: ContrastSpread,
    usual: Usual,
    short: Sequence[float],
    tail: float = math.inf,
) -> list[float]:
    """The deviations by what the reference leaves open; none counts more than it is."""
    return [min(z, _as_normal(z / spread.together, usual, tail)) for z in short]


def _as_normal(deviations: float, usual: Usual, tail: float) -> float:
    """What a deviation is worth where the usual is known from few days alone.

    Their spread makes Student's law of a normal day, and days may follow one of freedom
    `tail` themselves: the sum's run length is that of normal ones.
    """
    beyond = student_tail(abs(deviations), min(usual.days - 1, tail))
    return math.copysign(normal_quantile(max(beyond, LEAST_TAIL)), deviations)


def _said(spread: ContrastSpread, parted: _Parted) -> str:
    """The group's error, or how far off its predictions are, beside what is usual.

    What the day does to all rows is no part of it: the error is the usual one and what
    has grown beyond the other rows'.
    """
    kind, _, group = parted.name.partition("|")
    usual, rows = parted.usual, f"{parted.contrast.rows:,} rows"
    grown = parted.contrast.value - usual.centre
    seen = f"{parted.windows} windows, {rows} in this one"
    seen = seen if parted.windows > 1 else rows
    beyond = "beyond what the day did to other rows"
    if kind == "bias":
        off = grown * parted.contrast.weight
        way = "low" if off > 0 else "high"
        return (
            f"for {group} the model predicts too {way}, {beyond}: by {number(abs(off))} "
            f"more on average than is usual there ({seen})"
        )
    there, before = apart(usual.loss + grown, usual.loss, spread.called == WRONG)
    return (
        f"for {group} the model is wrong more than usual, {beyond}: its {spread.called} "
        f"there is about {there}, usually {before} ({seen})"
    )


def _finding(spread: ContrastSpread, column: str, parted: _Parted) -> Finding:
    kind, _, group = parted.name.partition("|")
    contrast, usual = parted.contrast, parted.usual
    evidence: dict[str, Any] = {
        "role": "group",
        "soft": True,
        "side": "higher" if parted.deviations > 0 else "lower",
        "group": group,
        "kind": kind,
        "centre": usual.centre,
        "reference_days": usual.days,
        "rows": contrast.rows,
        "deviations": parted.deviations,
        "windows": parted.windows,
    }
    return Finding(
        Topic.PERFORMANCE,
        column,
        "contrast",
        Outcome.BREACHED,
        Severity.CRITICAL if parted.harms else Severity.WARNING,
        _said(spread, parted),
        value=parted.reached,
        bounds=Bounds(upper=parted.bound, origin="the spread of reference days"),
        segment=group,
        evidence=evidence,
    )
