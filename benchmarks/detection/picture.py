"""One picture: how often each tool alarms when nothing is wrong, and what it finds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.detection.measures import Figure, found, marked, paged_inside
from benchmarks.detection.planted import HARD, JOINT, SHIFTS

Record = dict[str, Any]

TOOLS = {
    "driftline": ("Driftline", "#0b6e4f", "o"),
    "nannyml+": ("NannyML", "#7a5195", "s"),
    "evidently+": ("Evidently", "#ef5675", "^"),
    "whylogs+": ("whylogs", "#ffa600", "D"),
}
DIGEST = "Driftline, in the digest alone"
TRACKS = {
    "N0: rows shuffled": marked("rows", "paged"),
    "N1: days reordered": marked("days", "paged"),
    "natural order,\nmetric inside its band": paged_inside,
}


def drawn(tools: Mapping[str, Sequence[Record]], path: Path) -> None:
    """The picture as SVG; tools without records are left out."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "driftline"
    from matplotlib import pyplot

    known = {name: list(tools[name]) for name in TOOLS if name in tools}
    known["driftline"] = [
        r
        for r in known.get("driftline", [])
        if (r["world"], r["reference"]) == ("flights", 90)
    ]
    figure, (left, right) = pyplot.subplots(
        1, 2, figsize=(10.5, 4.6), layout="constrained", width_ratios=(1, 1.25)
    )
    _dots(left, known, {name: of for name, of in TRACKS.items()})
    _digest(left, known["driftline"])
    left.set_title("Unchanged days with a page: fewer is better", fontsize=11)
    left.set_xlabel("% of days")
    kinds = {
        planted.name: found(planted.name, "rows", planted.days)
        for planted in (*HARD, *SHIFTS, *JOINT)
    }
    _dots(right, known, kinds)
    right.set_title("Changes found in time, rows shuffled: more is better", fontsize=11)
    right.set_xlabel("% of planted changes")
    named = dict(zip(*reversed(left.get_legend_handles_labels()), strict=True))
    named[DIGEST] = named.pop(DIGEST)
    figure.legend(
        named.values(), named, loc="outside lower center", ncols=5, frameon=False
    )
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _dots(
    axes: Any, tools: Mapping[str, Sequence[Record]], lines: Mapping[str, Any]
) -> None:
    """One line per measure, one dot with its interval per tool."""
    names = list(lines)
    for place, (tool, records) in enumerate(tools.items()):
        label, colour, shape = TOOLS[tool]
        figures = [lines[name](records) for name in names]
        height = [len(names) - i + 0.16 * (1.5 - place) for i in range(len(names))]
        shown = [
            (f, y) for f, y in zip(figures, height, strict=True) if f.value is not None
        ]
        axes.errorbar(
            [100 * (f.value or 0.0) for f, _ in shown],
            [y for _, y in shown],
            xerr=_reach([f for f, _ in shown]),
            fmt=shape,
            color=colour,
            markersize=5,
            elinewidth=1,
            label=label,
        )
    axes.set_yticks(range(len(names), 0, -1), names)
    axes.set(xlim=(-3, 103), ylim=(0.4, len(names) + 0.6))
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def _digest(axes: Any, ours: Sequence[Record]) -> None:
    """Hollow dots: the days on which Driftline had something for the digest."""
    figures = [marked(track, "watched")(ours) for track in ("rows", "days", "natural")]
    known = [(f, 3 - i) for i, f in enumerate(figures) if f.value is not None]
    _, colour, shape = TOOLS["driftline"]
    axes.plot(
        [100 * (f.value or 0.0) for f, _ in known],
        [y + 0.24 for _, y in known],
        shape,
        color=colour,
        markerfacecolor="white",
        markersize=5,
        label=DIGEST,
    )


def _reach(figures: Sequence[Figure]) -> list[list[float]]:
    """How far each interval reaches to the left and to the right."""
    value = [100 * (f.value or 0.0) for f in figures]
    low = [100 * f.raw["lower"] for f in figures]
    high = [100 * f.raw["upper"] for f in figures]
    left = [max(v - x, 0.0) for v, x in zip(value, low, strict=True)]
    return [left, [max(x - v, 0.0) for v, x in zip(value, high, strict=True)]]
