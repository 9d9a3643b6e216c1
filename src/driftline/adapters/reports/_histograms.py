"""Two histograms over the same cells: numbers in, places in percent out.

The reference's bins hold equal shares of rows, so its shares say little: where bins are
wide enough they are drawn to scale, the area of a bar being its share. Columns with few
values or a very long tail get a slot of equal width per bin instead, and categories rows.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from driftline.adapters.reports._charts import FARTHEST, Tick, nice
from driftline.core.finding import Finding
from driftline.core.wording import number, percent

OTHERS = "all others"

MOST_ROWS = 6
"""Categories drawn by name; the smaller ones are added up."""

ROOM = 44
"""Characters of the names under a picture, all together."""

STEEPEST = 15.0
"""How much denser than another a bin of a picture to scale may be."""


NARROWEST = 1e-6
"""How small a part of a picture to scale a bin may be."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The values in `(low, high]`, or one value (`low == high`), and both sides' shares.

    `below` says that `high` itself belongs to the next cell.
    """

    low: float
    high: float
    reference: float
    current: float
    below: bool = False

    @property
    def name(self) -> str:
        """The values in words.

        >>> Cell(-math.inf, 3.0, 0, 0).name, Cell(1.0, 2.0, 0, 0).name
        ('≤ 3', '1 to 2')
        """
        if math.isinf(self.low) and math.isinf(self.high):
            return "any value"
        if math.isinf(self.low):
            return f"{'<' if self.below else '≤'} {number(self.high)}"
        if math.isinf(self.high):
            return f"> {number(self.low)}"
        low, high = number(self.low), number(self.high)
        return low if self.low == self.high else f"{low} to {high}"

    @property
    def mark(self) -> str:
        """The values where there is little room: a bin by its upper edge."""
        inner = math.isfinite(self.low) and math.isfinite(self.high)
        return number(self.high) if inner else self.name

    @property
    def title(self) -> str:
        """What a hover says."""
        return f"{self.name}: reference {percent(self.reference)}, now {percent(self.current)}"


@dataclass(frozen=True, slots=True)
class Bar:
    """One side of a cell, standing on the axis."""

    x: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class BarPlot:
    """A numeric column. Area is share where it is drawn to scale, and height elsewhere."""

    bars: tuple[tuple[Bar, Bar, str], ...]
    ticks: tuple[Tick, ...]
    to_scale: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A category: both shares, and the lengths of their bars in percent, if it has any."""

    name: str
    reference: float
    current: float
    lengths: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of a column, bars or rows, and what fits neither."""

    finding: Finding
    plot: BarPlot | None
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def picture(finding: Finding) -> Picture:
    """The column's two histograms as they are best seen."""
    histogram = finding.evidence["histogram"]
    if "categories" in histogram:
        return Picture(finding, None, _rows(histogram), tuple(_examples(finding)))
    cells = _cells(histogram)
    wide = _without_lone_values(cells)
    plot = (
        _to_scale(wide, finding.evidence.get("extremes", {}))
        if _fits_scale(wide, cells)
        else _slots(cells)
    )
    return Picture(finding, plot, (), tuple(_notes(finding)))


def _cells(histogram: dict[str, Any]) -> list[Cell]:
    """The bins; an edge just below another closes a bin that holds one value alone."""
    edges = [-math.inf, *map(float, histogram["edges"]), math.inf]
    lone = {
        low: high for low, high in pairwise(edges) if math.nextafter(high, low) == low
    }
    shares = zip(histogram["reference"], histogram["current"], strict=True)
    return [
        Cell(lone.get(low, low), lone.get(high, high), old, new, high in lone)
        for (low, high), (old, new) in zip(pairwise(edges), shares, strict=True)
    ]


def _without_lone_values(cells: Sequence[Cell]) -> list[Cell]:
    """Single values put together with the bin just below them."""
    wide: list[Cell] = []
    for cell in cells:
        if wide and cell.low == cell.high == wide[-1].high:
            below = wide.pop()
            old, new = below.reference + cell.reference, below.current + cell.current
            wide.append(Cell(below.low, cell.high, old, new))
        else:
            wide.append(cell)
    return wide


def _fits_scale(wide: Sequence[Cell], cells: Sequence[Cell]) -> bool:
    """Whether most rows are no single values and no bin is so narrow as to dwarf the rest."""
    inner = wide[1:-1]
    alone = sum(cell.reference for cell in cells if cell.low == cell.high)
    if len(inner) < 3 or alone > 0.5:
        return False
    reach, widths = inner[-1].high - inner[0].low, [c.high - c.low for c in inner]
    if not 1 / FARTHEST < reach < FARTHEST or min(widths) < NARROWEST * reach:
        return False
    dense = [_density(cell, cell.reference) for cell in inner if cell.reference > 1e-9]
    return bool(dense) and max(dense) <= STEEPEST * min(dense)


def _to_scale(cells: Sequence[Cell], extremes: dict[str, Any]) -> BarPlot:
    """Bars whose areas are shares; the outer bins end at each side's own extremes."""
    old = _closed(cells, *extremes.get("reference", (None, None)))
    new = _closed(cells, *extremes.get("current", (None, None)))
    left = min(old[0].low, new[0].low)
    unit = (max(old[-1].high, new[-1].high) - left) / 100
    densities = [_density(c, c.reference) for c in old]
    tallest = max(densities + [_density(c, c.current) for c in new])

    def bar(cell: Cell, part: float) -> Bar:
        height = 100 * _density(cell, part) / tallest
        return _bar((cell.low - left) / unit, (cell.high - cell.low) / unit, height)

    bars = (
        (bar(was, was.reference), bar(now, now.current), cell.title)
        for cell, was, now in zip(cells, old, new, strict=True)
    )
    ticks = (
        Tick(round((value - left) / unit, 2), text)
        for value, text in nice(left, left + 100 * unit)
    )
    return BarPlot(tuple(bars), tuple(ticks), to_scale=True)


def _closed(
    cells: Sequence[Cell], least: float | None, most: float | None
) -> list[Cell]:
    """The cells with finite ends: a value far out does not squeeze the picture."""
    first, last = cells[0].high, cells[-1].low
    reach, usual = last - first, (last - first) / (len(cells) - 2)
    low = first - usual if least is None else min(least, first - usual / 4)
    high = last + usual if most is None else max(most, last + usual / 4)
    return [
        replace(cells[0], low=max(low, first - reach)),
        *cells[1:-1],
        replace(cells[-1], high=min(high, last + reach)),
    ]


def _density(cell: Cell, part: float) -> float:
    return part / (cell.high - cell.low)


def _slots(cells: Sequence[Cell]) -> BarPlot:
    """Bars of equal width; cells that neither side fills are left out."""
    shown = [cell for cell in cells if cell.reference or cell.current]
    tallest = max((max(c.reference, c.current) for c in shown), default=1.0)
    step = 100 / max(len(shown), 1)

    def bar(place: int, part: float) -> Bar:
        return _bar((place + 0.06) * step, 0.88 * step, 100 * part / tallest)

    bars = (
        (bar(place, cell.reference), bar(place, cell.current), cell.title)
        for place, cell in enumerate(shown)
    )
    longest = max((len(cell.mark) for cell in shown), default=0)
    stride = max(math.ceil(len(shown) * (longest + 2) / ROOM), 1)
    ticks = (
        Tick(round((place + 0.5) * step, 2), shown[place].mark)
        for place in range(0, len(shown), stride)
    )
    return BarPlot(tuple(bars), tuple(ticks), to_scale=False)


def _bar(x: float, width: float, height: float) -> Bar:
    return Bar(round(x, 2), round(width, 2), round(height, 2))


def _rows(histogram: dict[str, Any]) -> tuple[Row, ...]:
    """The largest categories on either side in the reference's order, then the rest."""
    sides = (histogram["reference"], histogram["current"])
    named = list(zip(map(str, histogram["categories"]), *sides, strict=True))
    large = sorted(named, key=lambda row: -max(row[1:]))[:MOST_ROWS]
    small = [row for row in named if row not in large]
    others = zip(histogram["other_reference"], histogram["other_current"], strict=True)
    (old, new), unseen, missing = others
    old += sum(row[1] for row in small)
    new += sum(row[2] for row in small)
    rest = [(OTHERS, old, new), ("unseen values", *unseen), ("missing", *missing)]
    shown = [row for row in named if row in large] + [
        row for row in rest if any(row[1:])
    ]
    longest = (
        max((max(row[1:]) for row in shown if row[0] != OTHERS), default=0.0) or 1.0
    )
    return tuple(
        Row(name, old, new, _lengths(name, old / longest, new / longest))
        for name, old, new in shown
    )


def _lengths(name: str, old: float, new: float) -> tuple[float, float] | None:
    """What was added up has no bar: it would dwarf the others and says little."""
    return None if name == OTHERS else (round(100 * old, 1), round(100 * new, 1))


def _notes(finding: Finding) -> Iterator[str]:
    """What a numeric column's bars leave out: what is no number, and how far values reach."""
    histogram, extremes = (
        finding.evidence["histogram"],
        finding.evidence.get("extremes"),
    )
    others = zip(histogram["other_reference"], histogram["other_current"], strict=True)
    for name, (old, new) in zip(("infinite", "unseen", "missing"), others, strict=True):
        if old or new:
            yield f"{name} {percent(old)} → {percent(new)}"
    if extremes and None not in (*extremes["reference"], *extremes["current"]):
        (low, high), (least, most) = extremes["reference"], extremes["current"]
        if least < low or most > high:
            now = f"{number(least)} to {number(most)}"
            yield f"values {now}, reference {number(low)} to {number(high)}"


def _examples(finding: Finding) -> Iterator[str]:
    examples = finding.evidence.get("unseen_examples", [])
    if examples:
        yield f"unseen, for example {', '.join(map(str, examples[:3]))}"
