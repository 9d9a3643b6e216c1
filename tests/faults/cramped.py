"""Days of a monitor whose disk fails under it, in a process of its own.

    unshare --map-root-user --mount python -m tests.faults.cramped FOLDER mounted
    python -m tests.faults.cramped FOLDER limited

The mounts and the limit are the process's own and are gone with it, however it ends.
Prints, as JSON, what each fault did at each step of a day.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from driftline.adapters.reports import html
from driftline.errors import DriftlineError
from tests.app.world import MONITOR, World, days_of
from tests.faults.parts import context, facts, judge, next_worker, sql_ledger

STEPS = ("acquire", "record", "write_report", "deliver_due")
"""Where the disk fails: before the day begins, or before one of its steps."""

ROOM = "4m"


class Disk(Protocol):
    """Where files are, and how that fails."""

    def full(self) -> None:
        """Nothing more can be written."""

    def mended(self) -> None:
        """It is as it was."""


class Mounted:
    """A file system in memory of `ROOM`, mounted for this process alone."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        _mount("-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder))

    def full(self) -> None:
        """No byte more can be written to it."""
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                return

    def read_only(self) -> None:
        """Nothing can be written to it."""
        _mount("-o", "remount,ro", str(self.folder))

    def mended(self) -> None:
        """There is room again, and it can be written to."""
        _mount("-o", "remount,rw", str(self.folder))
        (self.folder / "filler").unlink(missing_ok=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


class Limited:
    """A folder in which this process may suddenly write no file any more, as by a quota."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(self) -> None:
        """A write into any file fails."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, self._usual[1]))

    def mended(self) -> None:
        """Files may grow again."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._usual)


def world_on(folder: Path) -> World:
    """Three days judged, ledger and pages in files; the fourth asks for action."""
    world = World(pl.concat([days_of(range(1)), days_of(range(1, 6), changed=True)]))
    world.ledger = sql_ledger(folder)
    pages = html.build(html.Settings(folder="pages"), context(folder))
    world.job = replace(world.job, ledger=world.ledger, report=pages)
    for number in range(3):
        world.judge(number)
    return world


def seen_of(folder: Path, disk: Disk, fault: str, step: str) -> dict[str, Any]:
    """What was said, sent and kept of the fourth day, and of the run that repairs it."""
    world = world_on(folder)
    pages, told = pages_in(folder), len(world.notifier.messages)

    def fail() -> None:
        if fault == "read_only":
            world.ledger.close()  # no disk becomes so under an open file
        getattr(disk, fault)()

    error = error_of(world, step, fail)
    heard = world.notifier.messages[told:]
    again = error_of(world, "", lambda: None)
    seen = {
        "error": str(error),
        "exit_code": error.exit_code if error else 0,
        "told": [f"{message.title} / {message.summary}" for message in heard],
        "told_again": len(world.notifier.messages) - told - len(heard),
        "again": str(again),
        "pages_stand": {name: pages_in(folder).get(name) for name in pages} == pages,
    }
    disk.mended()
    world.ledger.close()
    next_worker(world)
    world.judge(3)
    return {**seen, **left_by(world, folder)}


def left_by(world: World, folder: Path) -> dict[str, Any]:
    """What ledger, people and pages have at last."""
    left = {
        "facts": facts(world.ledger),
        "contradictions": world.ledger.verify(),
        "sent": [m.key for m in world.notifier.messages if "unrecorded" not in m.key],
        "runs": len(world.dispatcher.asked),
        "page": "</html>" in pages_in(folder)["2026-03-04.html"],
        "files": sorted(pages_in(folder)),
    }
    world.ledger.close()
    return left


def pages_in(folder: Path) -> dict[str, str]:
    """Every file in the report folder."""
    files = (folder / "pages" / MONITOR).iterdir()
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def error_of(
    world: World, step: str, fail: Callable[[], None]
) -> DriftlineError | None:
    """The error of the fourth day, where the disk fails before the step."""
    if step == "acquire":
        fail()
    try:
        judge(world, 3, step, fail)
    except DriftlineError as error:
        return error
    return None


def mounted(root: Path) -> dict[str, Any]:
    """Every fault of a disk at every step; then of one that has the pages alone."""
    found = {}
    for fault in ("full", "read_only"):
        for step in STEPS:
            folder = root / f"{fault}-{step}"
            found[f"{fault}/{step}"] = seen_of(folder, Mounted(folder), fault, step)
        folder = root / f"{fault}-pages"
        pages = Mounted(folder / "pages")
        found[f"{fault}/pages"] = seen_of(folder, pages, fault, "write_report")
    return found


def limited(root: Path) -> dict[str, Any]:
    """No file may grow any more, from each step on."""
    found = {}
    for step in STEPS:
        disk = Limited(root / step)
        found[f"limited/{step}"] = seen_of(root / step, disk, "full", step)
    return found


def main(root: Path, kind: str) -> None:
    """What each fault did, and an undisturbed day to compare with."""
    sound = root / "sound"
    sound.mkdir(parents=True)
    world = world_on(sound)
    next_worker(world)
    world.judge(3)
    found = {"mounted": mounted, "limited": limited}[kind](root)
    json.dump({**found, "sound": left_by(world, sound)}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
