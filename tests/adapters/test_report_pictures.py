"""The report's pictures: nothing leaves its frame, and areas are shares."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.adapters.reports._charts import dates, line_plot, nice
from driftline.adapters.reports._histograms import Picture, picture
from driftline.core.finding import Bounds
from driftline.core.profiles.binning import edges as plan_edges
from driftline.core.report import Judged, Point, Series
from driftline.core.window import Every, window_at
from tests.golden.contents import CATEGORIES, HISTOGRAM, WINDOW, before, drifted

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SHARES = st.floats(0, 1)


@st.composite
def histograms(draw: st.DrawFn) -> dict[str, list[float]]:
    """Edges with single values among them, and shares that need not add up."""
    edges = set(draw(st.lists(NUMBERS, max_size=12)))
    edges |= {math.nextafter(edge, -math.inf) for edge in list(edges)[:4]}
    finite = sorted(edge for edge in edges if math.isfinite(edge))
    sides = st.lists(SHARES, min_size=len(finite) + 1, max_size=len(finite) + 1)
    others = st.lists(SHARES, min_size=3, max_size=3)
    return {
        "edges": finite,
        "reference": draw(sides),
        "current": draw(sides),
        "other_reference": draw(others),
        "other_current": draw(others),
    }


def drawn(histogram: dict, extremes: dict | None = None) -> Picture:
    """The picture of a histogram, whose values reach as far as told."""
    finding = drifted("temperature_f", histogram)
    more = finding.evidence | ({"extremes": extremes} if extremes else {})
    return picture(replace(finding, evidence=more))


@given(histogram=histograms(), low=NUMBERS, high=NUMBERS)
def test_no_bar_leaves_its_frame(histogram, low, high):
    """Whatever the edges and however far values reach, bars stay between 0 and 100."""
    reach = sorted([low, high])
    plot = drawn(histogram, {"reference": reach, "current": reach}).plot

    assert plot is not None
    for *sides, _ in plot.bars:
        for bar in sides:
            assert 0 <= bar.x <= bar.x + bar.width <= 100.1
            assert 0 <= bar.height <= 100
    assert all(-0.1 <= tick.at <= 100.1 for tick in plot.ticks)


def test_areas_are_shares_where_bins_have_widths():
    """Twice the rows have twice the ink, whatever the width of their bins."""
    histogram = HISTOGRAM | {"edges": [10.0, 12.0, 30.0, 40.0]}
    plot = drawn(histogram).plot

    assert plot is not None
    assert plot.to_scale
    areas = [old.width * old.height for old, _, _ in plot.bars]
    unit = areas[0] / histogram["reference"][0]
    assert areas == pytest.approx([unit * s for s in histogram["reference"]], rel=0.01)


def test_a_value_far_out_does_not_squeeze_the_others():
    """One reading of a million leaves the bins as wide as they were, within half."""
    far = {"reference": [5.0, 60.0], "current": [5.0, 1e6]}
    calm, loud = drawn(HISTOGRAM).plot, drawn(HISTOGRAM, far).plot

    assert calm is not None
    assert loud is not None
    assert loud.bars[1][0].width > calm.bars[1][0].width / 2
    assert "values 5 to 1,000,000, reference 5 to 60" in drawn(HISTOGRAM, far).notes


def test_each_of_a_few_values_has_a_place_of_its_own():
    """Weekdays are named one by one, and what lies between them only when it occurs."""
    found = list(plan_edges(np.arange(1.0, 4.0), 20))
    shares = [0.0, 0.3, 0.0, 0.3, 0.0, 0.4, 0.0]
    seen = [0.1, 0.3, 0.0, 0.2, 0.1, 0.3, 0.0]
    plot = drawn(
        HISTOGRAM | {"edges": found, "reference": shares, "current": seen}
    ).plot

    assert plot is not None
    assert not plot.to_scale
    names = [title.partition(":")[0] for *_, title in plot.bars]
    assert names == ["< 1", "1", "2", "2 to 3", "3"]


def test_small_categories_are_added_up():
    """The largest are drawn by name; the shares of a column still add up to 1."""
    histogram = CATEGORIES | {
        "categories": [f"c{n}" for n in range(10)],
        "reference": [0.1] * 10,
        "current": [0.01] * 9 + [0.91],
    }
    rows = drawn(histogram).rows

    assert "c9" in [row.name for row in rows]
    assert sum(row.reference for row in rows) == pytest.approx(1.0)
    assert next(row for row in rows if row.name == "all others").lengths is None


@given(values=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=3))
def test_no_point_leaves_its_plot(values):
    """Whatever a metric's values, intervals and bands, all stay between 0 and 100."""
    points = tuple(
        Point(before(place), value, min(rest), max(rest), Bounds(lower=min(rest)))
        for place, (value, *rest) in enumerate(values)
    )
    strip = [Judged(before(place), "act", "", "m") for place in (2, 1, 0)]
    plot = line_plot(Series("mae", points), strip)

    for dot in plot.dots:
        assert 0 <= dot.x <= 100
        assert all(0 <= y <= 100 for y in (dot.y, dot.top, dot.bottom))
    for box in plot.bands:
        assert box.height >= 0


def test_a_line_breaks_where_a_window_has_no_value():
    """Two values with a gap between them are not joined."""
    points = (Point(before(2), 0.7, 0.6, 0.8), Point(WINDOW, 0.6, 0.5, 0.7))
    strip = [Judged(before(2)), Judged(before(1)), Judged(WINDOW)]
    plot = line_plot(Series("roc_auc", points), strip)

    assert [len(run) for run in plot.lines] == [1, 1]
    assert plot.waiting is None


def test_windows_still_without_labels_are_shown_as_waiting():
    """The plot ends where the strip ends, not where the labels do."""
    strip = [Judged(before(1)), Judged(WINDOW)]
    plot = line_plot(Series("roc_auc", (Point(before(1), 0.7, 0.6, 0.8),)), strip)

    assert plot.waiting == 50.0


def test_a_new_version_in_service_is_marked():
    """The line between two windows with different models says which came."""
    strip = [Judged(before(1), "act", "", "m v1"), Judged(WINDOW, "act", "", "m v2")]
    plot = line_plot(Series("mae", (Point(WINDOW, 1.0, 0.5, 1.5),)), strip)

    assert [(tick.at, tick.text) for tick in plot.models] == [(50.0, "m v2")]


@pytest.mark.parametrize("every", Every)
@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_the_last_window_is_dated(every, count):
    """A handful of dates, the one that the page is about among them."""
    windows = [window_at(WINDOW.start, every, WINDOW.zone)]
    while len(windows) < count:
        windows.insert(0, windows[0].previous)
    ticks = dates(windows)

    assert 1 <= len(ticks) <= 6
    assert ticks[-1].at == pytest.approx(100 * (count - 0.5) / count, abs=0.01)


@given(low=st.floats(-1e100, 1e100), width=st.floats(1e-9, 1e9))
def test_round_numbers_lie_between_the_ends(low, width):
    """Ticks are few, in order and within the range."""
    high = low + max(width, abs(low) * 1e-9)
    values = [value for value, _ in nice(low, high)]

    assert len(values) <= 7
    assert values == sorted(values)
    slack = (high - low) * 0.01
    assert all(low - slack <= value <= high + slack for value in values)


def test_the_band_of_estimates_breaks_where_nothing_was_estimated():
    """One outline per run of windows, inside the frame whatever the band reaches."""
    strip = [Judged(before(n)) for n in (3, 2, 1)] + [Judged(WINDOW)]
    points = (Point(before(3), 0.7, 0.6, 0.8),)
    said = [Point(w, 0.7, -5.0, 5.0) for w in (before(3), before(1), WINDOW)]
    plot = line_plot(Series("roc_auc", points, estimates=tuple(said)), strip)

    corners = [outline.split() for outline in plot.guesses]
    assert [len(places) for places in corners] == [2, 4]
    places = [float(n) for run in corners for xy in run for n in xy.split(",")]
    assert all(0 <= place <= 100 for place in places)
