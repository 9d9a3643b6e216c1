"""A project of many monitors with tiny slices: what they cost is coordination.

Four tables of 200 rows a day and 4 columns. In each of them one episode of broken data
and one of a world that changed come back every 40 days, at other days than in the
others. So incidents open, are shared between monitors of one table, and are resolved,
and retraining is asked for.
"""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from driftline import wiring
from driftline.app.build_reference import build_reference
from driftline.core.window import day_window, windows_between

ROWS, TABLES, REFERENCE_DAYS = 200, 4, 30
FIRST = date(2026, 1, 1)
"""The first day in production; the reference is the days before."""

CYCLE, BROKEN, CHANGED = 40, range(8, 11), range(20, 26)
"""Every so many days the data is broken and the world another one on these days."""

MONITOR = """\
name: {name}
model: {{name: shared}}
task: binary
columns: {{timestamp: at, prediction: called, score: score, label: late}}
source: {{parquet: {{path: data/{table}, partition: day}}}}
health: []
drift: {{sample_rows: 0}}
notify:
  - slack: {{channel: "#alerts", token: env:LOAD_TOKEN, base_url: "{slack}"}}
retraining:
  trainer: scikit_learn
  dispatcher: tests.load.parts.dispatcher
  train_days: 9
  holdout_days: 1
  min_labelled: 200
registry: tests.load.parts.registry
ledger: {{tests.load.parts.ledger: {{url: "{ledger}"}}}}
"""


def make_project(
    root: Path, monitors: int, days: range, slack: str, ledger: str
) -> list[str]:
    """The monitors' names; their rows of these days and the reference's are there."""
    names = [f"m{number:03d}" for number in range(monitors)]
    (root / "monitors").mkdir(parents=True)
    for number, name in enumerate(names):
        told = {"table": f"t{number % TABLES}", "slack": slack, "ledger": ledger}
        text = MONITOR.format(name=name, **told)
        (root / "monitors" / f"{name}.yaml").write_text(text)
    for table in range(TABLES):
        for number in [*range(-REFERENCE_DAYS, 0), *days]:
            _write(root, table, number)
    with wiring.open_job(names[0], root=root) as job:
        start, end = (day_window(day_of(n), job.zone) for n in (-REFERENCE_DAYS, -1))
        build_reference(job, list(windows_between(start, end)), enlist=True)
    return names


def day_of(number: int) -> date:
    """Day 0 is the first one in production."""
    return FIRST + timedelta(days=number)


def _write(root: Path, table: int, number: int) -> None:
    folder = root / "data" / f"t{table}" / f"day={day_of(number)}"
    folder.mkdir(parents=True)
    _rows(table, number).write_parquet(folder / "part.parquet")


def _rows(table: int, number: int) -> pl.DataFrame:
    """The day's rows, always the same ones."""
    place = (number + 3 * table) % CYCLE if number >= 0 else 0
    rng = np.random.default_rng([table, number + 1000])
    wind = rng.gamma(4.0, 3.0, ROWS)
    score = 1 / (1 + np.exp(-0.4 * (wind - 12)))
    chance = 1 - score if place in CHANGED else score
    midnight = datetime.combine(day_of(number), datetime.min.time())
    return pl.DataFrame(
        {
            "at": [midnight + timedelta(seconds=400 * i) for i in range(ROWS)],
            "wind": wind * 10 if place in BROKEN else wind,
            "score": score,
            "called": (score >= 0.5).astype(np.int32),
            "late": (rng.random(ROWS) < chance).astype(np.int32),
        }
    )
