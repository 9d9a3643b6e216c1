"""More real data of other shapes, to see whether the settings carry over.

Bookings of two hotels (`hotel_rates` of modeldata): the price of a room, a regression
with 9 to 114 rows a day, dates without hours, and companies and agents by the dozen.
Births in the United States (`Birthdays` of mosaicData): how many there are in a state, a
regression with one row per state, whose weekends differ. Pizzas of 2015 (`pizzaplace` of
gt): whether one is without meat, a classification with 77 to 266 rows a day and days
on which the shop is closed.
"""

from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from benchmarks.detection import rdata
from benchmarks.detection.fitted import Served, fitted
from benchmarks.detection.worlds import AT, KEY, World

INSTANT = "%Y-%m-%dT%H:%M:%SZ"
CENTS = (100.0, 0.0)


@cache
def hotels(folder: Path) -> World:
    """What a room costs, from what is booked and by whom; known: July to October."""
    numbers = (
        "lead_time",
        "stays_in_weekend_nights",
        "stays_in_week_nights",
        "adults",
        "children",
        "booking_changes",
        "total_of_special_requests",
        "historical_adr",
    )
    categories = (
        "meal",
        "country",
        "market_segment",
        "distribution_channel",
        "reserved_room_type",
        "agent",
        "company",
        "customer_type",
    )
    rows = rdata.table("modeldata/hotel_rates").select(
        pl.col("arrival_date").str.to_datetime("%Y-%m-%d").alias(AT),
        pl.col("rownames").cast(pl.String).alias(KEY),
        *categories,
        *(pl.col(name).cast(pl.Float64) for name in numbers),
        pl.col("avg_price_per_room").cast(pl.Float64).alias("price"),
    )
    columns = {
        "prediction": "predicted",
        "label": "price",
        "segments": ["market_segment"],
    }
    units = {"historical_adr": CENTS}
    first = date(2016, 11, 1)
    return fitted(Served("hotels", rows, first, numbers, categories, columns, units))


@cache
def births(folder: Path) -> World:
    """How many are born in a state, from the week and the year before; known: 1986."""
    source = rdata.table("mosaicData/Birthdays")
    rows = source.with_columns(
        pl.col("date").str.to_datetime(INSTANT).alias(AT)
    ).unique(["state", AT], keep="first", maintain_order=True)
    before = {"last_week": 7, "last_year": 364}
    for name, days in before.items():
        then = rows.select(
            "state",
            pl.col(AT) + pl.duration(days=days),
            pl.col("births").cast(pl.Float64).alias(name),
        )
        rows = rows.join(then, on=["state", AT], how="left", maintain_order="left")
    rows = rows.filter(pl.col("year") >= 1986).select(
        AT,
        pl.format("{}-{}", "state", pl.col(AT).dt.date()).alias(KEY),
        "state",
        pl.col("wday").alias("weekday"),
        pl.col("month").cast(pl.Float64),
        *before,
        pl.col("births").cast(pl.Float64),
    )
    columns = {"prediction": "predicted", "label": "births", "segments": ["weekday"]}
    names = (("month", *before), ("state", "weekday"))
    return fitted(Served("births", rows, date(1987, 1, 1), *names, columns))


@cache
def pizzas(folder: Path) -> World:
    """Whether a pizza is without meat, from its order; known: January to March."""
    at = pl.format("{} {}", "date", "time").str.to_datetime("%Y-%m-%d %H:%M:%S")
    rows = rdata.table("gt/pizzaplace").select(
        at.alias(AT),
        pl.col("rownames").cast(pl.String).alias(KEY),
        "size",
        at.dt.to_string("%a").alias("weekday"),
        at.dt.hour().cast(pl.Float64).alias("hour"),
        pl.col("price").cast(pl.Float64),
        pl.len().over("id").cast(pl.Float64).alias("ordered"),
        (pl.col("type") == "veggie").cast(pl.Int32).alias("veggie"),
    )
    columns = {
        "prediction": "called",
        "score": "score",
        "label": "veggie",
        "segments": ["size"],
    }
    names = (("hour", "price", "ordered"), ("size", "weekday"))
    units = {"price": CENTS}
    return fitted(
        Served("pizzas", rows, date(2015, 4, 1), *names, columns, units, "hour")
    )
