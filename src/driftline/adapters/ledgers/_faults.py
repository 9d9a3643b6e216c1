"""What a database's errors mean for whoever runs Driftline."""

import sqlite3
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from driftline.adapters.ledgers._place import Place
from driftline.errors import DriftlineError, LedgerRefused, LedgerUnavailable

WAIT_S = 30
"""How long a transaction waits for another one's lock."""

CANCELLED = "57014"
"""What PostgreSQL says of a statement that took too long."""

READ_ONLY = (
    "cannot be written to; give this user the right to write the file and folder"
)


def translated(error: SQLAlchemyError, place: Place) -> DriftlineError:
    """What a vendor's error means for whoever runs Driftline."""
    if isinstance(error, IntegrityError):
        return LedgerUnavailable(
            f"{place}: another window of this monitor was recorded at the same moment; "
            "nothing was written. Run the window again."
        )
    original = getattr(error, "orig", None)
    if isinstance(original, sqlite3.Error):
        return translated_sqlite(original, place)
    return _translated_postgres(original, place)


def translated_sqlite(error: sqlite3.Error, place: Place) -> DriftlineError:
    """What one of SQLite's own errors means."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LedgerUnavailable(
            f"{place} was locked by another process for {WAIT_S} s; nothing was written"
        )
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return LedgerRefused(
            f"{place} is damaged ({error}). Nothing was written. Copy the file and its "
            "-wal before anything else, then restore a backup or try "
            "`sqlite3 FILE .recover`."
        )
    if name.startswith("SQLITE_READONLY"):
        return LedgerRefused(f"{place} {READ_ONLY}")
    if name.startswith("SQLITE_FULL"):
        return LedgerUnavailable(
            f"{place}: the disk is full; nothing was written. Free space and run again.",
            retryable=False,
        )
    if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")):
        return LedgerUnavailable(f"{place} cannot be read or written ({name})")
    return LedgerRefused(f"{place} is not as this version made it ({error})")


def _translated_postgres(error: Any, place: Place) -> DriftlineError:
    state = getattr(error, "sqlstate", None)
    if state is None:
        answer = str(error).partition("\n")[0][:300]
        return LedgerUnavailable(f"{place} did not answer: {answer}")
    if state == CANCELLED:
        return LedgerUnavailable(
            f"{place} took longer than its deadline ({state}); nothing was written. Is "
            "the server overloaded? Run again, or raise `deadline_s`."
        )
    if state[:2] in ("08", "53", "57", "40", "55"):
        return LedgerUnavailable(
            f"{place} hung up or was locked for {WAIT_S} s ({state}); nothing was written"
        )
    if state[:2] in ("28", "3D"):
        return LedgerUnavailable(
            f"{place} refused the login ({state}): check user, password and database",
            retryable=False,
        )
    if state in ("25006", "42501"):
        return LedgerRefused(f"{place} cannot be written to by this user ({state})")
    return LedgerRefused(f"{place} is not as this version made it ({state})")
