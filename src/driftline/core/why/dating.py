"""Since when a finding has been outside, with its interval in words."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from driftline.core.finding import Finding
from driftline.core.why.change_point import change_point
from driftline.core.why.events import Event, near, short_day
from driftline.core.window import Window

BOUND = 3.0
"""How many ordinary deviations a bound is away from the usual value, or so."""

FEW_VALUES = 8
"""With fewer values the series does not say how much it varies."""


def dated(
    finding: Finding, values: Mapping[Window, float], events: Sequence[Event]
) -> dict[str, Any] | None:
    """Since when, as evidence: the window, the first and last that it may be, events near.

    `values` are the statistic's, window by window, the finding's own last. None where the
    finding has no usual value, or no change is to be seen.
    """
    scale = _scale(finding)
    if scale is None or len(values) < 2:
        return None
    usual, unit = scale
    unit = max(unit, _ordinary(list(values.values())))
    windows = list(values)
    point = change_point([(value - usual) / unit for value in values.values()])
    if point is None:
        return None
    first, since, last = (
        windows[place] for place in (point.earliest, point.index, point.latest)
    )
    around = near(events, windows, point.earliest, point.latest)
    return {
        "window": since.label,
        "earliest": first.label,
        "latest": last.label,
        "words": since_words(first, since, last, at_start=point.index == 0),
        "events": [event.to_json() for event in around],
    }


def since_words(
    first: Window, since: Window, last: Window, *, at_start: bool = False
) -> str:
    """The date and its interval, where that is more than the date.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> days = [day_window(date(2013, 3, day)) for day in (1, 3, 5)]
    >>> since_words(*days)
    'since 3 March (1 to 5 March)'
    """
    if at_start:
        return f"since {short_day(since)} at least"
    if first == last:
        return f"since {short_day(since)}"
    start, end = short_day(first), short_day(last)
    same_month = start.partition(" ")[2] == end.partition(" ")[2]
    begin = start.partition(" ")[0] if same_month else start
    return f"since {short_day(since)} ({begin} to {end})"


def _ordinary(values: Sequence[float]) -> float:
    """The deviation of one window, from the steps between neighbours: a shift is one step.

    1.4826 times the median absolute step, over the root of 2, is the deviation of a normal
    series. 0 with few values.
    """
    if len(values) < FEW_VALUES:
        return 0.0
    return 1.4826 * float(np.median(np.abs(np.diff(values)))) / math.sqrt(2)


def _scale(finding: Finding) -> tuple[float, float] | None:
    """The usual value, and an ordinary deviation from it."""
    usual = finding.evidence.get("usual", finding.evidence.get("centre"))
    edges = [e for e in (finding.bounds.lower, finding.bounds.upper) if e is not None]
    if usual is None or finding.value is None or not edges:
        return None
    edge = min(edges, key=lambda e: abs(e - float(finding.value or 0.0)))
    unit = abs(edge - usual) / BOUND
    return (float(usual), unit) if unit > 0 else None
