"""Real flights: the world on which Driftline may be tuned."""

from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from benchmarks.detection.worlds import AT, KEY, Predict, World, by_day, monitor
from driftline.core.roles import Roles, Task
from driftline.demo import classifier
from driftline.demo import flights as data

UNITS = {
    "distance_mi": (1.609344, 0.0),
    "temperature_f": (5 / 9, -160 / 9),
    "humidity_pct": (0.01, 0.0),
    "wind_mph": (1.609344, 0.0),
    "visibility_mi": (1.609344, 0.0),
}
"""Factor and offset to the unit that another system would send."""

TRAINED_UNTIL = date(2013, 3, 31)


@cache
def flights(folder: Path) -> World:
    """Which flights arrive late: fitted January to March, days from April on."""
    rows = data.prepared(folder)
    predict = _flight_model(folder, rows)
    served = (
        rows.filter(pl.col("day") > TRAINED_UNTIL)
        .with_columns(
            pl.col(data.TIMESTAMP)
            .dt.convert_time_zone(data.ZONE)
            .dt.replace_time_zone(None)
            .alias(AT)
        )
        .rename({data.KEY: KEY})
        .select(AT, KEY, *data.FEATURES, data.LABEL)
    )
    columns = {
        "prediction": "called",
        "score": "score",
        "label": data.LABEL,
        "segments": ["origin", "carrier"],
    }
    return World(
        "flights",
        by_day(served.with_columns(predict(served))),
        data.NUMBERS,
        data.CATEGORIES,
        ("score", "called"),
        data.LABEL,
        predict,
        monitor("flights", "binary", columns),
        UNITS,
        "hour",
    )


def _flight_model(folder: Path, rows: pl.DataFrame) -> Predict:
    """The demo's classifier, kept under `folder`; says `score` and `called`."""
    import joblib

    kept = folder / "flights.model"
    if not kept.exists():
        roles = Roles(Task.BINARY, data.TIMESTAMP, "called", label=data.LABEL)
        learnt = classifier.fit(rows.filter(pl.col("day") <= TRAINED_UNTIL), roles)
        joblib.dump(learnt.model, kept)
    score = classifier.scorer(joblib.load(kept))

    def predict(table: pl.DataFrame) -> list[pl.Series]:
        values = pl.Series("score", score(table), dtype=pl.Float64)
        return [values, (values >= 0.5).cast(pl.Int32).alias("called")]

    return predict
