"""One number over windows as a picture, for notifiers that can show one."""

import io
import warnings
from importlib.util import find_spec

from driftline.adapters.notifiers.console import visible
from driftline.core.action import Chart

LINE, BOUND, LAST = "#24527a", "#b3261e", "#b3261e"
TICKS = 6
LONGEST = 80
"""Characters of a title or label; the message has the rest."""


def png(chart: Chart) -> bytes | None:
    """The chart as PNG; None where driftline[charts] is not installed."""
    if find_spec("matplotlib") is None:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    places = range(len(chart.values))
    known = [float("nan") if value is None else value for value in chart.values]
    axes.plot(places, known, color=LINE, marker=".", linewidth=1.2)
    axes.plot(places[-1:], known[-1:], color=LAST, marker="o", linestyle="")
    for bound in (chart.lower, chart.upper):
        if bound is not None:
            axes.axhline(bound, color=BOUND, linewidth=1, linestyle="--")
    step = max(1, len(chart.labels) // TICKS)
    labels = [_line(label) for label in chart.labels[::-step]]
    axes.set_xticks(list(places)[::-step], labels, parse_math=False)
    axes.set_title(_line(chart.title), loc="left", fontsize=10, parse_math=False)
    axes.spines[["top", "right"]].set_visible(False)
    picture = io.BytesIO()
    FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sign that no font has is drawn as a box
        figure.savefig(picture, format="png")
    return picture.getvalue()


def _line(text: str) -> str:
    """Text from data in one short line without control characters."""
    return " ".join(visible(text).split())[:LONGEST]
