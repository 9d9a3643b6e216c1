"""Many columns: is the time per cell that of few?"""

from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import in_a_process, interleaved, ratio, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting, engine, plan
from driftline import wiring

WIDE = 989
"""With ten of text and the prediction, 1,000 columns."""


def profile(path: str, numeric: str) -> Callable[[], object]:
    """What one process does."""
    counted = plan(int(numeric))
    return lambda: engine().profile(wiring.open_file(Path(path)), counted)


def measured(setting: Setting) -> Figures:
    """200,000 rows of 1,000 columns beside as many cells in 51 columns."""
    size = 1_000_000 if setting.most_rows > 10_000_000 else 200_000
    wide = setting.table(size, numeric=WIDE)
    narrow = setting.table(size)
    costs = interleaved(
        {
            "51 columns": profile(str(narrow), "40"),
            "1000 columns": profile(str(wide), str(WIDE)),
        },
        setting.repeats,
    )
    per_cell = 51 / 1000
    wall = ratio(costs["1000 columns"], costs["51 columns"]) * per_cell
    cpu = ratio(costs["1000 columns"], costs["51 columns"], "cpu_s") * per_cell
    memory = in_a_process("benchmarks.cases.wide:profile", wide, WIDE)
    peak = memory["peak_mb"] - memory["bare_mb"]
    row = Row(
        f"{size:,} rows × 1,000 columns",
        "time per cell ≤ 1.5 × that of 51 columns, memory < 1.5 GB",
        f"{wall:.2f} × wall, {cpu:.2f} × CPU per cell; {peak:.0f} MB",
        wall <= 1.5 and peak < 1500 if size == 1_000_000 else None,
    )
    return Figures([row], {**raw(costs), "memory": memory})
