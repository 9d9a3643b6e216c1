"""A day's findings against a reference of 90 daily profiles, the profile being made."""

from benchmarks import workload
from benchmarks.measuring import interleaved, median, raw, timed
from benchmarks.recording import Figures, Row
from benchmarks.setting import (
    FIRST,
    POLICY,
    ROLES,
    Setting,
    engine,
    plan,
    reference,
)
from driftline.core.comparison import judge_drift, measure_reference
from driftline.core.window import day_window

DAYS = 90


def measured(setting: Setting) -> Figures:
    """The judgement, and apart from it the spread that is measured once a reference."""
    known = reference(DAYS)
    window = day_window(FIRST, "UTC")
    table = workload.block(20_000, (3, 0))
    profile = engine().profile(engine().from_table(table, window, "memory"), plan())
    spread = measure_reference(known, ROLES, POLICY)
    costs = interleaved(
        {"judge": lambda: judge_drift(known, profile, ROLES, POLICY, spread)},
        max(setting.repeats, 20),
    )
    once = timed(lambda: measure_reference(known, ROLES, POLICY))
    cpu, wall = (1000 * median(costs["judge"], f) for f in ("cpu_s", "wall_s"))
    row = Row(
        f"a day against {DAYS} daily profiles × 51 columns",
        "< 150 ms on the clock",
        f"{cpu:.0f} ms CPU, {wall:.0f} ms on the clock; "
        f"once a reference {once.cpu_s:.2f} s CPU more",
        wall < 150 or (None if cpu < 150 else False),
    )
    return Figures([row], {**raw(costs), "spread": [once.to_json()]})
