"""Start worker processes and kill some of them, without warning, at moments drawn by seed.

A moment is a place in the history and a few milliseconds more: so it lies anywhere in a
day's work, on a fast machine and on a slow one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.flows.project import REPOSITORY
from tests.flows.site import importable
from tests.load.history import History

LINE = 190
"""Bytes of an operation in the history, about."""

LATER = 10
"""Minutes by which the clock of a worker is ahead of the one that was killed before."""

LONGEST_S = 7200


class Workers:
    """The processes of one load. All that still run when its block ends are killed."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.history = History(root)
        self.running: list[subprocess.Popen[bytes]] = []
        self.killed = 0
        self._environment = {
            **os.environ,
            "DRIFTLINE_ROOT": str(root),
            "PYTHONPATH": f"{importable(REPOSITORY)}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "POLARS_MAX_THREADS": "1",
            **environment,
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A Python process with these arguments; what it says is in `workers.log`."""
        self.root.mkdir(exist_ok=True)
        with (self.root / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.root,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append(process)
        return process

    def kill_at(
        self, moments: list[tuple[int, float]], choose: Callable[[int], int]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Each process that was killed, right after. Ends when no process runs."""
        for length, pause in moments:
            if not self._wait(lambda reached=length: self.history.length >= reached):
                return
            time.sleep(pause)
            alive = [process for process in self.running if process.poll() is None]
            if not alive:
                return
            victim = alive[choose(len(alive))]
            victim.kill()
            victim.wait()
            self.killed += 1
            yield victim

    def end(self) -> list[int]:
        """The exit codes, once all have ended, in order of their start."""
        return [process.wait(timeout=LONGEST_S) for process in self.running]

    def _wait(self, reached: Callable[[], bool]) -> bool:
        """Whether it came so far before every process had ended."""
        while not reached():
            if all(process.poll() is not None for process in self.running):
                return False
            time.sleep(0.003)
        return True

    def log(self) -> str:
        """The last that they said."""
        return (self.root / "workers.log").read_text(errors="replace")[-3000:]


@contextmanager
def workers(root: Path, **environment: str) -> Iterator[Workers]:
    """None of them outlives the block."""
    pool = Workers(root, environment)
    try:
        yield pool
    finally:
        for process in pool.running:
            if process.poll() is None:
                process.kill()
            process.wait()


def moments(
    rng: np.random.Generator, kills: int, operations: int
) -> list[tuple[int, float]]:
    """So many places in a history of about so many operations, and a pause at each."""
    places = np.sort(rng.uniform(0.03, 0.85, kills)) * operations * LINE
    return [(int(place), float(rng.uniform(0, 0.05))) for place in places]
