"""The ledger's transactions, the same statements for SQLite and PostgreSQL.

Over 300 lines because it is one port, whose every method is one transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from driftline.adapters.ledgers import _in_service
from driftline.adapters.ledgers import _rows as rows
from driftline.adapters.ledgers._database import Database
from driftline.adapters.ledgers._kept import Kept, findings_of
from driftline.adapters.ledgers._tables import (
    findings,
    incidents,
    leases,
    notes,
    outbox,
    profiles,
    windows,
)
from driftline.adapters.ledgers._verify import contradictions
from driftline.core.action import CLAIM, LONGEST_PAUSE, STRAY, Action, pause_after
from driftline.core.finding import Finding, Topic
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.late import LONGEST
from driftline.core.profiles.profile import Profile
from driftline.core.window import Window
from driftline.errors import LeaseLost, ReferenceCorrupt, WindowBusy
from driftline.ports import (
    InService,
    Judgement,
    Lease,
    Ledger,
    LedgerEntry,
    OutboxRow,
    WindowKey,
)

SETTLING = 0x44726674_53657474
"""The lock under which PostgreSQL lets one incident at a time find its thread."""


class SqlLedger(Ledger):
    """The history in one SQL database."""

    def __init__(self, database: Database, lease_for: timedelta) -> None:
        self._database = database
        self._lease_for = lease_for
        self._kept = Kept()

    def close(self) -> None:
        """Give back the connections."""
        self._database.close()

    def acquire(self, monitor: str, window: str, owner: str, now: datetime) -> Lease:
        """Take the window's lease, or one that has run out. Raises `WindowBusy`.

        A lease that a wrong clock took for years ends when one taken now would.
        """
        until = now + self._lease_for
        fresh = {"monitor": monitor, "window": window, "owner": owner}

        def take(connection: Connection) -> Lease | WindowBusy:
            row = {**fresh, "fence": 1, "expires_at": until}
            if _added(connection, leases, row):
                return Lease(monitor, window, owner, 1)
            where = and_(leases.c.monitor == monitor, leases.c.window == window)
            held = connection.execute(select(leases).where(where).with_for_update())
            lease = held.one()
            taken = update(leases).where(where)
            if lease.owner not in ("", owner) and lease.expires_at > now:
                ends = min(lease.expires_at, until)
                connection.execute(taken.values(expires_at=ends))
                return _busy(lease, ends)
            fence = lease.fence + 1
            connection.execute(taken.values(owner=owner, fence=fence, expires_at=until))
            return Lease(monitor, window, owner, fence)

        taken = self._database.write(take)
        if isinstance(taken, WindowBusy):
            raise taken
        return taken

    def release(self, lease: Lease) -> None:
        """Give the lease back; the fence stays, so that it never counts down."""
        given_back = update(leases).where(_holds(lease)).values(owner="")
        self._database.write(lambda connection: connection.execute(given_back))

    def find(self, key: WindowKey) -> LedgerEntry | None:
        """What was recorded under exactly this key."""
        return self._database.read(lambda connection: _found(connection, key))

    def record(self, lease: Lease, judgement: Judgement, now: datetime) -> LedgerEntry:
        """Write everything of a judgement, or nothing. Raises `LeaseLost`."""

        def write(connection: Connection) -> LedgerEntry:
            _check_fence(connection, lease)
            stored = _found(connection, judgement.key)
            if stored is not None:
                return stored
            made = _settled(connection, judgement, now)
            _write_judgement(connection, made, now)
            if made.in_service is not None:
                _in_service.keep(connection, made.key.monitor, made.in_service, now)
            for incident in made.incidents:
                _keep_incident(connection, incident)
            _put_out(connection, made.key.monitor, made.actions, now)
            stored = _found(connection, judgement.key)
            assert stored is not None
            return stored

        return self._database.write(write)

    def profile(self, entry: LedgerEntry) -> Profile | None:
        """The profile that was recorded with an entry."""
        query = select(profiles).where(profiles.c.window_id == entry.id)

        def read(connection: Connection) -> Profile | None:
            row = connection.execute(query).first()
            return None if row is None else rows.profile_of(row)

        return self._database.read(read)

    def in_service(self, monitor: str) -> InService | None:
        """What the registry last named as in service. Raises `ReferenceCorrupt`.

        What is damaged is written anew with the next judgement.
        """
        try:
            return self._database.read(lambda c: _in_service.find(c, monitor))
        except ReferenceCorrupt:
            self._database.write(lambda c: _in_service.distrust(c, monitor))
            raise

    def latest(self, monitor: str, window: Window) -> LedgerEntry | None:
        """The newest revision of a window."""
        query = select(windows).where(rows.has_window(monitor, window))
        newest = query.order_by(windows.c.revision.desc()).limit(1)
        found = self._database.read(lambda connection: _entries(connection, newest))
        return found[0] if found else None

    def history(
        self,
        monitor: str,
        before: datetime | None = None,
        limit: int = 400,
        topics: Collection[Topic] | None = None,
    ) -> list[LedgerEntry]:
        """The newest revision of the latest windows, oldest first."""
        later = windows.alias()
        restated = exists().where(
            later.c.monitor == windows.c.monitor,
            later.c.starts == windows.c.starts,
            later.c.ends == windows.c.ends,
            later.c.revision > windows.c.revision,
        )
        query = select(windows).where(windows.c.monitor == monitor, ~restated)
        if before is not None:
            query = query.where(windows.c.starts < before)
        query = query.order_by(windows.c.starts.desc(), windows.c.ends.desc())
        query = query.limit(limit)
        found = self._database.read(lambda c: self._kept.entries(c, query, topics))
        return found[::-1]

    def revisions(
        self, monitor: str, before: datetime | None = None, limit: int = 1000
    ) -> list[LedgerEntry]:
        """Every judgement, the latest ones, in order of record."""
        query = select(windows).where(windows.c.monitor == monitor)
        if before is not None:
            query = query.where(windows.c.starts < before)
        query = query.order_by(windows.c.id.desc()).limit(limit)
        found = self._database.read(lambda c: self._kept.entries(c, query, ()))
        return found[::-1]

    def judgements(
        self, monitor: str, after: int = 0, limit: int = 100
    ) -> list[LedgerEntry]:
        """The judgements that were recorded after one, with their findings."""
        query = select(windows).where(
            windows.c.monitor == monitor, windows.c.id > after
        )
        query = query.order_by(windows.c.id).limit(limit)
        return self._database.read(lambda connection: _entries(connection, query))

    def incident(self, monitor: str, cause: Cause) -> Incident | None:
        """The incident of a cause that is open, or else the one that ended last."""
        query = (
            select(incidents)
            .where(incidents.c.monitor == monitor, incidents.c.cause == cause.value)
            .order_by((incidents.c.resolved == "").desc(), incidents.c.resolved.desc())
            .limit(1)
        )

        def read(connection: Connection) -> Incident | None:
            row = connection.execute(query).first()
            return None if row is None else rows.incident_of(row)

        return self._database.read(read)

    def incidents(
        self, monitor: str | None = None, thread: str | None = None
    ) -> list[Incident]:
        """All incidents, of one monitor or in one thread, oldest first."""
        query = select(incidents).order_by(incidents.c.opened, incidents.c.key)
        if monitor is not None:
            query = query.where(incidents.c.monitor == monitor)
        if thread is not None:
            own = and_(incidents.c.thread == "", incidents.c.key == thread)
            query = query.where(or_(incidents.c.thread == thread, own))
        return self._database.read(lambda connection: _incidents(connection, query))

    def receipt(self, lane: str) -> str:
        """The receipt of the first action done in a lane; empty when there is none."""
        if not lane:
            return ""
        query = (
            select(outbox.c.receipt)
            .where(outbox.c.lane == lane, outbox.c.receipt != "")
            .order_by(outbox.c.id)
            .limit(1)
        )
        return self._database.read(lambda connection: connection.scalar(query)) or ""

    def claim_action(
        self, monitor: str, owner: str, now: datetime, lanes: Collection[str] = ()
    ) -> OutboxRow | None:
        """The monitor's oldest action due, reserved for this owner for a while."""
        mine: ColumnElement[bool] = outbox.c.monitor == monitor
        if lanes:
            mine = or_(mine, outbox.c.lane.in_(list(lanes)))
        query = (
            select(outbox)
            .where(mine, _is_due(now))
            .order_by(outbox.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )

        def claim(connection: Connection) -> OutboxRow | None:
            row = connection.execute(query).first()
            if row is None:
                return None
            claimed = update(outbox).where(outbox.c.id == row.id)
            connection.execute(claimed.values(owner=owner, claimed_until=now + CLAIM))
            return rows.outbox_row_of(row, owner)

        return self._database.write(claim)

    def finish_action(self, row: OutboxRow, receipt: str, now: datetime) -> None:
        """The action is done, whoever holds the claim by now."""
        done = (
            update(outbox)
            .where(outbox.c.id == row.id, outbox.c.state != "done")
            .values(state="done", receipt=receipt, finished_at=now, claimed_until=None)
        )
        self._database.write(lambda connection: connection.execute(done))

    def postpone_action(
        self, row: OutboxRow, reason: str, now: datetime, *, for_good: bool
    ) -> None:
        """The action failed: due again after a pause, or never if `for_good`."""
        attempts = row.attempts + 1
        put_back = (
            update(outbox)
            .where(
                outbox.c.id == row.id,
                outbox.c.state == "pending",
                outbox.c.owner == row.owner,
            )
            .values(
                state="failed" if for_good else "pending",
                attempts=attempts,
                reason=reason,
                due_at=now + pause_after(attempts),
                finished_at=now if for_good else None,
                owner="",
                claimed_until=None,
            )
        )
        self._database.write(lambda connection: connection.execute(put_back))

    def actions(self, monitor: str | None = None) -> list[dict[str, Any]]:
        """Every outbox row, oldest first, for people."""
        hidden = ("id", "owner", "claimed_until")
        shown = [column for column in outbox.c if column.name not in hidden]
        query = select(*shown).order_by(outbox.c.id)
        if monitor is not None:
            query = query.where(outbox.c.monitor == monitor)
        return self._listed(query)

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
        row = {"monitor": monitor, "kind": kind, "key": key, "body": body, "at": now}

        def keep(connection: Connection) -> bool:
            if not _added(connection, notes, row):
                return False
            for incident in incidents:
                _keep_incident(connection, incident)
            _put_out(connection, monitor, actions, now)
            return True

        return self._database.write(keep)

    def notes(self, monitor: str, kind: str | None = None) -> list[dict[str, Any]]:
        """The events of a monitor, oldest first."""
        shown = select(notes.c.kind, notes.c.key, notes.c.body, notes.c.at)
        query = shown.where(notes.c.monitor == monitor).order_by(notes.c.id)
        if kind is not None:
            query = query.where(notes.c.kind == kind)
        return self._listed(query)

    def monitors(self) -> list[str]:
        """Every monitor with at least one judgement, by name."""
        query = select(windows.c.monitor).distinct().order_by(windows.c.monitor)
        names = self._database.read(lambda c: c.scalars(query).all())
        return list(names)

    def verify(self) -> list[str]:
        """What contradicts itself, by the database's own checks and by ours."""
        return self._database.read(contradictions)

    @contextmanager
    def salvaged(self) -> Iterator[tuple[Ledger, list[str]]]:
        """What can be read of a damaged file; a server mends its own."""
        file = self._database.place.file
        if file is None:
            yield self, []
            return
        from driftline.adapters.ledgers._salvage import salvaged

        self.close()
        with salvaged(file) as (place, lost):
            ledger = SqlLedger(Database(place), self._lease_for)
            try:
                yield ledger, lost
            finally:
                ledger.close()

    def _listed(self, query: Any) -> list[dict[str, Any]]:
        found = self._database.read(lambda c: c.execute(query).mappings().all())
        return [dict(row) for row in found]


def _busy(lease: Row[Any], ends: datetime) -> WindowBusy:
    return WindowBusy(
        f"{lease.monitor} {lease.window} is held by {lease.owner} until "
        f"{ends.isoformat(timespec='seconds')}; it alone will record the verdict"
    )


def _added(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Whether the row is new; where its key was there already, nothing is written."""
    dialect = connection.dialect.name
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement: Any = make(table).values(values).on_conflict_do_nothing()
    return (
        connection.execute(statement.returning(*table.primary_key)).first() is not None
    )


def _put_out(
    connection: Connection, monitor: str, actions: Iterable[Action], now: datetime
) -> None:
    for action in actions:
        _added(connection, outbox, rows.action_values(monitor, action, now))


def _holds(lease: Lease) -> ColumnElement[bool]:
    return and_(
        leases.c.monitor == lease.monitor,
        leases.c.window == lease.window,
        leases.c.owner == lease.owner,
        leases.c.fence == lease.fence,
    )


def _check_fence(connection: Connection, lease: Lease) -> None:
    """The lease is ours until this transaction ends, or `LeaseLost`."""
    held = select(leases.c.fence).where(_holds(lease)).with_for_update()
    if connection.execute(held).first() is None:
        raise LeaseLost(
            f"the lease on {lease.monitor} {lease.window} passed to another worker "
            f"while {lease.owner} was at it; this one wrote nothing"
        )


def _settled(connection: Connection, judgement: Judgement, now: datetime) -> Judgement:
    """What is to be written, given what other monitors have open or judged late.

    Until this transaction ends nobody else settles: SQLite has one writer, and
    PostgreSQL is given a lock for it.
    """
    if judgement.settle is None:
        return judgement
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SETTLING)))
    since = (now - LONGEST).isoformat()
    late = and_(incidents.c.cause == Cause.LATE.value, incidents.c.resolved >= since)
    others = select(incidents).where(
        or_(incidents.c.resolved == "", late),
        incidents.c.monitor != judgement.key.monitor,
    )
    others = others.order_by(incidents.c.opened, incidents.c.key)
    return judgement.settle(_incidents(connection, others))


def _found(connection: Connection, key: WindowKey) -> LedgerEntry | None:
    entries = _entries(connection, select(windows).where(rows.has_key(key)))
    return entries[0] if entries else None


def _entries(connection: Connection, query: Any) -> list[LedgerEntry]:
    """The entries that a query of windows finds, in its order, with their findings."""
    found = connection.execute(query).all()
    of_window: dict[int, list[Finding]] = defaultdict(list)
    for row in connection.execute(findings_of([row.id for row in found], None)):
        of_window[row.window_id].append(rows.finding_of(row))
    return [rows.entry_of(row, of_window[row.id]) for row in found]


def _incidents(connection: Connection, query: Any) -> list[Incident]:
    return [rows.incident_of(row) for row in connection.execute(query)]


def _write_judgement(
    connection: Connection, judgement: Judgement, now: datetime
) -> None:
    key = judgement.key
    so_far = select(func.max(windows.c.revision))
    of_window = so_far.where(rows.has_window(key.monitor, key.window))
    revision = (connection.scalar(of_window) or 0) + 1
    values = rows.window_values(judgement, revision, now)
    made = insert(windows).values(values).returning(windows.c.id)
    window_id = connection.execute(made).scalar_one()
    if judgement.findings:
        numbered = enumerate(judgement.findings)
        values_of = [rows.finding_values(window_id, n, f) for n, f in numbered]
        connection.execute(insert(findings), values_of)
    if judgement.profile is not None:
        body = judgement.profile.to_json()
        connection.execute(insert(profiles).values(window_id=window_id, body=body))


def _keep_incident(connection: Connection, incident: Incident) -> None:
    """Write the incident, unless a later window changed it in the meantime."""
    values = rows.incident_values(incident)
    where = incidents.c.key == incident.key
    stored = select(incidents.c.last_window).where(where).with_for_update()
    last_window = connection.scalar(stored)
    if last_window is None:
        connection.execute(insert(incidents).values(values))
    elif last_window <= incident.last_window:
        connection.execute(update(incidents).where(where).values(values))


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Pending, due, claimed by nobody, and nothing before it in its lane.

    What a clock wrote that was far ahead is taken for a mistake, and not waited for.
    """
    earlier = outbox.alias()
    waits = exists().where(
        outbox.c.lane != "",
        earlier.c.lane == outbox.c.lane,
        earlier.c.state == "pending",
        earlier.c.id < outbox.c.id,
        or_(earlier.c.due_at <= now, earlier.c.attempts > 0),
    )
    due, claimed = outbox.c.due_at, outbox.c.claimed_until
    strayed = and_(outbox.c.attempts > 0, due > now + LONGEST_PAUSE + STRAY)
    return and_(
        outbox.c.state == "pending",
        or_(due <= now, outbox.c.created_at > now + STRAY, strayed),
        or_(claimed.is_(None), claimed <= now, claimed > now + CLAIM + STRAY),
        ~waits,
    )
