"""What a case found: rows of the table, raw figures, curves; and its files in docs/."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `holds` is None where there is no bar, or no verdict yet."""

    work: str
    bar: str
    measured: str
    holds: bool | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """How one figure grows; drawn on logarithmic axes."""

    title: str
    x: str
    y: str
    lines: dict[str, list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a case found."""

    rows: list[Row]
    raw: dict[str, Any]
    curves: list[Curve] = field(default_factory=list)


def saved(name: str, figures: Figures) -> Path:
    """The figures as JSON, with the machine that gave them, and the curves as SVG."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    content = {
        "command": f"python -m benchmarks {name}",
        "machine": machine(),
        "rows": [asdict(row) for row in figures.rows],
        "raw": figures.raw,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for curve in figures.curves:
        _drawn(curve, FOLDER / f"{_slug(curve.title)}.svg")
    return path


def machine() -> dict[str, Any]:
    """Size and software of the machine, and how busy it was at the end."""
    import polars

    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30, 1),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "polars": polars.__version__,
        "load_at_the_end": [round(load, 2) for load in os.getloadavg()],
    }


def _drawn(curve: Curve, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "driftline"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    for label, points in curve.lines.items():
        axes.loglog(*zip(*points, strict=True), marker="o", markersize=4, label=label)
    axes.set(title=curve.title, xlabel=curve.x, ylabel=curve.y)
    axes.grid(visible=True, which="major", alpha=0.3)
    if any(curve.lines):
        axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _slug(title: str) -> str:
    return "-".join(title.lower().split())
