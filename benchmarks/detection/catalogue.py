"""Every world by its name."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.detection.flights import flights
from benchmarks.detection.transfer import stops, weather
from benchmarks.detection.worlds import World

WORLDS: dict[str, Callable[[Path], World]] = {
    "flights": flights,
    "weather": weather,
    "stops": stops,
}

TRANSFER = ("weather", "stops")
"""Worlds on which nothing is tuned."""


def named(name: str, folder: Path) -> World:
    """A world by its name; `flights/46` has 46 rows of every day."""
    kind, _, rows = name.partition("/")
    world = WORLDS[kind](folder)
    return world.sampled(int(rows)) if rows else world
