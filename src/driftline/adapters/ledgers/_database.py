"""The database under the ledger: opened, checked and migrated when it is first used."""

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from driftline.adapters.ledgers._disk import require_local
from driftline.adapters.ledgers._faults import (
    READ_ONLY,
    WAIT_S,
    Senseless,
    senseless,
    translated,
    translated_sqlite,
    writable,
)
from driftline.adapters.ledgers._place import Place
from driftline.adapters.ledgers._tables import HEAD, VERSION_TABLE, plain_json
from driftline.errors import DependencyMissing, LedgerRefused

Result = TypeVar("Result")

APPLICATION_ID = 0x44726674
""""Drft" in the header of our SQLite files."""

WRITES, UNTIL = "driftline_writes", "driftline_until"
DEADLINE_S = 60.0
UPGRADE_S = 600.0
"""Migrating may rewrite the tables of years."""

SHARE = 0.9
"""Of the time that is left, what the server is told: it gives up first, if it lives."""

PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How soon libpq gives a server up that cannot be reached any more; a URL may say more."""

MIGRATION_LOCK = 0x44726674_4C656467


class Database:
    """Runs work in transactions, on tables that are known to be ours and current."""

    def __init__(self, place: Place, deadline_s: float = DEADLINE_S) -> None:
        self.place = place
        self._deadline_s = deadline_s
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """What the work returns, over one consistent state."""
        try:
            return self._run(work, writes=False)
        except (ValueError, TypeError) as error:  # of JSON, or of a time
            raise senseless(error, self.place) from error

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """What the work returns, once everything that it wrote is durable.

        The work runs once more when the server hung up in its middle and time is left,
        so it must be one that finds what it already did.
        """
        return self._run(work, writes=True)

    def close(self) -> None:
        """Give the connections back; the next call opens the database again."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _run(self, work: Callable[[Connection], Result], *, writes: bool) -> Result:
        try:
            engine = self._opened()
            until = monotonic() + self._deadline_s
            engine = engine.execution_options(**{WRITES: writes, UNTIL: until})
            try:
                return _transact(engine, work)
            except DBAPIError as error:
                if not error.connection_invalidated or monotonic() > until:
                    raise
                return _transact(engine, work)
        except SQLAlchemyError as error:
            raise translated(error, self.place) from error
        except Senseless as error:
            raise senseless(error, self.place) from error

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                engine = _engine(self.place, self._deadline_s)
                if self.place.file is not None:
                    _prepare_file(self.place, self.place.file)
                _bring_up_to_date(engine, self.place)
                self._engine = engine
            return self._engine


def _transact(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    with engine.begin() as connection:
        return work(connection)


def _engine(place: Place, deadline_s: float = DEADLINE_S) -> Engine:
    """Parameters stay out of errors: they are the users' data."""
    if place.file is None:
        return _postgres_engine(place, deadline_s)
    engine = sa.create_engine(
        place.url,
        json_serializer=plain_json,
        hide_parameters=True,
        connect_args={"timeout": WAIT_S},
    )
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    """`synchronous=FULL`: a message sent must not be forgotten when the power fails."""
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer locks at once: a reader that turns writer fails whatever it waits."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_engine(place: Place, deadline_s: float) -> Engine:
    try:
        from driftline.adapters.ledgers._patience import Patient

        engine = sa.create_engine(
            place.url,
            json_serializer=plain_json,
            hide_parameters=True,
            connect_args={n: place.url.query.get(n, s) for n, s in PATIENCE.items()},
        )
    except ImportError as error:
        raise DependencyMissing(
            "a ledger in PostgreSQL needs psycopg; install driftline[postgres]"
        ) from error

    def connect(_: Any, __: Any, given: list[Any], named: dict[str, Any]) -> Patient:
        made = Patient.connect(*given, **named)
        made.until = monotonic() + deadline_s
        return made

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _begin_postgres(connection: Connection) -> None:
    """Who waits for a lock, or computes for too long, is told so by the server."""
    options = connection.get_execution_options()
    if UNTIL in options:
        connection.connection.dbapi_connection.until = options[UNTIL]  # type: ignore[union-attr]  # psycopg's
    if options.get(WRITES):
        left_ms = max(1, int((options[UNTIL] - monotonic()) * 1000 * SHARE))
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{WAIT_S}s', true), "
            f"set_config('statement_timeout', '{left_ms}ms', true)"
        )


def _prepare_file(place: Place, file: Path) -> None:
    """The file is there and ours, or `LedgerRefused`."""
    require_local(place, file)
    if not file.exists():
        _create_file(place, file)
    if file.is_dir():
        raise LedgerRefused(f"{place} is a folder; name a file in it")
    if not writable(place):
        raise LedgerRefused(f"{place} {READ_ONLY}")
    if _application_id(place, file) != APPLICATION_ID:
        raise LedgerRefused(
            f"{place} is an SQLite database of another program; give the ledger a "
            "file of its own"
        )


def _application_id(place: Place, file: Path) -> int:
    """Which program's database it is, asked through SQLite.

    Opening the file oneself would be a trap: closing it again takes away the locks of
    every connection that this process has to it, and another process that then thinks
    itself alone removes the log under them.
    """
    try:
        if file.stat().st_size == 0:
            raise LedgerRefused(
                f"{place} is an empty file: it was cut short, or something else made it. "
                "Restore it from a backup, or move it away to begin a new history."
            )
        address = f"{file.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(address, timeout=WAIT_S, uri=True)) as connection:
            [found] = connection.execute("PRAGMA application_id").fetchone()
            return int(found)
    except OSError as error:
        raise LedgerRefused(
            f"{place} cannot be read: {error.strerror}. Name a file that this user may "
            "read and write."
        ) from error
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname != "SQLITE_NOTADB":
            raise translated_sqlite(error, place) from error
        raise LedgerRefused(
            f"{place} is not an SQLite database, or its first page is destroyed: nothing "
            "can be read of its history. Nothing was written. Move the file and its -wal "
            "away, then restore a backup; without one, the next run begins a new history, "
            "which knows no earlier verdict, open incident or silence."
        ) from error


def _create_file(place: Place, file: Path) -> None:
    """A complete ledger appears under its name at once, whoever else makes one too."""
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and not file.exists():  # the log of a new ledger comes after it
        raise LedgerRefused(
            f"{place} is missing but its log {log.name!r} is there: restore the "
            "database beside it, or move the log away to begin a new history"
        )
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_draft(place, draft)
            _publish(draft, file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise LedgerRefused(
            f"{place} cannot be created: {error.strerror}: {error.filename}. Name a "
            "folder that can be written to."
        ) from error


def _write_draft(place: Place, draft: Path) -> None:
    engine = _engine(Place(place.url.set(database=str(draft)), draft))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        _bring_up_to_date(engine, place)
    finally:
        engine.dispose()


def _publish(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)
    except FileExistsError:
        return  # another process was first, and its ledger is as good
    except OSError:  # a file system without links
        if not file.exists():
            draft.rename(file)


def _bring_up_to_date(engine: Engine, place: Place) -> None:
    """The tables are at `HEAD`. Migrating locks the database; being current does not."""
    if _version(engine) == HEAD:
        return
    from driftline.adapters.ledgers import _upgrade

    chosen = {WRITES: True, UNTIL: monotonic() + UPGRADE_S}
    with engine.execution_options(**chosen).begin() as connection:
        if engine.dialect.name == "postgresql":
            lock = sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)
            connection.execute(sa.select(lock))
        found = _read_version(connection)
        if found and not _upgrade.known(found):
            raise LedgerRefused(
                f"{place} has schema {found!r} and this Driftline knows none newer "
                f"than {HEAD!r}: install the version that wrote it"
            )
        if found != HEAD:
            _upgrade.upgrade(connection)


def _version(engine: Engine) -> str:
    with engine.begin() as connection:
        return _read_version(connection)


def _read_version(connection: Connection) -> str:
    """The schema's revision; empty where there are no tables yet."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return ""
    version = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - ours  # nosec B608
    return connection.scalar(version) or ""
