"""Worlds on which nothing is tuned are the same whenever they are laid out."""

from pathlib import Path

from benchmarks.detection.transfer import weather
from benchmarks.detection.worlds import AT


def test_rows_of_one_hour_lie_as_in_their_file() -> None:
    """Else a seed would deal out other days in every run."""
    days = weather(Path()).days[:60]

    assert all(day.equals(day.sort(AT, "origin")) for day in days)
