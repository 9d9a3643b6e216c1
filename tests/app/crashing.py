"""A day in a process of its own that can be killed at any step; long, as steps share it."""

import json
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from driftline.adapters.ledgers import sql
from driftline.app.catch_up import judge_due
from driftline.app.monitor_day import DayReport, monitor_day
from driftline.core.action import Message
from driftline.core.incidents.incident import Cause, Incident
from driftline.errors import DriftlineError, RegistryUnavailable
from driftline.ports import (
    Context,
    Dispatcher,
    Ledger,
    Notifier,
    Receipt,
    RetrainRequest,
)
from driftline.testing import MemoryRegistry
from tests.app.world import MONITOR, ROLES, World, days_of, window

JUDGED = 3
"""The day that is killed: the fourth, on which harm is certain enough to act on."""

STEPS = (
    "pin_model",
    "load_reference",
    "pull",
    "count",
    "measure",
    "sample",
    "count_repeats",
    "surround",
    "compare",
    "compare_pairs",
    "validate",
    "score",
    "compare_groups",
    "explain",
    "record",
    "write_report",
    "deliver_due",
)
"""What a day is made of, in order; one that is as usual needs no explaining."""

Die = Callable[[str], None]


def never(point: str) -> None:
    """No point is the last one."""


def killed_at(wanted: str) -> Die:
    """The process ends at the point, as if its machine had lost its power."""

    def die(point: str) -> None:
        if point == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def clean_processes() -> multiprocessing.context.ForkServerContext:
    """Processes that have nothing of this one, and need not import heavy libraries again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["polars", "pandas", "alembic", "scipy.stats", "sklearn.metrics"]
    )
    return context


def killed(
    context: multiprocessing.context.ForkServerContext,
    target: Callable[..., object],
    *given: str,
) -> None:
    """A process has done this until it killed itself."""
    victim = context.Process(target=target, args=given)
    victim.start()
    victim.join(120)
    assert victim.exitcode == -signal.SIGKILL


def raced(
    context: multiprocessing.context.ForkServerContext, root: Path, workers: int
) -> set[int | None]:
    """So many processes began the day at once; how they ended."""
    racers = [
        context.Process(target=worker, args=(str(root), False)) for _ in range(workers)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(120)
    return {racer.exitcode for racer in racers}


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def append(file: Path, line: str) -> None:
    with file.open("a") as opened:
        opened.write(line + "\n")


class FileNotifier(Notifier):
    """A channel in which every message stays, twice if it was sent twice.

    Where there is a file `looks`, it can be asked what arrived.
    """

    def __init__(self, root: Path, die: Die) -> None:
        self._file, self._die = root / "messages", die
        self._looks = root / "looks"

    def find(self, message: Message, thread: str = "") -> Receipt | None:
        arrived = self._looks.exists() and message.key in lines(self._file)
        return Receipt(thread or message.key) if arrived else None

    def send(self, message: Message, thread: str = "") -> Receipt:
        self._die(f"before sending {message.tone}")
        append(self._file, message.key)
        self._die(f"after sending {message.tone}")
        return Receipt(thread or message.key)


class FileDispatcher(Dispatcher):
    """Starts a run per key, and finds the one that a key started."""

    def __init__(self, root: Path, die: Die) -> None:
        self._file, self._die = root / "runs", die

    def request(self, request: RetrainRequest) -> str:
        self._die("before dispatching")
        if request.key not in lines(self._file):
            append(self._file, request.key)
        self._die("after dispatching")
        return request.key


class FileRegistry(MemoryRegistry):
    """Logs days to a file, each once. While there is a file `away`, it knows no version."""

    root: Path
    die: Die

    def resolve(self, name, alias):
        if (self.root / "away").exists():
            raise RegistryUnavailable("MLflow does not answer")
        return super().resolve(name, alias)

    def log_day(self, day):
        self.die("before logging")
        if day.key not in lines(self.root / "days"):
            append(self.root / "days", day.key)
        self.die("after logging")
        return f"memory://{day.key}"


def open_ledger(root: Path) -> Ledger:
    """In the folder, or where its file `url` says."""
    [url] = lines(root / "url") or ["sqlite:///ledger.db"]
    settings = sql.Settings.model_validate({"url": url})
    return sql.build(settings, Context(MONITOR, str(root), "UTC", ROLES))


def world_at(root: Path, die: Die = never) -> World:
    """The same world in every process; only what is in files was there before."""
    world = World(pl.concat([days_of(range(2)), days_of(range(2, 6), changed=True)]))
    registry = FileRegistry()
    registry.__dict__.update(world.registry.__dict__)
    registry.root, registry.die = root, die
    world.ledger = open_ledger(root)
    world.job = replace(
        world.job,
        registry=registry,
        ledger=world.ledger,
        notifiers={"channel": FileNotifier(root, die)},
        dispatcher=FileDispatcher(root, die),
        owner=f"worker-{os.getpid()}",
    )
    return world


def judge(root: Path, number: int, die: Die = never, minutes: int = 0) -> DayReport:
    """The day, so many minutes after it was due."""
    world = world_at(root, die)
    world.clock.moment = window(number).end + timedelta(minutes=minutes)

    def run(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        die(f"before {step.__name__}")
        result = step(*args, **kwargs)
        die(f"after {step.__name__}")
        return result

    try:
        return monitor_day(world.job, window(number), run)
    finally:
        world.ledger.close()


def judge_due_at(
    root: Path, number: int, die: Die = never, minutes: int = 0
) -> list[DayReport]:
    """What the run of a day has to judge; points say how often a step was taken by then."""
    world = world_at(root, die)
    world.clock.moment = window(number).end + timedelta(minutes=minutes)
    taken = Counter[str]()

    def run(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        taken[step.__name__] += 1
        point = f"{step.__name__} {taken[step.__name__]}"
        die(f"before {point}")
        result = step(*args, **kwargs)
        die(f"after {point}")
        return result

    try:
        return judge_due(world.job, None, window(number).end, run)
    finally:
        world.ledger.close()


def process_due(root: str, number: int, point: str) -> None:
    """The run of a day in this process, up to the point."""
    judge_due_at(Path(root), number, killed_at(point))


def process(root: str, point: str) -> None:
    """The judged day in this process, up to the point."""
    judge(Path(root), JUDGED, killed_at(point))


def worker(root: str, hold: bool, held_at: str = "before pull") -> None:
    """The judged day; with `hold` it waits in its middle. Exits as the command line does."""
    home = Path(root)

    def wait(point: str) -> None:
        if hold and point == held_at:
            (home / "held").touch()
            until(home / "go")

    try:
        sys.exit(judge(home, JUDGED, wait).exit_code)
    except DriftlineError as error:
        (home / "error").write_text(str(error))
        sys.exit(error.exit_code)


def until(file: Path) -> None:
    """Wait for a file to appear."""
    for _ in range(6000):
        if file.exists():
            return
        time.sleep(0.01)
    raise TimeoutError(str(file))


def remembered(root: Path) -> str:
    """Everything in the ledger but times and row numbers."""
    ledger = open_ledger(root)
    try:
        entries = [
            (
                str(e.key),
                e.revision,
                e.verdict,
                e.metrics,
                e.record,
                [f.to_json() for f in e.findings],
            )
            for e in ledger.history(MONITOR)
        ]
        profiles = [
            p and p.to_json() for p in map(ledger.profile, ledger.history(MONITOR))
        ]
        actions = [
            {
                name: a[name]
                for name in ("kind", "key", "lane", "payload", "state", "receipt")
            }
            for a in ledger.actions()
        ]
        incidents = [str(_timeless(i)) for i in ledger.incidents()]
        notes = ledger.notes(MONITOR)
    finally:
        ledger.close()
    return json.dumps(
        [entries, profiles, actions, incidents, notes], indent=1, default=str
    )


def _timeless(incident: Incident) -> Incident:
    """As it would be, whenever people were told; a summary is dated by that alone."""
    told = incident.told and replace(incident.told, at="")
    if incident.cause is Cause.LATE:
        incident = replace(incident, opened="", resolved="")
    return replace(incident, told=told)


def two_at_once(root: Path, processes: Any) -> Any:
    """The process that had the day; another asked for it meanwhile, and left with 75."""
    first = processes.Process(target=worker, args=(str(root), True))
    second = processes.Process(target=worker, args=(str(root), False))
    first.start()
    until(root / "held")
    second.start()
    second.join(120)
    (root / "go").touch()
    first.join(120)
    assert (first.exitcode, second.exitcode) == (1, 75)
    return first
