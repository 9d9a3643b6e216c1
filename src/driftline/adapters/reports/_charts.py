"""Geometry of the page's pictures: numbers in, SVG coordinates out, no text of data."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from driftline.core.finding import Finding
from driftline.core.report import Point, Series

WIDTH, HEIGHT = 640.0, 150.0
"""Of a line plot, in SVG units."""

BARS_WIDTH, BARS_HEIGHT = 300.0, 96.0
"""Of a histogram, in SVG units."""


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
class LinePlot:
    """A metric over time. `band` is (top, height) of the reference's band."""

    series: Series
    path: str
    dots: tuple[Dot, ...]
    band: tuple[float, float] | None
    highest: float
    lowest: float
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One cell of a histogram: reference and current side by side."""

    x: float
    width: float
    reference: float
    current: float
    title: str
    name: str


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Two histograms over the same cells; `words` are the ends of the axis."""

    bars: tuple[Bar, ...]
    words: tuple[str, str]


def line_plot(series: Series) -> LinePlot:
    """The points scaled so that points, intervals and band all fit."""
    low, high = _range(series)
    height = HEIGHT / (high - low)

    def y(value: float) -> float:
        return round(HEIGHT - (value - low) * height, 1)

    step = WIDTH / max(len(series.points), 1)
    dots = tuple(
        Dot(
            x=round((index + 0.5) * step, 1),
            y=y(point.value),
            top=y(min(point.upper, high)),
            bottom=y(max(point.lower, low)),
            title=_said(point),
            outside=not series.band.contain(point.value),
        )
        for index, point in enumerate(series.points)
    )
    labels = [point.label for point in series.points] or ["", ""]
    return LinePlot(
        series=series,
        path=" ".join(f"{dot.x},{dot.y}" for dot in dots),
        dots=dots,
        band=_band(series, low, high, y),
        highest=high,
        lowest=low,
        first=labels[0],
        last=labels[-1],
    )


def bar_plot(finding: Finding) -> BarPlot:
    """Shares per bin or category; what fits no cell comes last as other and missing."""
    histogram = finding.evidence["histogram"]
    names = _cell_names(histogram)
    reference = [*histogram["reference"], *histogram["other_reference"]]
    current = [*histogram["current"], *histogram["other_current"]]
    cells = [
        cell
        for place, cell in enumerate(zip(names, reference, current, strict=True))
        if place < len(histogram["reference"]) or cell[1] or cell[2]
    ]
    tallest = max([share for _, *pair in cells for share in pair], default=0) or 1.0
    width = BARS_WIDTH / max(len(cells), 1)
    bars = tuple(
        Bar(
            x=round(index * width, 1),
            width=round(width, 1),
            reference=round(old / tallest * BARS_HEIGHT, 1),
            current=round(new / tallest * BARS_HEIGHT, 1),
            title=f"{name}: reference {old:.1%}, current {new:.1%}",
            name=name,
        )
        for index, (name, old, new) in enumerate(cells)
    )
    words = (cells[0][0], cells[-1][0]) if cells else ("", "")
    return BarPlot(bars, words)


def _cell_names(histogram: dict[str, list[str]]) -> list[str]:
    rest = ["other values", "unseen values", "missing"]
    if "categories" in histogram:
        return [*map(str, histogram["categories"]), *rest]
    edges = [f"{float(edge):.4g}" for edge in histogram["edges"]]
    if not edges:
        return ["all values", *rest]
    between = [f"{a} to {b}" for a, b in pairwise(edges)]
    return [f"up to {edges[0]}", *between, f"above {edges[-1]}", *rest]


def _range(series: Series) -> tuple[float, float]:
    values = [point.value for point in series.points]
    values += [
        edge for edge in (series.band.lower, series.band.upper) if edge is not None
    ]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.15 or max(abs(high), 1e-6) * 0.1
    return low - room, high + room


def _band(
    series: Series, low: float, high: float, y: Callable[[float], float]
) -> tuple[float, float] | None:
    """Open sides of the band reach to the edge of the picture."""
    if series.band.lower is None and series.band.upper is None:
        return None
    top = y(high if series.band.upper is None else series.band.upper)
    bottom = y(low if series.band.lower is None else series.band.lower)
    return top, round(bottom - top, 1)


def _said(point: Point) -> str:
    return f"{point.label}: {point.value:.4g} ({point.lower:.4g} to {point.upper:.4g})"
