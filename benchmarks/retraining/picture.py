"""How the excess of each way to train grows over the year."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.retraining.policies import Schedule
from benchmarks.retraining.year import DAYS, FIRST, STEP, Year


def drawn(
    year: Year, schedules: Mapping[str, Schedule], price: float, path: Path
) -> None:
    """One line for each schedule: what it has cost so far, runs included."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "driftline"
    from matplotlib import pyplot

    days = [FIRST + timedelta(days=day) for day in range(DAYS)]
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for name, (runs, serves) in schedules.items():
        paid = np.bincount([k * STEP for k in runs], minlength=DAYS)[:DAYS] * price
        bold = name in ("driftline", "hindsight")
        axes.plot(
            days,
            np.cumsum(year.excess(serves) + paid),
            label=name,
            linewidth=2 if bold else 1,
            linestyle="--" if name == "hindsight" else "-",
        )
    axes.set(title=f"excess so far, a run at {price:g}", ylim=(0, 20_000))
    axes.grid(visible=True, alpha=0.3)
    axes.legend(frameon=False)
    figure.autofmt_xdate()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
