"""Where there is one file per day, a day of rest is one without a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from driftline.adapters.sources.parquet import Settings, build
from driftline.app.build_reference import profile_windows
from driftline.core.reference import Reference
from driftline.core.verdict import Word
from driftline.core.window import spanning
from driftline.ports import Context
from tests.app.world import MONITOR, ROLES, World, day, enlist, rows_of, window

MONDAY, SATURDAY, TUESDAY = 1, 6, 9
"""Days of production; the first one is a Sunday."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A shop that is closed at weekends, and keeps a file of every other day."""
    made = World(rows_of(MONDAY))
    enlist(made.job, reference_of_workdays(made))
    source = build(Settings(path="rows"), Context(MONITOR, str(tmp_path), "UTC", ROLES))
    made.job = replace(made.job, source=source)
    (tmp_path / "rows").mkdir()
    return made


def reference_of_workdays(world: World) -> Reference:
    return reference_of(world, [n for n in range(-41, 0) if day(n).weekday() < 5])


def reference_of(world: World, numbers: list[int]) -> Reference:
    job, whole = world.job, spanning(window(numbers[0]), window(numbers[-1]))
    rows = job.engine.from_table(
        pl.concat(rows_of(n) for n in numbers), whole, "training rows"
    )
    slices = [
        (window(n), job.engine.from_table(rows_of(n), window(n), "training rows"))
        for n in numbers
    ]
    return profile_windows(job, rows, slices, len(slices))


def arrive(folder: Path, *numbers: int) -> None:
    for number in numbers:
        rows_of(number).write_parquet(folder / "rows" / f"{day(number)}.parquet")


def test_a_weekend_without_files_is_healthy_and_a_missing_tuesday_is_not(
    world: World, tmp_path: Path
) -> None:
    """Nobody hears of a weekend; a working day without its file cannot be told."""
    words = {}
    for number in range(MONDAY, TUESDAY + 1):
        if day(number).weekday() < 5 and number != TUESDAY:
            arrive(tmp_path, number)
        words[number] = world.judge(number).verdict.word
    assert words[TUESDAY] is Word.CANNOT_TELL
    assert words[SATURDAY] is words[SATURDAY + 1] is Word.HEALTHY
    assert len(world.titles()) == 1


def test_a_weekend_in_an_outage_is_not_the_end_of_it(
    world: World, tmp_path: Path
) -> None:
    """Files are missing from a Thursday on: people hear it once, and not each Monday."""
    arrive(tmp_path, *range(MONDAY, MONDAY + 3))
    words = [world.judge(n).verdict.word for n in range(MONDAY, MONDAY + 17)]

    assert words[5:7] == words[12:14] == [Word.HEALTHY] * 2
    assert words[3:5] + words[7:12] + words[14:] == [Word.CANNOT_TELL] * 10
    assert len(world.titles()) == 1


def test_a_folder_that_is_still_empty_is_healthy_on_a_day_of_rest(world: World) -> None:
    """Nothing has ever arrived: on a Sunday as always, on the Monday it is missed."""
    words = [world.judge(number).verdict.word for number in (0, MONDAY)]
    assert words == [Word.HEALTHY, Word.CANNOT_TELL]
    assert len(world.titles()) == 1


def test_a_folder_emptied_on_a_day_of_rest_is_no_news(
    world: World, tmp_path: Path
) -> None:
    """Files that are moved away once they are judged leave the weekend as it is."""
    for number in range(MONDAY, SATURDAY):
        arrive(tmp_path, number)
        world.judge(number)
    for file in (tmp_path / "rows").iterdir():
        file.unlink()
    assert world.judge(SATURDAY).verdict.word is Word.HEALTHY
    assert not world.titles()


def test_a_folder_that_is_gone_is_missed_on_a_day_of_rest_too(
    world: World, tmp_path: Path
) -> None:
    """What was moved or is not mounted is no landing folder that waits."""
    (tmp_path / "rows").rmdir()
    assert world.judge(SATURDAY).verdict.word is Word.CANNOT_TELL


@pytest.mark.parametrize("files", [True, False])
def test_a_day_between_games_is_healthy_and_a_week_without_one_is_missed(
    world: World, tmp_path: Path, files: bool
) -> None:
    """Rows come every other day, or a day later, by no weekday: so long nobody hears."""
    steps = np.cumsum([-44, *([2, 3] * 9)])
    enlist(world.job, reference_of(world, [int(n) for n in steps if n < 0]))
    if files:
        arrive(tmp_path, 0)
    else:
        world.job = replace(world.job, source=world.source)
        world.source.rows = rows_of(0)
    words = [world.judge(number).verdict.word for number in range(5)]
    assert words == [Word.HEALTHY] * 3 + [Word.CANNOT_TELL] * 2
    assert len(world.titles()) == 1
