"""Which trials a run consists of, and their records, made by several processes."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.detection import catalogue
from benchmarks.detection.keeping import kept_or_run
from benchmarks.detection.tracks import TRACKS
from benchmarks.detection.trials import Trial

PARTS: dict[str, tuple[str, ...]] = {
    "quiet": (),
    "hard": ("hard",),
    "shift": ("shift",),
    "joint": ("joint",),
    "concept": ("concept",),
    "cause": ("hard", "shift", "bug", "softer"),
    "bugs": ("hard", "shift", "bug", "world", "concept"),
    "softer": ("softer",),
    "estimate": (),
    "small": ("hard", "shift", "bug"),
    "transfer": ("hard", "shift", "bug", "world"),
    "further": ("hard", "shift", "bug", "world", "joint"),
}
"""The parts of a run, and the families of changes that each plants."""

WHOLE = tuple(part for part in PARTS if part != "further")
"""The parts of a whole run; further worlds are asked for by name."""

OTHERS = ("estimate", "small", "transfer", "further")
"""Parts that have trials of their own, beside those of flights."""

SHORT = ("hard", "shift", "joint")
"""What is planted for the shorter references too."""

USUAL_LAG = 2
"""Days that labels are late elsewhere: a day that is judged under several counts once."""

LATE = (7, 30)
"""Days that labels are late where estimates wait for them."""

ONE_THREAD = {
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How much of everything is run; the first reference is the one with all changes.

    `elsewhere` are the seeds of what is not flights with the first reference.
    """

    seeds: int
    parts: tuple[str, ...]
    elsewhere: int = 20
    references: tuple[int, ...] = (90, 30)
    tracks: tuple[str, ...] = TRACKS

    def references_of(self, seed: int) -> tuple[int, ...]:
        """The lengths of reference, in days, that this seed is run with on flights."""
        return self.references[: None if seed < self.elsewhere else 1]


def trials(asked: Asked) -> Iterator[Trial]:
    """Every trial of a run, seed by seed."""
    families = {f for part in asked.parts for f in PARTS[part]}
    flights = {*asked.parts} - {*OTHERS}
    for seed in range(asked.seeds):
        for reference in asked.references_of(seed):
            whole = reference == asked.references[0]
            chosen = tuple(sorted(f for f in families if whole or f in SHORT))
            for track in asked.tracks if flights else ():
                yield Trial("flights", track, reference, seed, chosen)
        yield from _others(asked, seed)


def _others(asked: Asked, seed: int) -> Iterator[Trial]:
    """Late labels, few rows, and data on which nothing was tuned."""
    reference = asked.references[0]
    if "estimate" in asked.parts:
        for days in asked.references_of(seed):
            yield from _late("flights", days, seed)
    worlds = {
        "small": ("flights/46",),
        "transfer": catalogue.TRANSFER,
        "further": catalogue.FURTHER,
    }
    for part, names in worlds.items():
        if part in asked.parts and seed < asked.elsewhere:
            for name in filter(catalogue.is_there, names):
                for track in asked.tracks:
                    yield Trial(name, track, reference, seed, PARTS[part])
                yield from _late(name, reference, seed)


def _late(world: str, reference: int, seed: int) -> Iterator[Trial]:
    """Labels a week and a month late, for what is estimated while they are not in."""
    for lag in LATE:
        yield Trial(world, "natural", reference, seed, (), lag)


def measured(asked: Asked, folder: Path, workers: int) -> list[dict[str, Any]]:
    """The records of all trials, kept as they come; progress goes to the error stream."""
    for name in {trial.world.partition("/")[0] for trial in trials(asked)}:
        catalogue.named(name, folder)  # what is kept on disk is made once
    os.environ.update(ONE_THREAD)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    records: dict[Trial, list[dict[str, Any]]] = {}
    try:
        waiting = {pool.submit(kept_or_run, t, folder): t for t in trials(asked)}
        for future in as_completed(waiting):
            records[waiting[future]] = future.result()
            said = f"\r{len(records)} of {len(waiting)} trials"
            print(said, end="", file=sys.stderr, flush=True)
    finally:
        pool.shutdown(cancel_futures=True)
    print(file=sys.stderr)
    return [
        record
        for trial in trials(asked)
        for record in records[trial]
        if trial.lag == USUAL_LAG or record["kind"] == "estimate"
    ]
