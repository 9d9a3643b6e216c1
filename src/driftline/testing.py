"""Parts without a world, for users' tests and ours: real behaviour, nothing outside.

Over 300 lines because the ledger's memory twin passes the whole of the ledger's contract
suite; the other four are short.

>>> clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
>>> clock.tick(timedelta(hours=1))
>>> clock().hour
1
"""

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from math import isfinite
from typing import Any

import polars as pl

from driftline.core.action import (
    CLAIM,
    LONGEST_PAUSE,
    STRAY,
    Action,
    Chart,
    Message,
    pause_after,
)
from driftline.core.finding import Topic
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.late import LONGEST
from driftline.core.model import ModelVersion
from driftline.core.profiles.profile import Profile
from driftline.core.reference import Reference
from driftline.core.slice import Slice
from driftline.core.window import Window, zone_named
from driftline.errors import (
    DeliveryFailed,
    LeaseLost,
    ModelMissing,
    ModelUnusable,
    ReferenceMissing,
    SchemaMismatch,
    WindowBusy,
)
from driftline.ports import (
    DayRecord,
    InService,
    Judgement,
    Lease,
    Ledger,
    LedgerEntry,
    ModelRegistry,
    Notifier,
    OutboxRow,
    Predict,
    Receipt,
    SliceSource,
    Trained,
    WindowKey,
)


class FixedClock:
    """A clock that stands still until it is told to tick."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        """The moment at which it stands."""
        return self.moment

    def tick(self, by: timedelta) -> None:
        """Move the clock."""
        self.moment += by


class MemorySource(SliceSource):
    """Rows in memory. Times without a zone are read in `zone`."""

    def __init__(self, rows: pl.DataFrame, timestamp: str, zone: str = "UTC") -> None:
        kind = rows.schema.get(timestamp)
        if not isinstance(kind, pl.Datetime):
            raise SchemaMismatch(
                f"column {timestamp!r} is {kind or 'absent'}; a source's time stamps "
                "are a column of type Datetime"
            )
        self.rows = rows
        self.timestamp = timestamp
        self._zone = zone_named(zone).key
        self._aware = kind.time_zone is not None

    def read(self, window: Window) -> Slice:
        """The rows whose time stamp is in `[start, end)`."""
        at = self._moments()
        rows = self.rows.filter((at >= window.start) & (at < window.end))
        return Slice(
            window=window,
            data=rows.lazy(),
            schema={name: str(dtype) for name, dtype in rows.schema.items()},
            manifest=_digest(rows),
            origin="memory",
            clock=self._zone,
        )

    def extent(self) -> tuple[datetime, datetime] | None:
        """The first and last time stamp held, or None when there is no row."""
        at = self.rows.select(at=self._moments())["at"].drop_nulls()
        if at.is_empty():
            return None
        first, last = at.min(), at.max()
        assert isinstance(first, datetime)
        assert isinstance(last, datetime)
        return first, last

    def _moments(self) -> pl.Expr:
        at = pl.col(self.timestamp)
        if not self._aware:
            at = at.dt.replace_time_zone(
                self._zone, ambiguous="earliest", non_existent="null"
            )
        return at.dt.convert_time_zone("UTC")


def _digest(rows: pl.DataFrame) -> str:
    written = io.BytesIO()
    rows.write_ipc(written)
    return blake2b(written.getvalue(), digest_size=12).hexdigest()


class RecordingNotifier(Notifier):
    """Keeps what it is sent; while `failure` is set, it raises that instead.

    With `threads`, the first messages as they stand now are in `cards` by thread, and
    the keys of charts in `charts`.
    """

    def __init__(
        self,
        failure: DeliveryFailed | None = None,
        *,
        threads: bool = False,
        place: str = "",
    ) -> None:
        self.failure = failure
        self.threads = threads
        self.place = place
        self.sent: list[tuple[Message, str]] = []
        self.cards: dict[str, Message] = {}
        self.charts: list[str] = []

    @property
    def messages(self) -> list[Message]:
        """What arrived, in order."""
        return [message for message, _ in self.sent]

    def send(self, message: Message, thread: str = "") -> Receipt:
        """Keep the message; a first one starts a thread named by its key."""
        if self.failure is not None:
            raise self.failure
        self.sent.append((message, thread))
        return Receipt(thread or message.key)

    def find(self, message: Message, thread: str = "") -> Receipt | None:
        """The receipt of a message with the same key that arrived."""
        keys = [sent.key for sent in self.messages]
        return Receipt(thread or message.key) if message.key in keys else None

    def redraw(self, message: Message, thread: str) -> None:
        """Keep what the thread's first message says now."""
        if self.failure is not None:
            raise self.failure
        self.cards[thread] = message

    def attach(self, chart: Chart, key: str, thread: str) -> None:
        """Keep the chart's key."""
        if self.failure is not None:
            raise self.failure
        self.charts.append(key)


class MemoryRegistry(ModelRegistry):
    """Model versions, aliases and references in dictionaries."""

    trusted = True

    def __init__(self) -> None:
        self.versions: dict[tuple[str, str], ModelVersion] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.references: dict[tuple[str, str], Reference] = {}
        self.trained: dict[tuple[str, str], Trained] = {}
        self.tags: dict[tuple[str, str], dict[str, str]] = {}
        self.days: dict[str, DayRecord] = {}

    def resolve(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias, or of a plain number, now."""
        if (name, alias) in self.versions:
            return self.versions[name, alias]
        version = self.aliases.get((name, alias))
        if version is None:
            known = sorted(a for model, a in self.aliases if model == name)
            raise ModelMissing(
                f"model {name!r} has no alias {alias!r}; it has {known or 'none'}"
            )
        return replace(self.versions[name, version], alias=alias)

    def load_reference(self, model: ModelVersion) -> Reference:
        """The version's reference."""
        reference = self.references.get((model.name, model.version))
        if reference is None:
            raise ReferenceMissing(
                f"{model} has no reference; make one with `driftline reference build`"
            )
        return reference

    def save_reference(self, model: ModelVersion, reference: Reference) -> None:
        """Keep the reference with the version."""
        self.references[model.name, model.version] = reference

    def register(
        self, name: str, trained: Trained, tags: Mapping[str, str]
    ) -> ModelVersion:
        """A new version, numbered from 1; an estimator can be read as data."""
        number = 1 + sum(model == name for model, _ in self.versions)
        model = ModelVersion(name, str(number))
        self.versions[name, model.version] = model
        self.trained[name, model.version] = trained
        self.tags[name, model.version] = dict(tags)
        is_data = hasattr(trained.model, "get_params")
        return replace(model, checksum=model.version if is_data else "")

    def enlist(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias, made where there is none."""
        try:
            return self.resolve(name, alias)
        except ModelMissing:
            made = self.register(name, Trained(None, lambda rows: rows), {})
            self.move_alias(name, alias, made.version)
            return self.resolve(name, alias)

    def move_alias(self, name: str, alias: str, version: str) -> None:
        """From now on the alias names this version."""
        if (name, version) not in self.versions:
            raise ModelMissing(f"model {name!r} has no version {version!r}")
        self.aliases[name, alias] = version

    def load(self, model: ModelVersion) -> Predict:
        """What the version was trained to say, where `can_load` allows it."""
        if not self.can_load(model):
            raise ModelUnusable(f"{model} is not loaded: this registry is not trusted")
        if (model.name, model.version) not in self.trained:
            raise ModelUnusable(f"{model} has no model")
        return self.trained[model.name, model.version].predict

    def log_day(self, day: DayRecord) -> str:
        """Keep the day under its key."""
        self.days[day.key] = day
        return f"memory://{day.key}"


@dataclass(slots=True)
class _Held:
    """The state of one lease."""

    owner: str
    fence: int
    until: datetime


@dataclass(slots=True)
class _Queued:
    """The state of one outbox row."""

    id: int
    monitor: str
    action: Action
    created_at: datetime
    due_at: datetime
    state: str = "pending"
    attempts: int = 0
    owner: str = ""
    claimed_until: datetime | None = None
    reason: str = ""
    receipt: str = ""
    finished_at: datetime | None = None

    def shown(self) -> dict[str, Any]:
        """The row as people see it."""
        hidden = ("id", "action", "owner", "claimed_until")
        shown = {n: getattr(self, n) for n in self.__slots__ if n not in hidden}
        return shown | {
            "kind": self.action.kind.value,
            "key": self.action.key,
            "lane": self.action.lane,
            "payload": self.action.payload,
        }


@dataclass(slots=True)
class _Tables:
    """Everything that a ledger remembers."""

    leases: dict[tuple[str, str], _Held] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    profiles: dict[int, Profile | None] = field(default_factory=dict)
    in_service: dict[str, InService] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    outbox: dict[str, _Queued] = field(default_factory=dict)
    notes: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)


class MemoryLedger(Ledger):
    """The history in dictionaries, for one thread of one process."""

    def __init__(self, lease_for: timedelta = timedelta(minutes=15)) -> None:
        self._lease_for = lease_for
        self._tables = _Tables()

    def acquire(self, monitor: str, window: str, owner: str, now: datetime) -> Lease:
        """Take the window's lease, or one that has run out."""
        held = self._tables.leases.get((monitor, window))
        if held and held.owner not in ("", owner) and held.until > now:
            held.until = min(held.until, now + self._lease_for)
            raise WindowBusy(
                f"{monitor} {window} is held by {held.owner} until {held.until}"
            )
        fence = held.fence + 1 if held else 1
        taken = _Held(owner, fence, now + self._lease_for)
        self._tables.leases[monitor, window] = taken
        return Lease(monitor, window, owner, fence)

    def release(self, lease: Lease) -> None:
        """Give the lease back."""
        held = self._tables.leases.get((lease.monitor, lease.window))
        if held and (held.owner, held.fence) == (lease.owner, lease.fence):
            held.owner = ""

    def find(self, key: WindowKey) -> LedgerEntry | None:
        """What was recorded under exactly this key."""
        return next((e for e in self._tables.entries if e.key == key), None)

    def record(self, lease: Lease, judgement: Judgement, now: datetime) -> LedgerEntry:
        """Write everything of a judgement, or nothing."""
        held = self._tables.leases.get((lease.monitor, lease.window))
        if held is None or (held.owner, held.fence) != (lease.owner, lease.fence):
            raise LeaseLost(f"the lease on {lease.monitor} {lease.window} was lost")
        stored = self.find(judgement.key)
        if stored is not None:
            return stored
        if judgement.settle is not None:
            judgement = judgement.settle(self._others(judgement.key.monitor, now))
        entry = self._entry(judgement, now)
        self._tables.entries.append(entry)
        self._tables.profiles[entry.id] = judgement.profile
        if judgement.in_service is not None:
            self._keep_in_service(judgement.key.monitor, judgement.in_service, now)
        for incident in judgement.incidents:
            self._keep(incident)
        self._put_out(judgement.key.monitor, judgement.actions, now)
        return entry

    def _others(self, monitor: str, now: datetime) -> list[Incident]:
        """What other monitors have open, and what they judged late not long ago."""
        since = (now - LONGEST).isoformat()
        others = [i for i in self.incidents() if i.monitor != monitor]
        late = [i for i in others if i.cause is Cause.LATE and i.resolved >= since]
        return [i for i in others if i.is_open or i in late]

    def profile(self, entry: LedgerEntry) -> Profile | None:
        """The profile that was recorded with an entry."""
        return self._tables.profiles.get(entry.id)

    def in_service(self, monitor: str) -> InService | None:
        """What the registry last named as in service."""
        return self._tables.in_service.get(monitor)

    def latest(self, monitor: str, window: Window) -> LedgerEntry | None:
        """The newest revision of a window."""
        revisions = self._revisions(monitor, window)
        return max(revisions, key=lambda entry: entry.revision, default=None)

    def history(
        self,
        monitor: str,
        before: datetime | None = None,
        limit: int = 400,
        topics: Collection[Topic] | None = None,
    ) -> list[LedgerEntry]:
        """The newest revision of the latest windows, oldest first."""
        newest: dict[Window, LedgerEntry] = {}
        for entry in self._tables.entries:
            window = entry.key.window
            if entry.key.monitor == monitor and (not before or window.start < before):
                newest[window] = entry
        ordered = [entry for _, entry in sorted(newest.items())][-limit:]
        return [_about(entry, topics) for entry in ordered]

    def revisions(
        self, monitor: str, before: datetime | None = None, limit: int = 1000
    ) -> list[LedgerEntry]:
        """Every judgement, the latest ones, in order of record."""
        known = [
            _about(entry, ())
            for entry in self._tables.entries
            if entry.key.monitor == monitor
            and (before is None or entry.key.window.start < before)
        ]
        return known[-limit:]

    def judgements(
        self, monitor: str, after: int = 0, limit: int = 100
    ) -> list[LedgerEntry]:
        """The judgements that were recorded after one, with their findings."""
        later = [e for e in self._tables.entries if e.id > after]
        return [e for e in later if e.key.monitor == monitor][:limit]

    def incident(self, monitor: str, cause: Cause) -> Incident | None:
        """The incident of a cause that is open, or else the one that ended last."""
        known = [i for i in self.incidents(monitor) if i.cause is cause]
        return max(known, key=lambda i: (i.is_open, i.resolved), default=None)

    def incidents(
        self, monitor: str | None = None, thread: str | None = None
    ) -> list[Incident]:
        """All incidents, of one monitor or in one thread, oldest first."""
        known = self._tables.incidents.values()
        mine = [i for i in known if monitor in (None, i.monitor)]
        mine = [i for i in mine if thread in (None, i.in_thread)]
        return sorted(mine, key=lambda i: (i.opened, i.key))

    def receipt(self, lane: str) -> str:
        """The receipt of the first action done in a lane."""
        done = (q.receipt for q in self._lane(lane) if q.receipt)
        return next(done, "")

    def claim_action(
        self, monitor: str, owner: str, now: datetime, lanes: Collection[str] = ()
    ) -> OutboxRow | None:
        """The monitor's oldest action due, reserved for this owner."""
        for queued in self._tables.outbox.values():
            mine = queued.monitor == monitor or queued.action.lane in lanes
            if mine and self._is_due(queued, now):
                again = queued.attempts > 0 or queued.claimed_until is not None
                queued.owner, queued.claimed_until = owner, now + CLAIM
                return OutboxRow(
                    queued.id, queued.action, queued.attempts, owner, again
                )
        return None

    def finish_action(self, row: OutboxRow, receipt: str, now: datetime) -> None:
        """The action is done."""
        queued = self._tables.outbox[row.action.key]
        if queued.state != "done":
            queued.state, queued.receipt, queued.finished_at = "done", receipt, now

    def postpone_action(
        self, row: OutboxRow, reason: str, now: datetime, *, for_good: bool
    ) -> None:
        """The action failed: due again after a pause, or never if `for_good`."""
        queued = self._tables.outbox[row.action.key]
        if queued.state != "pending" or queued.owner != row.owner:
            return
        queued.attempts = row.attempts + 1
        queued.state = "failed" if for_good else "pending"
        queued.reason, queued.owner, queued.claimed_until = reason, "", None
        queued.due_at = now + pause_after(queued.attempts)
        queued.finished_at = now if for_good else None

    def actions(self, monitor: str | None = None) -> list[dict[str, Any]]:
        """Every outbox row, oldest first."""
        queued = self._tables.outbox.values()
        return [q.shown() for q in queued if monitor in (None, q.monitor)]

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
        """Keep one event with what it brings; False when the key is there already."""
        if (monitor, kind, key) in self._tables.notes:
            return False
        note = {"kind": kind, "key": key, "body": body, "at": now.astimezone(UTC)}
        self._tables.notes[monitor, kind, key] = note
        for incident in incidents:
            self._keep(incident)
        self._put_out(monitor, actions, now)
        return True

    def notes(self, monitor: str, kind: str | None = None) -> list[dict[str, Any]]:
        """The events of a monitor, oldest first."""
        kept = self._tables.notes.items()
        return [dict(n) for (m, k, _), n in kept if m == monitor and kind in (None, k)]

    def monitors(self) -> list[str]:
        """Every monitor with at least one judgement, by name."""
        return sorted({entry.key.monitor for entry in self._tables.entries})

    def _revisions(self, monitor: str, window: Window) -> list[LedgerEntry]:
        entries = self._tables.entries
        return [
            e for e in entries if (e.key.monitor, e.key.window) == (monitor, window)
        ]

    def _entry(self, judgement: Judgement, now: datetime) -> LedgerEntry:
        revisions = self._revisions(judgement.key.monitor, judgement.key.window)
        return LedgerEntry(
            id=len(self._tables.entries) + 1,
            key=judgement.key,
            revision=len(revisions) + 1,
            verdict=judgement.verdict.word.value,
            recorded_at=now.astimezone(UTC),
            metrics={n: v for n, v in judgement.metrics.items() if isfinite(v)},
            findings=judgement.findings,
            record=judgement.record,
        )

    def _keep(self, incident: Incident) -> None:
        stored = self._tables.incidents.get(incident.key)
        if stored is None or stored.last_window <= incident.last_window:
            self._tables.incidents[incident.key] = incident

    def _keep_in_service(self, monitor: str, known: InService, now: datetime) -> None:
        stored = self._tables.in_service.get(monitor)
        if stored is None or stored.at <= known.at or stored.at > now + STRAY:
            self._tables.in_service[monitor] = known

    def _put_out(self, monitor: str, actions: Sequence[Action], now: datetime) -> None:
        for action in actions:
            number = len(self._tables.outbox) + 1
            due = max(now, action.not_before or now)
            queued = _Queued(number, monitor, action, now, due)
            self._tables.outbox.setdefault(action.key, queued)

    def _lane(self, lane: str) -> list[_Queued]:
        queued = self._tables.outbox.values()
        return [q for q in queued if lane and q.action.lane == lane]

    def _is_due(self, queued: _Queued, now: datetime) -> bool:
        lane = self._lane(queued.action.lane)
        waits = any(
            q.state == "pending"
            and q.id < queued.id
            and (q.due_at <= now or q.attempts)
            for q in lane
        )
        claimed = queued.claimed_until
        free = claimed is None or not now < claimed <= now + CLAIM + STRAY
        strayed = queued.created_at > now + STRAY or (
            queued.attempts > 0 and queued.due_at > now + LONGEST_PAUSE + STRAY
        )
        due = queued.due_at <= now or strayed
        return queued.state == "pending" and due and free and not waits


def _about(entry: LedgerEntry, topics: Collection[Topic] | None) -> LedgerEntry:
    """The entry with the findings of these topics only."""
    if topics is None:
        return entry
    kept = tuple(finding for finding in entry.findings if finding.topic in topics)
    return replace(entry, findings=kept)
