"""How cost grows: with rows, with columns, with days of history."""

from functools import partial

from benchmarks import workload
from benchmarks.measuring import interleaved, median
from benchmarks.recording import Curve, Figures
from benchmarks.setting import (
    FIRST,
    POLICY,
    ROLES,
    Day,
    Setting,
    decoded,
    engine,
    plan,
    reference,
    repeated,
)
from driftline import wiring
from driftline.core.comparison import judge_drift, measure_reference
from driftline.core.window import day_window

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
COPIES = 10
"""The last point: the largest file read ten times in one scan."""

NUMERIC = (10, 40, 150, 400, 989)
COLUMNS_ROWS = 50_000
DAYS = (1, 7, 30, 90, 365)


def measured(setting: Setting) -> Figures:
    """Three curves; that of monitors belongs to the case `fleet`."""
    curves, kept = [], {}
    for name, curve in (
        ("rows", _rows(setting)),
        ("columns", _columns(setting)),
        ("days", _days(setting)),
    ):
        curves.append(curve)
        kept[name] = curve.lines
    return Figures([], kept, curves)


def _rows(setting: Setting) -> Curve:
    day, lines = Day(), {"decode": [], "profile and compare": []}
    sizes = [s for s in SIZES if s <= setting.most_rows]
    for size, copies in [*((s, 1) for s in sizes), (sizes[-1], COPIES)]:
        rows = repeated(setting.table(size), copies)
        works = {
            "decode": partial(decoded, rows),
            "profile and compare": partial(day.findings_of, rows),
        }
        times = setting.repeats if size * copies < 10_000_000 else 1
        for name, costs in interleaved(works, times).items():
            lines[name].append((float(size * copies), median(costs, "cpu_s")))
    return Curve("CPU time by rows", "rows × 51 columns", "CPU seconds", lines)


def _columns(setting: Setting) -> Curve:
    points = []
    for numeric in NUMERIC:
        rows = wiring.open_file(setting.table(COLUMNS_ROWS, numeric=numeric))
        work = partial(engine().profile, rows, plan(numeric))
        costs = interleaved({"profile": work}, setting.repeats)
        width = float(numeric + 1 + len(workload.CATEGORIES))
        points.append((width, median(costs["profile"], "cpu_s")))
    x = f"columns × {COLUMNS_ROWS:,} rows"
    return Curve("CPU time by columns", x, "CPU seconds", {"profile": points})


def _days(setting: Setting) -> Curve:
    table = workload.block(20_000, (3, 0))
    rows = engine().from_table(table, day_window(FIRST, "UTC"), "memory")
    profile = engine().profile(rows, plan())
    lines = {"a day's findings": [], "once a reference": []}
    for days in DAYS:
        known = reference(days)
        spread = measure_reference(known, ROLES, POLICY)
        works = {
            "a day's findings": partial(
                judge_drift, known, profile, ROLES, POLICY, spread
            ),
            "once a reference": partial(measure_reference, known, ROLES, POLICY),
        }
        costs = interleaved(works, 3)
        for name, runs in costs.items():
            lines[name].append((float(days), median(runs, "cpu_s")))
    return Curve("CPU time by days", "days of history", "CPU seconds", lines)
