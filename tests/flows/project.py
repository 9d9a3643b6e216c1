"""A small project with five monitors over a fortnight of made-up flights.

| days of March 2026 | what they are |
|---|---|
| 1 to 10 | the model's reference |
| 11 | a day like those |
| 12, 13 | the world is upside down: what was late is on time |
| 14 | a day like the first ones, whose labels come late |
| 15 | no rows |

`flights` asks Prefect for retraining, a run of `dear` waits for approval, an event
starts one of `eager`, `mute` tells a Slack that refuses it, and the model of `bare` has
no reference.
"""

import os
import shutil
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import polars as pl

from driftline import wiring
from driftline.app.build_reference import build_reference
from driftline.app.job import Job
from driftline.core.window import day_window, windows_between
from driftline.ports import Trained

REPOSITORY = Path(__file__).parents[2]
ROWS = 300
MARCH = [date(2026, 3, day) for day in range(1, 16)]
UPSIDE_DOWN = (date(2026, 3, 12), date(2026, 3, 13))
LATE_LABELS, EMPTY = date(2026, 3, 14), date(2026, 3, 15)

COMMON = """\
name: {name}
model: {{name: {model}}}
task: binary
zone: America/New_York
columns:
  timestamp: at
  prediction: late_predicted
  score: score
  label: late
  key: flight
  ignore: day
source: {{parquet: {{path: data/flights}}}}
labels: {{source: {{parquet: {{path: data/labels}}}}, within_days: 7}}
health: []
"""
RETRAINING = """\
costs:
  - price_list: {items: [{name: server, unit_price: 100}], monthly_limit: 500}
retraining:
  trainer: {function: {function: "training:fit"}}
  train_days: 9
  holdout_days: 1
  min_labelled: 200
"""
DEAR = """\
  margin: 0.9
  costs: {error: 1, currency: USD, retraining: 50, approve_above: 20}
"""
SLACK = """\
notify:
  - slack: {{channel: "#alerts", token: env:REFUSED_TOKEN, base_url: "{url}"}}
"""
TRAINING = '''\
"""What this project's monitors train with."""


def fit(rows, roles):
    """A logistic regression on the features."""
    from sklearn.linear_model import LogisticRegression

    features = ["hour", "wind"]
    return LogisticRegression().fit(rows[features], rows[roles.label])
'''


def make_project(folder: Path, slack_url: str) -> None:
    """Everything that `prefect deploy` and a worker need, the models registered."""
    os.environ.setdefault("REFUSED_TOKEN", "xoxb-refused")
    shutil.copytree(
        REPOSITORY / "flows",
        folder / "flows",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(REPOSITORY / "prefect.yaml", folder)
    (folder / "training.py").write_text(TRAINING)
    monitors = folder / "monitors"
    monitors.mkdir()
    for name, model, more in (
        ("flights", "flights-late", RETRAINING),
        ("mute", "flights-late", SLACK.format(url=slack_url)),
        ("bare", "bare", ""),
        ("dear", "flights-late", RETRAINING + DEAR),
        ("eager", "flights-late", RETRAINING + "  margin: 0.9\n"),
    ):
        text = COMMON.format(name=name, model=model) + more
        (monitors / f"{name}.yaml").write_text(text)
    for day in MARCH[:-1]:
        write_rows(folder, day)
        if day != LATE_LABELS:
            write_labels(folder, day)
    _register(folder)


def write_rows(folder: Path, day: date) -> None:
    """The day's partition of predictions."""
    _write(folder, "flights", day, flights_of(day).drop("late"))


def write_labels(folder: Path, day: date) -> None:
    """The day's partition of labels."""
    _write(folder, "labels", day, flights_of(day).select("flight", "at", "late"))


def flights_of(day: date) -> pl.DataFrame:
    """The day's flights, always the same ones; `score` is what the model says."""
    rng = np.random.default_rng(day.toordinal())
    hour, wind = rng.integers(5, 23, ROWS), rng.gamma(4.0, 3.0, ROWS)
    chance = score_of(hour, wind)
    late = rng.random(ROWS) < (1 - chance if day in UPSIDE_DOWN else chance)
    return pl.DataFrame(
        {
            "flight": [f"{day:%m%d}-{number}" for number in range(ROWS)],
            "at": [datetime.combine(day, time(h)) for h in hour],
            "hour": hour,
            "wind": wind,
            "score": chance,
            "late_predicted": (chance >= 0.5).astype(np.int32),
            "late": late.astype(np.int32),
        }
    )


def score_of(hour: np.ndarray, wind: np.ndarray) -> np.ndarray:
    """The chance of being late: it grows with the hour and the wind."""
    return 1 / (1 + np.exp(-(0.35 * (hour - 14) + 0.25 * (wind - 12))))


def _write(folder: Path, table: str, day: date, rows: pl.DataFrame) -> None:
    path = folder / "data" / table / f"day={day}" / "part.parquet"
    path.parent.mkdir(parents=True)
    rows.write_parquet(path)


def _register(folder: Path) -> None:
    """Both models in the registry, one of them with its reference."""
    for name in ("flights", "bare"):
        with wiring.open_job(name, root=folder) as job:
            _serve_model(job)
            if name == "flights":
                first, last = (
                    day_window(day, job.zone) for day in (MARCH[0], MARCH[9])
                )
                build_reference(job, list(windows_between(first, last)))


def _serve_model(job: Job) -> None:
    from sklearn.linear_model import LogisticRegression

    rows = pl.concat(flights_of(day) for day in MARCH[:10]).to_pandas()
    features = rows[["hour", "wind"]]
    model = LogisticRegression().fit(features, rows["late"])
    trained = Trained(
        model, lambda frame: model.predict_proba(frame)[:, 1], example=features[:5]
    )
    version = job.registry.register(job.model, trained, {}).version
    job.registry.move_alias(job.model, job.alias, version)
