"""Many columns: is the time per cell that of few?"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import in_a_process, interleaved, ratio, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting, engine, read_plan
from driftline import wiring

WIDE, NARROW, ROWS = 989, 40, 1_000_000
"""Numeric columns: with ten of text and the prediction, 1,000 columns or 51."""

BAR, BAR_MB = 1.5, 1_500


def profile(path: str, stored: str) -> Callable[[], object]:
    """What one process does; the plan was made by another."""
    counted = read_plan(stored)
    return lambda: engine().profile(wiring.open_file(Path(path)), counted)


def measured(setting: Setting) -> Figures:
    """1M rows of 1,000 columns beside as many of 51, or 200,000 where tables are small."""
    size = ROWS if setting.most_rows >= ROWS else 200_000
    wide, narrow = setting.table(size, numeric=WIDE), setting.table(size)
    plans = setting.stored_plan(WIDE), setting.stored_plan(NARROW)
    costs = interleaved(
        {
            "51 columns": profile(str(narrow), str(plans[1])),
            "1000 columns": profile(str(wide), str(plans[0])),
        },
        setting.repeats,
    )
    per_cell = 51 / 1000
    wall = ratio(costs["1000 columns"], costs["51 columns"]) * per_cell
    cpu = ratio(costs["1000 columns"], costs["51 columns"], "cpu_s") * per_cell
    memory = in_a_process("benchmarks.cases.wide:profile", wide, plans[0])
    peak = memory["peak_mb"] - memory["bare_mb"]
    row = Row(
        f"{size:,} rows × 1,000 columns",
        f"time per cell ≤ {BAR} × that of 51 columns, memory < {BAR_MB / 1000} GB",
        f"{wall:.2f} × wall, {cpu:.2f} × CPU per cell; {peak:.0f} MB",
        wall <= BAR and peak < BAR_MB if size == ROWS else None,
    )
    return Figures([row], {**raw(costs), "memory": memory})
