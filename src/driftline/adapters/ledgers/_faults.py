"""What a database's errors mean for whoever runs Driftline."""

import os
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from driftline.adapters.ledgers._place import Place
from driftline.errors import (
    DriftlineError,
    LedgerDamaged,
    LedgerRefused,
    LedgerUnavailable,
)

WAIT_S = 30
"""How long a transaction waits for another one's lock."""

CANCELLED = "57014"
"""What PostgreSQL says of a statement that took too long."""

READ_ONLY = (
    "cannot be written to; give this user the right to write the file and folder, and "
    "see that their file system is not read-only"
)
TOO_LONG = (
    f"took longer than its deadline ({CANCELLED}); nothing was written. Is the server "
    "overloaded? Run again, or raise `deadline_s`."
)
DAMAGED = (
    "is damaged ({error}). Nothing was written. Copy the file and its -wal before "
    "anything else, then restore a backup; `driftline export` prints what can be read."
)
SENSELESS = (
    "{place} has {what}. Nothing was written. Copy the database before anything else, then "
    "restore a backup, or mend what is there by hand{export}."
)
NO_ROOM = "has a full disk; nothing was written. Free space and run again."


class Senseless(Exception):
    """A row can be read and nothing can be made of it; says which, and why."""


def senseless(error: Exception, place: Place) -> LedgerDamaged:
    """What it means that a row, or a value of one, makes no sense."""
    named = isinstance(error, Senseless)
    what = str(error) if named else f"a value that cannot be decoded ({error})"
    of_a_file = "; `driftline export` prints the others" if place.file else ""
    return LedgerDamaged(SENSELESS.format(place=place, what=what, export=of_a_file))


def writable(place: Place) -> bool:
    """Whether this user, and the file system, let the ledger's file be written."""
    file = place.file
    if file is None or not file.exists():
        return True
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


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
    if not writable(place):
        return LedgerRefused(f"{place} {READ_ONLY}")
    for names, made, words in MEANINGS:
        if name.startswith(names):
            return made(f"{place} {words.format(name=name, error=error)}")
    if "decode to UTF-8" in str(error):
        return LedgerDamaged(f"{place} {DAMAGED.format(error='text is not UTF-8')}")
    return LedgerRefused(f"{place} is not as this version made it ({error})")


def for_a_person(words: str) -> LedgerUnavailable:
    """The ledger is not to be had until a person has done something."""
    return LedgerUnavailable(words, retryable=False)


MEANINGS: tuple[tuple[tuple[str, ...], Callable[[str], DriftlineError], str], ...] = (
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED"),
        LedgerUnavailable,
        f"was locked by another process for {WAIT_S} s; nothing was written",
    ),
    (
        ("SQLITE_NOTADB", "SQLITE_CORRUPT"),
        LedgerDamaged,
        DAMAGED,
    ),
    (("SQLITE_READONLY",), LedgerRefused, READ_ONLY),
    (("SQLITE_FULL",), for_a_person, NO_ROOM),
    (
        (
            *("SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHM", "SQLITE_IOERR_TRUNCATE"),
            *("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC"),
        ),
        for_a_person,
        "cannot be written to ({name}); nothing was. Is the disk full, a quota or a "
        "limit on the size of files reached, or the disk failing?",
    ),
    (
        ("SQLITE_IOERR", "SQLITE_CANTOPEN"),
        LedgerUnavailable,
        "cannot be read or written ({name})",
    ),
)
"""What errors whose names begin so mean; the first that fits."""


def _translated_postgres(error: Any, place: Place) -> DriftlineError:
    state = getattr(error, "sqlstate", None)
    if state is None:
        answer = str(error).partition("\n")[0][:300]
        return LedgerUnavailable(f"{place} did not answer: {answer}")
    if state == CANCELLED:
        return LedgerUnavailable(f"{place} {TOO_LONG}")
    if state == "53100":
        return for_a_person(f"{place} {NO_ROOM}")
    if state[:2] in ("08", "53", "57", "40", "55"):
        return LedgerUnavailable(
            f"{place} hung up or was locked for {WAIT_S} s ({state}); nothing was written"
        )
    return _refused(state, place)


def _refused(state: str, place: Place) -> DriftlineError:
    """What no later try mends."""
    if state[:2] in ("28", "3D"):
        return for_a_person(
            f"{place} refused the login ({state}): check user, password and database"
        )
    if state in ("25006", "42501"):
        return LedgerRefused(f"{place} cannot be written to by this user ({state})")
    return LedgerRefused(f"{place} is not as this version made it ({state})")
