"""Small drift that lasts: a statistic accumulated over days, day by day too small to tell."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driftline.core.bounds.checks import ROWS, Check
from driftline.core.bounds.cusum import (
    Cusum,
    accumulate,
    expected_run_length,
    threshold_for,
)
from driftline.core.bounds.tails import normal_quantile, student_quantile
from driftline.core.bounds.threshold import FEW_DAYS, Spread
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.measure import called
from driftline.core.wording import apart

SOONEST = 1.5
"""The lasting shift to find soonest, in deviations of a day."""

LOUDEST = 2 / 3
"""How much of the limit one day may add: two days are the least that lasts."""

CHANCES = (1e-9, 0.1)
"""Between which the chance lies by which an error of the deviation is weighed."""

MOST_CORRELATED = 0.8
"""The largest day-to-day correlation believed of a short series."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An earlier window of the same model version: its label, weekday and numbers.

    `numbers` has the statistics by `drift/<column>/<statistic>`, and `rows`.
    """

    label: str
    weekday: int | None
    numbers: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a slice is from: its label and weekday, and the windows before, oldest first.

    `repeats` is the share of its rows that repeat another, None where nobody counted.
    `past` are sound windows; `before` has the numbers of the last one with rows, sound or not.
    `empty` windows right before it had none.
    """

    label: str = ""
    weekday: int | None = None
    past: tuple[Judged, ...] = ()
    repeats: float | None = None
    before: Mapping[str, float] = field(default_factory=dict)
    empty: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """How one statistic's deviations are added up: to which sides, less what, to what limit.

    No deviation counts more than `loudest`.
    """

    sides: tuple[int, ...]
    allowance: float
    threshold: float

    @property
    def loudest(self) -> float:
        """The deviation beyond which one day adds no more."""
        return self.allowance + LOUDEST * self.threshold


@dataclass(frozen=True, slots=True)
class _Day:
    label: str
    deviations: float
    value: float


def judge_lasting(
    checks: Iterable[Check],
    numbers: Mapping[str, float],
    moment: Moment,
    run_length: float,
) -> list[Finding]:
    """One finding per soft statistic that has strayed to one side for days.

    `numbers` are those of the window itself. `run_length` is the mean number of windows
    between false alarms of one statistic. A one-sided CUSUM for distances, one for each
    side for levels; a single day adds at most two thirds of the limit, so that it takes
    two days at least.
    """
    if not moment.past:
        return []
    windows = (*moment.past, Judged(moment.label, moment.weekday, numbers))
    found = (
        _judge(check, windows, run_length) for check in checks if is_accumulated(check)
    )
    return [finding for finding in found if finding is not None]


def _judge(
    check: Check, windows: Sequence[Judged], run_length: float
) -> Finding | None:
    chart = chart_of(check, run_length)
    days = _deviations(check, windows, chart)
    if not days or days[-1].label != windows[-1].label:
        return None
    side, total = max(
        (
            (side, _sum([side * d.deviations for d in days], chart))
            for side in chart.sides
        ),
        key=lambda pair: pair[1].value,
    )
    if total.value < chart.threshold or total.since is None:
        return None
    return _finding(check, days[total.since :], side, total, chart)


def is_accumulated(check: Check) -> bool:
    """Whether the check's small deviations are added up over days."""
    soft = not check.facts.hard and check.role != "label" and check.fixed is None
    return soft and len(check.spread.values) >= FEW_DAYS


def chart_of(check: Check, run_length: float) -> Chart:
    """The chart of a statistic with so many windows between false alarms.

    Half of the shift to find soonest is allowed for (Page, 1954), and half of the
    statistic's trifle at least: less than that, however long it lasts, is no news.
    """
    sides = (-1, 1) if check.facts.two_sided else (1,)
    allowance = max(SOONEST, check.spread.trifle) / 2
    return Chart(sides, allowance, threshold_for(run_length * len(sides), allowance))


def crossings(
    check: Check, windows: Sequence[Judged], run_length: float
) -> frozenset[str]:
    """The labels of the windows that would have been told of lasting drift, in order."""
    if not is_accumulated(check):
        return frozenset()
    chart = chart_of(check, run_length)
    days = _deviations(check, windows, chart)
    short = [[side * day.deviations for day in days] for side in chart.sides]
    return frozenset(
        day.label
        for i, day in enumerate(days)
        if i and any(_sum(s[: i + 1], chart).value >= chart.threshold for s in short)
    )


def _sum(short: Sequence[float], chart: Chart) -> Cusum:
    """No higher than the limit, so that it ends with the shift and not a week later."""
    return accumulate(
        short,
        allowance=chart.allowance,
        loudest=chart.loudest,
        ceiling=chart.threshold,
    )


def _deviations(check: Check, windows: Sequence[Judged], chart: Chart) -> list[_Day]:
    """How far each window that has the statistic strayed, in deviations of a day."""
    name = number_of(check.subject, check.statistic.name)
    held = [window for window in windows if name in window.numbers]
    usual = check.spread.rows
    found = check.spread.deviations(
        np.array([window.numbers[name] for window in held]),
        np.array([window.numbers.get(ROWS, usual) for window in held]),
        [window.weekday for window in held],
    )
    inflation = caution(check.spread, chart)
    return [
        _Day(window.label, deviations, window.numbers[name])
        for window, deviations in zip(held, (found / inflation).tolist(), strict=True)
    ]


def number_name(finding: Finding) -> str:
    """The name under which a window keeps a finding's value."""
    return number_of(finding.subject, finding.statistic)


def number_of(subject: str, statistic: str) -> str:
    """The name under which a window keeps a statistic's value."""
    return f"drift/{subject}/{statistic}"


def caution(spread: Spread, chart: Chart) -> float:
    """By how much a deviation is widened for what the reference cannot know.

    A run length would otherwise be far shorter than stated (Jones, Champ and Rigdon,
    2004). A sum of noise that crosses takes threshold / allowance windows, and nears the
    threshold with chance exp(-2 × allowance × threshold) (Siegmund, 1985): an error of the
    mean adds up over so many, and one of the deviation counts as in Student's variable of
    that chance. So the run length is the stated one on average over references that one
    might have had. Days that stray together by their correlation come on top.
    """
    days = len(spread.values)
    adds_up = 1 + chart.threshold / chart.allowance / days
    near = math.exp(-2 * chart.allowance * chart.threshold)
    chance = min(max(near, CHANCES[0]), CHANCES[1])
    student = student_quantile(chance, days - 1) / normal_quantile(chance)
    correlation = _correlation(spread)
    together = (1 + correlation) / (1 - correlation)
    return student * math.sqrt(adds_up * together)


def _correlation(spread: Spread) -> float:
    """Of one reference day's value with the next one's, 0 and up."""
    moved = spread.straight_values
    apart = moved - moved.mean()
    power = float((apart**2).sum())
    if power <= 0:
        return 0.0
    found = float((apart[1:] * apart[:-1]).sum()) / power
    return min(max(found - 2 / math.sqrt(len(moved)), 0.0), MOST_CORRELATED)


def _finding(
    check: Check, days: Sequence[_Day], side: int, total: Cusum, chart: Chart
) -> Finding:
    name = check.statistic.name
    mean = sum(day.deviations for day in days) / len(days)
    way = "farther from the reference"
    sided = {}
    if check.facts.two_sided:
        way = "lower" if side < 0 else "higher"
        sided = {"side": way}
    run_length = expected_run_length(chart.threshold, chart.allowance)
    run_length /= len(chart.sides)
    return Finding(
        Topic.DRIFT,
        check.subject,
        f"{name}_lasting",
        Outcome.BREACHED,
        Severity.WARNING,
        f"{check.subject} has been {way} than on usual days since {days[0].label}: "
        f"{called(name)} {_beside_usual(check, days)} ({abs(mean):.1f} times what days "
        "usually differ by)",
        value=total.value,
        bounds=Bounds(
            upper=chart.threshold,
            origin=f"one false alarm in {run_length:,.0f} windows",
        ),
        evidence={
            "role": check.role,
            "soft": True,
            "since": days[0].label,
            "windows": len(days),
            "statistic": name,
            "run_length": run_length,
            "deviations": mean,
            **sided,
        },
    )


def _beside_usual(check: Check, days: Sequence[_Day]) -> str:
    """The mean of these days' values, and what is usual."""
    mean = sum(day.value for day in days) / len(days)
    today, usual = apart(mean, check.spread.usual, shares=check.facts.percent)
    return f"{today} on average over {len(days)} windows, usually {usual}"
