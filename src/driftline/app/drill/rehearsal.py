"""A job that goes through everything and touches nothing: what a drill is run on.

Rows are read and references loaded from where they are. What would leave is kept:
messages are drawn and not sent, a run is asked for on paper, the alias stays.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from driftline.app.job import Job, LabelFeed
from driftline.core.action import Message
from driftline.core.drill.links import Sent, marked
from driftline.core.drill.planting import Fault, plant
from driftline.core.model import ModelVersion
from driftline.core.reference import Reference
from driftline.core.report import Content
from driftline.core.roles import Roles
from driftline.core.slice import Slice
from driftline.core.window import Window
from driftline.errors import SettingsError, TrainingFailed
from driftline.ports import (
    DayRecord,
    Dispatcher,
    Engine,
    Ledger,
    ModelRegistry,
    Notifier,
    Predict,
    Receipt,
    ReportWriter,
    RetrainRequest,
    SliceSource,
    Trained,
)

MOST_ROWS = 5_000_000
"""The largest day that a drill copies into memory."""


class Planted(SliceSource):
    """A source whose rows have a fault; what lies at the source is never changed.

    Without `windows` every slice has it.
    """

    def __init__(
        self,
        source: SliceSource,
        engine: Engine,
        fault: Fault,
        roles: Roles,
        windows: Collection[Window] | None = None,
    ) -> None:
        self._source = source
        self._engine = engine
        self._fault = fault
        self._roles = roles
        self._windows = windows

    def read(self, window: Window) -> Slice:
        """The window's rows in memory, the fault planted; the same each time."""
        rows = self._source.read(window)
        if self._windows is not None and window not in self._windows:
            return rows
        table = self._engine.table(rows, limit=MOST_ROWS + 1)
        if table.height > MOST_ROWS:
            raise SettingsError(
                f"{window.label} has more than {MOST_ROWS:,} rows, and a drill copies a "
                "day into memory; name a smaller one with --day"
            )
        return self._engine.from_table(self._changed(table, window), window, "a drill")

    def extent(self) -> None:
        """A drill knows its windows."""
        return

    def _changed(self, table: pl.DataFrame, window: Window) -> pl.DataFrame:
        rng = np.random.default_rng(int(window.start.timestamp()))
        return plant(table, self._fault, self._roles, rng)


class Drawn(Notifier):
    """Draws each message as the notifier would send it; with `post`, sends it, marked."""

    def __init__(
        self, name: str, notifier: Notifier, fault: Fault, *, post: bool = False
    ) -> None:
        self.place = notifier.place
        self.threads = notifier.threads
        self.sent: list[Sent] = []
        self._name = name
        self._notifier = notifier
        self._fault = fault
        self._post = post

    def send(self, message: Message, thread: str = "") -> Receipt:
        """The message is drawn, and said to have arrived."""
        drill = marked(message, self._fault)
        draft = self._notifier.draft(drill)
        self.sent.append(Sent(self._name, message, draft))
        if self._post:
            return self._notifier.send(drill, thread)
        return Receipt(f"drill/{message.thread}")


class Asked(Dispatcher):
    """Keeps the requests; the switch is the real one."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.requests: list[RetrainRequest] = []
        self._dispatcher = dispatcher

    def request(self, request: RetrainRequest) -> str:
        """The request is kept, and no run starts."""
        self.requests.append(request)
        return f"drill/{request.key}"

    def halted(self, monitor: str) -> str:
        """What the real dispatcher says."""
        return self._dispatcher.halted(monitor)


class Untouched(ModelRegistry):
    """Versions, references and models as they are; nothing is written."""

    def __init__(self, registry: ModelRegistry) -> None:
        self.trusted = registry.trusted
        self._registry = registry

    def resolve(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias."""
        return self._registry.resolve(name, alias)

    def load_reference(self, model: ModelVersion) -> Reference:
        """The version's reference."""
        return self._registry.load_reference(model)

    def save_reference(self, model: ModelVersion, reference: Reference) -> None:
        """Nothing is kept."""

    def register(
        self, name: str, trained: Trained, tags: Mapping[str, str]
    ) -> ModelVersion:
        """Refused: a drill trains nothing, so that nothing can be left to register."""
        raise TrainingFailed(f"a drill trains nothing; it cannot register {name!r}")

    def enlist(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias."""
        return self._registry.resolve(name, alias)

    def move_alias(self, name: str, alias: str, version: str) -> None:
        """The alias stays."""

    def load(self, model: ModelVersion) -> Predict:
        """What the registry itself loads."""
        return self._registry.load(model)

    def log_day(self, day: DayRecord) -> str:
        """Nothing is logged."""
        return ""


class NoPages(ReportWriter):
    """No page, and no address of one."""

    def address(self, monitor: str, window: Window) -> str:
        """None."""
        return ""

    def write(self, content: Content) -> str:
        """None."""
        return ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The job on a scratch ledger, and what it kept back."""

    job: Job
    drawn: tuple[Drawn, ...] = ()
    asked: Asked | None = None
    windows: list[Window] = field(default_factory=list)

    @property
    def sent(self) -> tuple[Sent, ...]:
        """Every message, by notifier and in order."""
        return tuple(each for drawn in self.drawn for each in drawn.sent)

    @property
    def requests(self) -> list[RetrainRequest]:
        """The runs that were asked for."""
        return self.asked.requests if self.asked else []


def rehearsal(
    job: Job,
    scratch: Ledger,
    fault: Fault,
    windows: Collection[Window],
    *,
    post: bool = False,
) -> Rehearsal:
    """The job with its rows, ledger and everything outside replaced as a drill needs."""
    drawn = {n: Drawn(n, each, fault, post=post) for n, each in job.notifiers.items()}
    asked = Asked(job.dispatcher) if job.dispatcher else None
    changed = replace(
        job,
        ledger=scratch,
        registry=Untouched(job.registry),
        report=NoPages(),
        notifiers=drawn,
        escalation={},
        dispatcher=asked,
        costs=(),
        probes=(),
        links={},
    )
    for each in _faults(fault):
        changed = _planted(changed, each, windows)
    return Rehearsal(changed, tuple(drawn.values()), asked)


def _planted(job: Job, fault: Fault, windows: Collection[Window]) -> Job:
    """The fault in the rows, or in the labels where they have a table of their own."""
    if fault.on_labels and job.labels is not None:
        source = Planted(job.labels.source, job.engine, fault, job.roles)
        return replace(job, labels=LabelFeed(source, job.labels.lag_days))
    return replace(
        job, source=Planted(job.source, job.engine, fault, job.roles, windows)
    )


def _faults(fault: Fault) -> list[Fault]:
    return [fault, *(_faults(fault.also) if fault.also else [])]
