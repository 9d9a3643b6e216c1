"""Many monitors, one worker: every day read, judged and recorded."""

import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import accumulate
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.measuring import Cost, median, timed
from benchmarks.recording import Curve, Figures, Row
from benchmarks.setting import Setting
from driftline import wiring
from driftline.app.build_reference import build_reference
from driftline.app.monitor_day import monitor_day
from driftline.core.window import day_window, windows_between

ROWS, FEATURES, REFERENCE_DAYS = 20_000, 17, 30
"""With the score, the label and the prediction, 20 columns; time stamp apart."""

MONITORS = 500
BAR_S = 600
FIRST = date(2026, 3, 1)
TODAY = FIRST + timedelta(days=REFERENCE_DAYS)

MONITOR = """\
name: {name}
model: {{name: shared}}
task: binary
columns: {{timestamp: at, prediction: predicted, score: score, label: label}}
source: {{parquet: {{path: data/rows, partition: day}}}}
health: []
"""


def measured(setting: Setting) -> Figures:
    """All monitors read one table and one reference; ledger and report are their own."""
    root = setting.data / "fleet"
    shutil.rmtree(root, ignore_errors=True)
    count = MONITORS if setting.most_rows >= 10_000_000 else 50
    costs = list(_judged(root, count))
    wall, cpu = (sum(getattr(c, f) for c in costs) for f in ("wall_s", "cpu_s"))
    share = MONITORS / count
    usual = median(costs, "wall_s")
    said = (
        f"{wall * share / 60:.1f} min (CPU {cpu * share / 60:.1f} min); the median of "
        f"{count} monitors takes {usual:.2f} s"
    )
    work = f"{MONITORS} monitors × {ROWS:,} rows × 20 columns, one worker"
    row = Row(
        work, "< 10 min, ledger and verdicts included", said, wall * share < BAR_S
    )
    sums = accumulate(cost.wall_s for cost in costs)
    line = [(float(i), total) for i, total in enumerate(sums, 1)]
    marks = [p for p in line if p[0] in (1, 2, 5, 10, 20, 50, 100, 200, 500)]
    curve = Curve("time by monitors", "monitors", "seconds", {"judged and kept": marks})
    return Figures([row], {"monitors": [c.to_json() for c in costs]}, [curve])


def _judged(root: Path, count: int) -> Iterator[Cost]:
    names = [f"monitor-{i:03d}" for i in range(count)]
    _write_project(root, names)

    def judge(name: str) -> None:
        with redirect_stdout(StringIO()), wiring.open_job(name, root=root) as job:
            monitor_day(job, job.window_of(TODAY, job.clock()))

    for name in names:
        yield timed(lambda name=name: judge(name))


def _write_project(root: Path, names: list[str]) -> None:
    (root / "monitors").mkdir(parents=True)
    for name in names:
        (root / "monitors" / f"{name}.yaml").write_text(MONITOR.format(name=name))
    for i in range(REFERENCE_DAYS + 1):
        day = FIRST + timedelta(days=i)
        folder = root / "data" / "rows" / f"day={day}"
        folder.mkdir(parents=True)
        _rows(day).write_parquet(folder / "part.parquet")
    with wiring.open_job(names[0], root=root) as job:
        last = day_window(TODAY - timedelta(days=1), job.zone)
        windows = list(windows_between(day_window(FIRST, job.zone), last))
        build_reference(job, windows, enlist=True)


def _rows(day: date) -> pl.DataFrame:
    rng = np.random.default_rng(day.toordinal())
    features = {f"f{i:02d}": rng.normal(i, 1 + i, ROWS) for i in range(FEATURES - 3)}
    texts = {
        f"t{i}": pl.Series([f"v{k}" for k in range(n)]).gather(rng.integers(0, n, ROWS))
        for i, n in enumerate((5, 40, 300))
    }
    score = 1 / (1 + np.exp(-features["f00"]))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    stamps = pl.datetime_range(
        start, start + timedelta(seconds=4 * (ROWS - 1)), "4s", eager=True
    )
    return pl.DataFrame(
        {
            "at": stamps,
            **features,
            **texts,
            "score": score,
            "predicted": (score > 0.5).astype(np.int32),
            "label": (rng.random(ROWS) < score).astype(np.int32),
        }
    )
