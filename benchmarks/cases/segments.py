"""Eight segments of one column, profiled with the whole slice."""

from functools import partial

from benchmarks.measuring import interleaved, ratio, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting, engine, plan
from driftline import wiring

BAR = 2.0
VALUES = [f"value-{k}" for k in range(8)]


def measured(setting: Setting) -> Figures:
    """1M rows, split by the column `c2`, which has eight values."""
    rows = wiring.open_file(setting.table(1_000_000))
    whole = partial(engine().profile, rows, plan())
    split = partial(engine().profile_segments, rows, plan(), "c2", VALUES)
    costs = interleaved({"whole": whole, "segments": split}, setting.repeats)
    wall = ratio(costs["segments"], costs["whole"])
    cpu = ratio(costs["segments"], costs["whole"], "cpu_s")
    said = f"{wall:.2f} × wall, {cpu:.2f} × CPU"
    work = "8 segments of one column profiled with the whole slice, 1M rows"
    row = Row(work, f"≤ {BAR:g} × the time without", said, wall <= BAR)
    return Figures([row], raw(costs))
