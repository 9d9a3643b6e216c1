"""Geometry of a metric over time: numbers in, places in percent out.

Pictures are stretched to the width of the page, so that text stands beside them in HTML
at its own size. x and y run from 0 to 100, y downwards.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from driftline.core.report import Judged, Point, Series
from driftline.core.window import Every, Window

MOST_DATES = 6
"""Dates under a plot."""

LONGEST = 1e15
"""Larger numbers are written as powers of ten."""

FARTHEST = 1e100
"""Values beyond are drawn at the edge."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what it says there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A window's value: its place, its interval's ends, and what a hover says."""

    x: float
    y: float
    top: float
    bottom: float
    title: str
    outside: bool


@dataclass(frozen=True, slots=True)
class Box:
    """The band of one window; those of windows in a row touch."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class LinePlot:
    """A metric over the windows of the strip. A line breaks where a value is missing.

    `models` marks the windows from which another model version was in service;
    `waiting` is where the values end before the strip does. `guesses` outlines the band
    of what was estimated without labels: per run of windows, its edge all around.
    """

    series: Series
    lines: tuple[tuple[Dot, ...], ...]
    dots: tuple[Dot, ...]
    bands: tuple[Box, ...]
    centre: float | None
    values: tuple[Tick, ...]
    dates: tuple[Tick, ...]
    models: tuple[Tick, ...]
    waiting: float | None
    guesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """Values between `low` and `high` on a height of 100; the others at its edges."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """How far below the top.

        >>> Scale(0.0, 2.0).y(0.5)
        75.0
        """
        inside = min(max(value, self.low), self.high)
        return round(100 * (self.high - inside) / (self.high - self.low), 2)


def line_plot(series: Series, strip: Sequence[Judged]) -> LinePlot:
    """The metric's values, intervals and bands, each at its window's place."""
    scale = _scale(series)
    step = 100 / max(len(strip), 1)
    places = {judged.window: place for place, judged in enumerate(strip)}
    points = {places[p.window]: p for p in series.points if p.window in places}
    dots = {
        place: _dot(point, round((place + 0.5) * step, 2), scale)
        for place, point in points.items()
    }
    end = max(dots, default=-1) + 1
    return LinePlot(
        series=series,
        lines=tuple(_lines(dots)),
        dots=tuple(dots.values()),
        bands=tuple(_bands(points, step, scale)),
        centre=None if series.centre is None else scale.y(series.centre),
        values=tuple(Tick(scale.y(v), text) for v, text in nice(scale.low, scale.high)),
        dates=dates([judged.window for judged in strip]),
        models=tuple(_new_models(strip, step)),
        waiting=round(end * step, 2) if end < len(strip) else None,
        guesses=tuple(_guesses(series, places, step, scale)),
    )


def dates(windows: Sequence[Window]) -> tuple[Tick, ...]:
    """Dates at regular places, the last window's among them."""
    count = len(windows)
    stride = max(math.ceil(count / MOST_DATES), 1)
    places = range((count - 1) % stride, count, stride)
    return tuple(
        Tick(round(100 * (place + 0.5) / count, 2), short_date(windows[place]))
        for place in places
    )


def short_date(window: Window) -> str:
    """The window's start as it fits under a plot.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> short_date(day_window(date(2013, 3, 8)))
    '8 Mar'
    """
    start = window.local_start
    date = f"{start.day} {start:%b}"
    return f"{date} {start:%H}h" if window.every is Every.HOUR else date


def nice(low: float, high: float) -> Iterator[tuple[float, str]]:
    """Round numbers between two values, some two to five, as text with equal decimals.

    >>> [text for _, text in nice(0.47, 0.81)]
    ['0.5', '0.6', '0.7', '0.8']
    >>> [text for _, text in nice(0, 4e90)]
    ['0', '1e+90', '2e+90', '3e+90', '4e+90']
    """
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    decimals = max(-math.floor(math.log10(step)), 0)
    for count in range(
        math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1
    ):
        form = f",.{decimals}f" if abs(count * step) < LONGEST else ".4g"
        yield count * step, f"{count * step:{form}}"


def _dot(point: Point, x: float, scale: Scale) -> Dot:
    interval = f"{point.lower:.4g} to {point.upper:.4g}"
    outside = not point.band.contain(point.value)
    return Dot(
        x=x,
        y=scale.y(point.value),
        top=scale.y(point.upper),
        bottom=scale.y(point.lower),
        title=f"{point.window.label}: {point.value:.4g} ({interval})"
        + (", outside its band" if outside else ""),
        outside=outside,
    )


def _lines(dots: dict[int, Dot]) -> Iterator[tuple[Dot, ...]]:
    """Runs of windows without a gap."""
    run: list[Dot] = []
    for place, dot in dots.items():
        if run and place - 1 not in dots:
            yield tuple(run)
            run = []
        run.append(dot)
    yield tuple(run)


def _guesses(
    series: Series, places: dict[Window, int], step: float, scale: Scale
) -> Iterator[str]:
    """One closed outline per run of estimated windows, as the points of a polygon."""
    known = [p for p in series.estimates if p.window in places]
    run: list[tuple[str, str]] = []
    last = -1
    for point in sorted(known, key=lambda p: places[p.window]):
        place = places[point.window]
        if run and place - 1 != last:
            yield _outline(run)
            run = []
        x = round((place + 0.5) * step, 2)
        run.append((f"{x},{scale.y(point.upper)}", f"{x},{scale.y(point.lower)}"))
        last = place
    if run:
        yield _outline(run)


def _outline(run: Sequence[tuple[str, str]]) -> str:
    tops = [top for top, _ in run]
    bottoms = [bottom for _, bottom in reversed(run)]
    return " ".join(tops + bottoms)


def _bands(points: dict[int, Point], step: float, scale: Scale) -> Iterator[Box]:
    """Open sides of a band reach to the edge of the picture."""
    for place, point in points.items():
        band = point.band
        if band.lower is None and band.upper is None:
            continue
        top = 0.0 if band.upper is None else scale.y(band.upper)
        bottom = 100.0 if band.lower is None else scale.y(band.lower)
        yield Box(round(place * step, 2), top, round(step, 2), round(bottom - top, 2))


def _new_models(strip: Sequence[Judged], step: float) -> Iterator[Tick]:
    judged = [(place, each.model) for place, each in enumerate(strip) if each.model]
    for (_, before), (place, model) in pairwise(judged):
        if model != before:
            yield Tick(round(place * step, 2), model)


def _scale(series: Series) -> Scale:
    """Values and the bands' edges fit, with some room; long intervals are cut."""
    edges = [edge for p in series.points for edge in (p.band.lower, p.band.upper)]
    known = [edge for edge in edges if edge is not None]
    values = [_within(v) for v in (*known, *(p.value for p in series.points))]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.12 or max(abs(high), 1e-6) * 0.1
    return Scale(low - room, high + room)


def _within(value: float) -> float:
    """What arithmetic can still be done with."""
    return min(max(value, -FARTHEST), FARTHEST)
