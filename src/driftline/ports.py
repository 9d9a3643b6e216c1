"""What the application needs from the world: in one long file, since it is one contract.

What annotations alone name is not imported: every command would pay for it.

An adapter is one file with one class that implements one of these. Each port has a
contract suite in `tests/contract/` that runs over every registered adapter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from driftline.errors import ModelUnusable

if TYPE_CHECKING:
    import polars as pl

    from driftline.core.action import Action, Answer, Chart, Message
    from driftline.core.cost import Spend
    from driftline.core.finding import Finding, Topic
    from driftline.core.health import Reading
    from driftline.core.incidents.incident import Cause, Incident
    from driftline.core.labels.tally import Question, Tally
    from driftline.core.model import ModelVersion
    from driftline.core.profiles.plan import Plan
    from driftline.core.profiles.profile import Profile
    from driftline.core.reference import Reference
    from driftline.core.report import Content
    from driftline.core.roles import Roles
    from driftline.core.slice import Slice
    from driftline.core.verdict import Verdict
    from driftline.core.window import Window

Result = TypeVar("Result")


Predict = Callable[[Any], Any]
"""One score per row of a pandas frame of features, as `Trained` explains it."""


class Run(Protocol):
    """How a step is run: plainly, or as a Prefect task that is retried."""

    def __call__(
        self, step: Callable[..., Result], /, *args: Any, **kwargs: Any
    ) -> Result:
        """What the step returns."""
        ...


def call(step: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result:
    """Run a step plainly."""
    return step(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class Context:
    """What every adapter is told about the monitor that it serves.

    `root` is the folder from which relative paths of the monitor file are read.
    """

    monitor: str
    root: str
    zone: str
    roles: Roles


@dataclass(frozen=True, slots=True)
class Frame:
    """All rows of a slice where their engine holds them, opened by adapters of its kind.

    `data` is of the engine named `kind`; its columns are called "0", "1", … in the order
    of `schema`, which has their names and types. `sample` picks at most so many rows by
    seed.
    """

    kind: str
    data: Any
    schema: Mapping[str, pl.DataType]
    sample: Callable[[int], pl.DataFrame]


class SliceSource(ABC):
    """Where production rows, or labels, come from."""

    @abstractmethod
    def read(self, window: Window) -> Slice:
        """The rows whose time stamp is in `[start, end)`, not yet loaded.

        A window without rows gives a slice without rows. Raises `SliceUnavailable`
        (`SliceMissing` where nothing has arrived yet, of this or any window),
        `SliceCorrupt`, `SliceTooLarge` or `SchemaMismatch`.
        """

    @abstractmethod
    def extent(self) -> tuple[datetime, datetime] | None:
        """The first and last time stamp held (aware), or None when there is no row."""


class Engine(ABC):
    """Runs plans over slices; the only one that looks inside `Slice.data`."""

    @abstractmethod
    def propose_plan(self, rows: Slice, columns: Sequence[str]) -> Plan:
        """What to count in these columns, read off reference rows."""

    @abstractmethod
    def profile(self, rows: Slice, plan: Plan) -> Profile:
        """The counts of one slice. An absent column is marked so, never an error."""

    @abstractmethod
    def profile_segments(
        self, rows: Slice, plan: Plan, column: str, values: Sequence[str]
    ) -> tuple[Profile, dict[str, Profile]]:
        """The counts of the slice, and of the rows where `column` is each value.

        One reading of the rows. Values are compared as text, and one that does not
        occur has a profile without rows. Raises `SchemaMismatch` without the column.
        """

    @abstractmethod
    def repeated(self, rows: Slice, columns: Sequence[str] | None = None) -> float:
        """The share of rows that repeat another row in these columns, or in all of them.

        From 0 to 1: of n equal rows n - 1 repeat. Rows that are null in all of the columns
        repeat nothing. Exact up to 500,000 rows, an estimate from a part of the rows
        beyond. Raises `SchemaMismatch` for a column that is not there.
        """

    @abstractmethod
    def join_labels(
        self, rows: Slice, labels: Slice, key: Sequence[str], label: str
    ) -> Slice:
        """The slice with a column `label`, null where no label has arrived.

        A key that has several labels keeps one of them; rows are never multiplied.
        """

    @abstractmethod
    def table(
        self,
        rows: Slice,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pl.DataFrame:
        """The named columns in memory; with `limit`, a seeded sample of so many rows."""

    def tally(self, rows: Slice, question: Question) -> tuple[Question, Tally] | None:
        """Labels and predictions counted where the rows lie, or None where `table` has them.

        The question comes back with the largest segments filled in.
        """
        return None

    def frame(self, rows: Slice, columns: Sequence[str]) -> Frame | None:
        """These columns of all rows where they lie, or None where `table` has them."""
        return None

    @abstractmethod
    def from_table(self, table: pl.DataFrame, window: Window, origin: str) -> Slice:
        """A slice over rows that are in memory already."""


class Validator(ABC):
    """Checks a slice against the monitor's suite of expectations."""

    sample_rows: int | None = None
    """How many rows it wants to see at most; None is all of them."""

    takes: tuple[str, ...] = ()
    """The kinds of `Frame` that it judges where the rows lie."""

    @abstractmethod
    def propose(self, reference: Reference, roles: Roles) -> dict[str, Any]:
        """A suite that the reference passes, as JSON that a person can edit."""

    @abstractmethod
    def columns(self) -> list[str]:
        """The columns that the suite names."""

    @abstractmethod
    def check(self, rows: pl.DataFrame | Frame, total_rows: int) -> list[Finding]:
        """One finding per expectation.

        `rows` has the suite's columns and the key, perhaps of a sample out of
        `total_rows`; it is a `Frame` only of a kind that `takes` names. An expectation
        that could not be evaluated is `errored`.
        """


class ModelRegistry(ABC):
    """Model versions, their references, and the record of each day."""

    @abstractmethod
    def resolve(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias, or of a number such as `"3"`, now.

        Raises `ModelMissing`.
        """

    @abstractmethod
    def load_reference(self, model: ModelVersion) -> Reference:
        """The version's reference. Raises `ReferenceMissing` or `ReferenceCorrupt`."""

    @abstractmethod
    def save_reference(self, model: ModelVersion, reference: Reference) -> None:
        """Keep the reference with the version, replacing one that was there."""

    @abstractmethod
    def register(
        self, name: str, trained: Trained, tags: Mapping[str, str]
    ) -> ModelVersion:
        """A new version of the model, logged with its signature and metrics.

        It has a `checksum` if it can be read again without running any of its code.
        """

    @abstractmethod
    def enlist(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias; where the model is unknown, a first version of it.

        That version stands for a model that lives elsewhere: nothing can be loaded
        from it, and it carries a reference like any other.
        """

    @abstractmethod
    def move_alias(self, name: str, alias: str, version: str) -> None:
        """From now on the alias names this version."""

    trusted: bool = False
    """Whether the monitor file allows the code of its models to run here."""

    def can_load(self, model: ModelVersion) -> bool:
        """Whether `load` may open it: any model where `trusted`, else what is data alone."""
        return self.trusted or bool(model.checksum)

    def load(self, model: ModelVersion) -> Predict:
        """What scores rows as the version's trainer did. Raises `ModelUnusable`.

        A model is code: a registry that is not `trusted` loads none, but for one that
        `register` gave a checksum. It reads that as data, if the files still have it.
        """
        raise ModelUnusable(f"{model} is not loaded: this registry hands out no models")

    @abstractmethod
    def log_day(self, day: DayRecord) -> str:
        """Record a day's numbers; doing it again changes nothing. Returns a link."""


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What a registry shows of one judged window."""

    monitor: str
    key: str
    window: Window
    model: ModelVersion
    verdict: Verdict
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate of a trainer's search: what was tried, and what it scored."""

    name: str
    parameters: dict[str, Any]
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Trained:
    """A challenger as a trainer returns it.

    `predict` gives a score (a probability of the positive class for a binary task, a
    class or a value otherwise) per row. `parameters` and `metrics` are shown to people,
    and so are the `trials` that it was chosen from.
    `reference_predictions`, when given, are out-of-fold predictions for the training
    rows in their order: honest ones, unlike the model's own on rows it has seen.
    """

    model: Any
    predict: Predict
    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    reference_predictions: Any | None = None
    example: Any | None = None
    trials: tuple[Trial, ...] = ()


class Trainer(ABC):
    """Fits a challenger."""

    @abstractmethod
    def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
        """A model trained on labelled rows. Raises `TrainingFailed`."""


@dataclass(frozen=True, slots=True)
class RetrainRequest:
    """Ask for one retraining run; the same `key` never starts a second one.

    `approved` names who allowed it; a run that waits for that goes on.
    """

    key: str
    monitor: str
    reason: str
    as_of: date
    approved: str = ""


class Dispatcher(ABC):
    """Starts retraining runs."""

    @abstractmethod
    def request(self, request: RetrainRequest) -> str:
        """Start the run, or find the one this key started; returns a handle to it.

        Raises `DeliveryFailed`.
        """

    def halted(self, monitor: str) -> str:
        """Why no run of the monitor may start now, in words; empty where one may.

        A switch that cannot be read halts nothing: `request` looks again.
        """
        return ""


class CostProvider(ABC):
    """What the cloud costs."""

    @abstractmethod
    def spend(self, day: date) -> list[Spend]:
        """Month to date as of `day`, one entry per budget. Raises `CostUnavailable`."""


class HealthProbe(ABC):
    """What a machine or server says of itself."""

    @abstractmethod
    def read(self) -> list[Reading]:
        """All readings; what cannot be read is a reading without a value."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of delivery. `thread` is what later messages of the same thread need."""

    thread: str = ""


class Notifier(ABC):
    """Tells people."""

    place: str = ""
    """Where its messages arrive, without secrets; monitors with the same place share it."""

    threads: bool = False
    """Whether it joins later messages to the first one, can change it and hang charts in."""

    @abstractmethod
    def send(self, message: Message, thread: str = "") -> Receipt:
        """Deliver one message, as a reply when `thread` is a receipt's.

        Raises `DeliveryFailed`, whose `retryable` says whether trying again can help.
        """

    def find(self, message: Message, thread: str = "") -> Receipt | None:
        """The receipt of a message that arrived although nobody could say so.

        None when it did not arrive, or where that cannot be known.
        """
        return None

    def draft(self, message: Message) -> str:
        """What `send` would hand over, drawn in full; nothing leaves."""
        return f"{message.title}\n{message.summary}"

    def redraw(self, message: Message, thread: str) -> None:  # noqa: B027 -- optional
        """Let the thread's first message say this now. Doing it again changes nothing."""

    def attach(  # noqa: B027 -- optional
        self, chart: Chart, key: str, thread: str
    ) -> None:
        """Show a chart in the thread, once for each key as far as that can be known."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person answered to an incident's message.

    `key` is the same when the same press of a button arrives twice. `thread` is the key
    of the incident's thread; empty for all that the monitor has open.
    """

    key: str
    answer: Answer
    monitor: str
    author: str
    thread: str = ""


class Listener(ABC):
    """Hears what people answer."""

    @abstractmethod
    def listen(self, take: Callable[[Reply], str], until: Callable[[], bool]) -> None:
        """Hand every reply of somebody who may answer to `take`, until told to stop.

        `take` returns a sentence for whoever answered. A reply counts as heard once
        `take` has returned.
        """


class ReportWriter(ABC):
    """Writes the page that a person opens."""

    @abstractmethod
    def address(self, monitor: str, window: Window) -> str:
        """Where the window's page is, or will be: an address or a path."""

    @abstractmethod
    def write(self, content: Content) -> str:
        """Store the page, replacing an earlier one whole, and return its address."""


@dataclass(frozen=True, slots=True)
class WindowKey:
    """The same key is the same judgement: recording it again is a no-op."""

    monitor: str
    model_version: str
    window: Window
    fingerprint: str
    policy: str

    @property
    def uncounted(self) -> WindowKey:
        """Without the number that tells rows judged a second time from the first."""
        return replace(self, fingerprint=self.fingerprint.partition("+")[0])


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to record one monitor's window; `fence` grows with every holder."""

    monitor: str
    window: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class InService:
    """A version with its reference, and when the registry named it as in service."""

    model: ModelVersion
    reference: Reference
    at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that one transaction writes.

    `record` is the JSON from which the report can be drawn again. With `settle`, what
    is written depends on what else is open when it is. `in_service` is kept for days on
    which the registry cannot be asked; None where it was not.
    """

    key: WindowKey
    verdict: Verdict
    findings: tuple[Finding, ...]
    profile: Profile | None
    metrics: dict[str, float]
    record: dict[str, Any]
    incidents: tuple[Incident, ...] = ()
    actions: tuple[Action, ...] = ()
    in_service: InService | None = field(default=None, compare=False)
    settle: Settle | None = field(default=None, compare=False)


Settle: TypeAlias = "Callable[[Sequence[Incident]], Judgement]"
"""The judgement to be written, given incidents of the other monitors (see `record`)."""


@dataclass(frozen=True, slots=True, repr=False)
class LedgerEntry:
    """One recorded judgement. `revision` counts up when the same window is restated."""

    id: int
    key: WindowKey
    revision: int
    verdict: str
    recorded_at: datetime
    metrics: dict[str, float]
    findings: tuple[Finding, ...]
    record: dict[str, Any]

    def __repr__(self) -> str:
        """One line, for a notebook."""
        return f"<{self.key.monitor} {self.key.window.label}: {self.verdict}>"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One action that `owner` has claimed; `attempts` failed before.

    `again` means that somebody began it before and did not say how it ended.
    """

    id: int
    action: Action
    attempts: int
    owner: str = ""
    again: bool = False


class Ledger(ABC):
    """The history. Writes are transactions; nothing half-written is ever visible."""

    @abstractmethod
    def acquire(self, monitor: str, window: str, owner: str, now: datetime) -> Lease:
        """Take the window's lease, or one that has run out. Raises `WindowBusy`.

        The owner who holds it already takes it anew, with a higher fence.
        """

    @abstractmethod
    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens when it was taken over."""

    @abstractmethod
    def find(self, key: WindowKey) -> LedgerEntry | None:
        """What was recorded under exactly this key."""

    @abstractmethod
    def record(self, lease: Lease, judgement: Judgement, now: datetime) -> LedgerEntry:
        """Write verdict, findings, profile, incidents and outbox rows in one transaction.

        The same key again returns what is there and writes nothing. Raises `LeaseLost`
        when the lease passed to another worker. Metrics that are not finite are left
        out; an incident that a later window has changed since is left as it is. A
        judgement that has to `settle` is given what other monitors have open, and what
        they judged late within `late.LONGEST`; no other record settles until this one
        is written.
        """

    @abstractmethod
    def profile(self, entry: LedgerEntry) -> Profile | None:
        """The profile that was recorded with an entry."""

    def in_service(self, monitor: str) -> InService | None:
        """What the registry last named as in service, by the judgements recorded.

        None before any, and where the ledger keeps none. Raises `ReferenceCorrupt`.
        """
        return None

    @abstractmethod
    def latest(self, monitor: str, window: Window) -> LedgerEntry | None:
        """The newest revision of a window."""

    @abstractmethod
    def history(
        self,
        monitor: str,
        before: datetime | None = None,
        limit: int = 400,
        topics: Collection[Topic] | None = None,
    ) -> list[LedgerEntry]:
        """The newest revision of each window that starts before `before`, oldest first.

        At most the latest `limit` windows. With `topics`, entries carry only the
        findings of these: a year of findings is much to read.
        """

    @abstractmethod
    def revisions(
        self, monitor: str, before: datetime | None = None, limit: int = 1000
    ) -> list[LedgerEntry]:
        """Every judgement of the windows that start before `before`, in order of record.

        At most the latest `limit`, without their findings.
        """

    @abstractmethod
    def judgements(
        self, monitor: str, after: int = 0, limit: int = 100
    ) -> list[LedgerEntry]:
        """The next `limit` judgements after the entry numbered `after`, with findings.

        In order of record: so all of them are read, a portion at a time.
        """

    @abstractmethod
    def incident(self, monitor: str, cause: Cause) -> Incident | None:
        """The incident of a cause that is open, or else the one that ended last."""

    @abstractmethod
    def incidents(
        self, monitor: str | None = None, thread: str | None = None
    ) -> list[Incident]:
        """All incidents, of one monitor or in one thread, oldest first."""

    @abstractmethod
    def receipt(self, lane: str) -> str:
        """The receipt of the first action done in a lane; empty when there is none."""

    @abstractmethod
    def claim_action(
        self, monitor: str, owner: str, now: datetime, lanes: Collection[str] = ()
    ) -> OutboxRow | None:
        """The monitor's oldest action due, reserved for this owner for `action.CLAIM`.

        An action waits while an earlier one of its lane is pending, unless that has
        never been tried and is not due yet. In the named `lanes`, other monitors'
        actions are claimed too.
        """

    @abstractmethod
    def finish_action(self, row: OutboxRow, receipt: str, now: datetime) -> None:
        """The action is done, whoever holds the claim by now."""

    @abstractmethod
    def postpone_action(
        self, row: OutboxRow, reason: str, now: datetime, *, for_good: bool
    ) -> None:
        """The action failed: due again after `action.pause_after`, or never if `for_good`.

        Nothing happens when the action is done or another owner has claimed it.
        """

    @abstractmethod
    def actions(self, monitor: str | None = None) -> list[dict[str, Any]]:
        """Every outbox row, oldest first, for people.

        Keys: monitor, kind, key, lane, payload, state (pending, done or failed),
        attempts, due_at, reason, receipt, created_at, finished_at.
        """

    @abstractmethod
    def note(  # noqa: PLR0913 -- one event, and all that it brings
        self,
        monitor: str,
        kind: str,
        key: str,
        body: dict[str, Any],
        now: datetime,
        actions: Sequence[Action] = (),
        *,
        incidents: Sequence[Incident] = (),
    ) -> bool:
        """Keep one event (a retraining, a promotion) with its incidents and actions.

        False, and nothing is written, when this kind has the key already.
        """

    @abstractmethod
    def notes(self, monitor: str, kind: str | None = None) -> list[dict[str, Any]]:
        """The events of a monitor, oldest first. Keys: kind, key, body, at."""

    @abstractmethod
    def monitors(self) -> list[str]:
        """Every monitor with at least one judgement."""

    def verify(self) -> list[str]:
        """What contradicts itself in the history, in words; empty where it is sound."""
        return []

    def salvaged(self) -> AbstractContextManager[tuple[Ledger, list[str]]]:
        """What can still be read of a damaged history, and in words what cannot.

        The first is a ledger of its own; no row of the damaged one is changed.
        """
        return nullcontext((self, []))

    def close(self) -> None:  # noqa: B027 -- a ledger in memory has nothing to close
        """Give back connections; the ledger is not used afterwards."""
