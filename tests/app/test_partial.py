"""Days of which a damaged file was left out, from the files to what people hear."""

from dataclasses import replace
from pathlib import Path

import pytest

from driftline.adapters.sources import parquet
from driftline.app.build_reference import profile_source
from driftline.app.gather import labelled
from driftline.app.refresh import refresh
from driftline.core.finding import DIAGNOSIS
from driftline.errors import SliceCorrupt
from driftline.ports import Context
from tests.app.world import MONITOR, ROLES, World, days_of, rows_of, window

PIECES = 5


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A monitor of files that may leave out the damaged ones; each day has five."""
    made = World(days_of(range(3)))
    context = Context(MONITOR, str(tmp_path), "UTC", ROLES)
    given = {"path": "in", "partition": "day", "allow_partial": True}
    source = parquet.build(parquet.Settings.model_validate(given), context)
    made.job = replace(made.job, source=source)
    return made


def deliver(root: Path, number: int, broken: int, *, changed: bool = False) -> None:
    """The day's files, so many of them cut."""
    folder = root / "in" / f"day={window(number).label}"
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows_of(number, changed=changed)
    size = rows.height // PIECES
    for piece in range(PIECES):
        file = folder / f"{piece}.parquet"
        rows.slice(piece * size, size).write_parquet(file)
        if piece < broken:
            file.write_bytes(file.read_bytes()[:-9])


def test_a_day_that_lacks_a_little_is_judged_and_told(world, tmp_path) -> None:
    """What can be read decides, with how much it is; repaired, the day is judged again."""
    deliver(tmp_path, 0, broken=1)
    report = world.judge(0)
    assert report.verdict.word.value == "watch"
    assert "4 of 5 files were read, with 80% of the bytes" in report.verdict.headline
    assert "day=2026-03-01/0.parquet" in report.verdict.headline
    deliver(tmp_path, 0, broken=0)
    [again] = refresh(world.job, window(0))
    assert (again.revision, again.verdict.word.value) == (2, "healthy")


def test_a_day_that_lacks_most_is_one_incident_that_names_the_files(
    world, tmp_path
) -> None:
    """The rows that are wanting page, and the cause stands first: no guess beside it."""
    deliver(tmp_path, 0, broken=4)
    report = world.judge(0)
    assert report.verdict.word.value == "act"
    assert "1 of 5 files was read" in report.verdict.headline
    [named] = [
        f for f in report.findings if f.statistic == DIAGNOSIS and f.subject == "rows"
    ]
    assert named.evidence["cause"] == "files_left_out"
    [message] = world.notifier.messages
    assert "(and 3 more files)" in f"{message.summary} {message.facts}"


def test_nothing_is_learnt_from_a_part_of_a_day(world, tmp_path) -> None:
    """Neither a challenger, nor a reference; and no retraining is asked for because of it."""
    deliver(tmp_path, 0, broken=1, changed=True)
    report = world.judge(0)
    assert any(f.topic == "performance" and f.matters for f in report.findings)
    assert world.dispatcher.asked == []
    assert labelled(world.job, window(0)) is None
    with pytest.raises(SliceCorrupt, match="a reference needs whole days: 4 of 5"):
        profile_source(world.job, [window(0)])
    deliver(tmp_path, 0, broken=0, changed=True)
    assert labelled(world.job, window(0)) is not None
