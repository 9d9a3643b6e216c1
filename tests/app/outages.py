"""Several monitors with one registry, one source, one ledger and one channel."""

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from driftline.adapters.ledgers import sql
from driftline.app import answer
from driftline.app.catch_up import judge_due
from driftline.app.job import Job
from driftline.app.monitor_day import DayReport, monitor_day
from driftline.core.action import Message
from driftline.core.incidents.notice import Manners
from driftline.errors import DriftlineError, RegistryUnavailable
from driftline.ports import Context, Ledger, Notifier, Receipt, Run, call
from driftline.testing import MemoryRegistry, RecordingNotifier
from tests.app.crashing import append, lines, until
from tests.app.world import ROLES, World, day, days_of, window

NAMES = ("first", "second", "third")
FAR = "http://mlflow.example.com:5000"
HOUR = timedelta(hours=6)
"""After the end of a day, when it is judged."""


class Away(MemoryRegistry):
    """Once it has gone, nothing is answered until it comes back."""

    failure: DriftlineError | None = None

    def goes(self, said: str = "MLflow does not answer", place: str = FAR) -> None:
        self.failure = RegistryUnavailable(said, place=place)

    def comes_back(self) -> None:
        self.failure = None

    def resolve(self, name, alias):
        if self.failure is not None:
            raise self.failure
        return super().resolve(name, alias)


class Fleet:
    """Monitors by name; what is set here is so for whichever is judged next."""

    def __init__(self, names: Sequence[str], rows: pl.DataFrame, root: Path) -> None:
        self.names = names
        self._world = World(rows)
        self.registry = Away()
        self.registry.__dict__.update(self._world.registry.__dict__)
        self.clock = self._world.clock
        self.ledger = ledger_at(root)
        self.notifier: Notifier | Any = RecordingNotifier(threads=True, place="slack")
        self.manners = Manners()
        self.verdict_by: time | None = None

    def job(self, name: str, **changes: Any) -> Job:
        job = replace(
            self._world.job,
            monitor=name,
            owner=name,
            machine="here",
            registry=self.registry,
            ledger=self.ledger,
            notifiers={"slack": self.notifier},
            manners=self.manners,
            verdict_by=self.verdict_by,
            source_id="shop",
        )
        return replace(job, **changes)

    def judge(self, name: str, number: int, **changes: Any) -> DayReport:
        """The day alone, as it is judged in time."""
        self._due(number)
        return monitor_day(self.job(name, **changes), window(number))

    def catch_up(self, name: str, number: int, run: Run = call) -> list[DayReport]:
        """The run that is due for a day, with whatever waits."""
        self._due(number)
        return judge_due(self.job(name), None, window(number).end + HOUR, run)

    def _due(self, number: int) -> None:
        self.clock.moment = max(self.clock.moment, window(number).end + HOUR)

    def loses(self, number: int, failure: DriftlineError) -> None:
        """From now on the day's rows cannot be read."""
        self._world.source.failures[day(number)] = failure

    def finds(self, number: int) -> None:
        """The day's rows can be read again."""
        del self._world.source.failures[day(number)]

    def deliver(self, number: int, rows: pl.DataFrame) -> None:
        self._world.deliver(number, rows)

    def silence(self, name: str, subject: str) -> None:
        wanted = answer.Quiet(subject, self.clock() + timedelta(days=9), "ann", "move")
        answer.silence(self.job(name), wanted)

    def reasons(self, number: int) -> list[str]:
        """Why people were told of the day, or not, for each monitor."""
        entries = [self.ledger.latest(name, window(number)) for name in self.names]
        return [
            e.record["notices"][f"{e.key.monitor}/slice"]["reason"] for e in entries
        ]


def ledger_at(root: Path) -> Ledger:
    """In the folder, or where its file `url` says."""
    [url] = lines(root / "url") or ["sqlite:///ledger.db"]
    settings = sql.Settings.model_validate({"url": url})
    return sql.build(settings, Context("fleet", str(root), "UTC", ROLES))


class Channel(Notifier):
    """A channel with threads that processes share: a line for each message."""

    threads = True
    place = "channel"

    def __init__(self, root: Path) -> None:
        self._file = root / "channel"

    def send(self, message: Message, thread: str = "") -> Receipt:
        append(self._file, f"{message.monitor} {thread}")
        return Receipt(thread or message.key)

    def redraw(self, message: Message, thread: str) -> None:
        append(self._file.with_name("cards"), f"{thread} {len(message.members)}")


def posted(root: Path) -> list[tuple[str, str]]:
    """The monitor and the thread of each message of the channel."""
    split = (line.partition(" ") for line in lines(root / "channel"))
    return [(monitor, thread) for monitor, _, thread in split]


def late_racer(root: str, name: str, count: int, last: int) -> None:
    """One monitor's days after an outage; all come to the last before any records it."""
    home = Path(root)
    fleet = Fleet([name], days_of(range(last + 1)), home)
    fleet.notifier = Channel(home)
    records = 0

    def run(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        nonlocal records
        records += step.__name__ == "record"
        if step.__name__ == "record" and records == last:
            _meet(home, name, count)
        return step(*args, **kwargs)

    fleet.catch_up(name, last, run)
    fleet.ledger.close()


def killed_late(root: str, name: str, days: str) -> None:
    """One monitor's days after an outage; its process dies with the last one recorded."""
    home, last = Path(root), int(days)
    fleet = Fleet([name], days_of(range(last + 1)), home)
    fleet.notifier = Channel(home)
    records = 0

    def run(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        nonlocal records
        result = step(*args, **kwargs)
        records += step.__name__ == "record"
        if records == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    fleet.catch_up(name, last, run)


def racer(root: str, name: str, count: int) -> None:
    """One monitor's day without a registry; all decide before any of them records."""
    home = Path(root)
    fleet = Fleet([name], days_of(range(2)), home)
    fleet.notifier = Channel(home)
    fleet.registry.goes(f"{name} was not found ({os.getpid()})")

    def run(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if step.__name__ == "record":
            _meet(home, name, count)
        return step(*args, **kwargs)

    fleet.clock.moment = window(1).end + HOUR
    monitor_day(fleet.job(name), window(1), run)
    fleet.ledger.close()


def _meet(home: Path, name: str, count: int) -> None:
    """Returns when as many as that have come here."""
    (home / f"here-{name}").touch()
    for other in _others(count):
        until(home / f"here-{other}")


def _others(count: int) -> Iterable[str]:
    return (f"m{number}" for number in range(count))
