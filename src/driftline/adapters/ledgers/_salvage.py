"""What can still be read of a damaged SQLite file, in a sound one made for it.

Tables are read in the order of their row numbers, from both ends up to where a page is
damaged, and between these row by row. What comes out is taken for a row only if it can
be decoded.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from sqlalchemy import URL, Table
from sqlalchemy.dialects import sqlite

from driftline.adapters.ledgers import _rows as rows
from driftline.adapters.ledgers._database import Database
from driftline.adapters.ledgers._faults import Senseless
from driftline.adapters.ledgers._place import Place
from driftline.adapters.ledgers._tables import (
    findings,
    incidents,
    notes,
    outbox,
    profiles,
    windows,
)
from driftline.core.wording import how_many

PROBED = 20_000
"""Row numbers that are tried behind a damaged page where the end is damaged too."""

MOST_BETWEEN = 200_000
"""Row numbers that are tried between two readable ones: what is farther off is junk."""

SENSELESS = (
    sqlite3.Error,
    Senseless,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
)
"""What is raised where bytes make no row, or a row makes no sense."""

NOT_THERE = "the table is not in the file's schema"
NOTHING = "anything: the file's first page, which says where its tables are, is damaged"
UNMENTIONED = "perhaps rows that its damaged pages do not mention any more"
"""A page may have lost rows without being one that cannot be read."""

DIALECT = sqlite.dialect()
"""By which values are decoded."""

CHECKS: dict[Table, Callable[[Any], Any]] = {
    windows: lambda row: rows.entry_of(row, ()),
    findings: lambda row: rows.finding_of(row),
    profiles: lambda row: rows.profile_of(row),
    incidents: lambda row: rows.incident_of(row),
    notes: lambda row: row.at.isoformat(),
    outbox: lambda row: rows.outbox_row_of(row, ""),
}
"""What a history is made of, each with what makes a value of a row."""


@contextmanager
def salvaged(file: Path) -> Iterator[tuple[Place, list[str]]]:
    """A sound ledger for as long as the block lasts, and in words what is not in it.

    It is made of a copy: to open a database may write to it, by what its log holds.
    """
    with TemporaryDirectory(prefix="driftline-") as folder:
        copy, sound = Path(folder) / "copy.db", Path(folder) / "sound.db"
        for name in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{file}{name}", f"{copy}{name}")
        place = Place(URL.create("sqlite", database=str(sound)), sound)
        database = Database(place)
        database.read(lambda connection: None)
        database.close()
        yield place, _moved(copy, sound)


def _moved(copy: Path, sound: Path) -> list[str]:
    """Whatever can be read is in the sound file; what cannot is said of each table."""
    with closing(sqlite3.connect(copy)) as source, closing(_opened(sound)) as target:
        source.execute(
            "PRAGMA writable_schema=ON"
        )  # else no page of a cut file is read
        source.text_factory = bytes
        lost = [_move(source, target, table) for table in CHECKS]
        target.commit()
        if all(NOT_THERE in said for said in lost):
            return [NOTHING]
        lost.append("" if _is_consistent(source) else UNMENTIONED)
    return [said for said in lost if said]


def _is_consistent(source: sqlite3.Connection) -> bool:
    """Whether SQLite finds nothing wrong with its pages, rows and indexes."""
    with suppress(sqlite3.Error):
        return source.execute("PRAGMA integrity_check(1)").fetchall() == [(b"ok",)]
    return False


def _opened(sound: Path) -> sqlite3.Connection:
    """Rows of windows that are lost have nothing to belong to, and are left out."""
    connection = sqlite3.connect(sound)
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _move(source: sqlite3.Connection, target: sqlite3.Connection, table: Table) -> str:
    failed: list[int] = []
    last = 0
    try:
        names = _columns(source, table)
        for number, values in _rows(source, _select(table, names), failed):
            try:
                _keep(target, table, names, values)
            except SENSELESS:
                failed.append(number)
            else:
                last = max(last, number)
    except sqlite3.Error as error:
        return f"all {_called(table)} ({error})"
    return _lost(_called(table), failed, last)


def _lost(name: str, failed: Sequence[int], last: int) -> str:
    """What is not to be read; empty where nothing is.

    A number between rows that are there may have been no row, and how many came behind
    the last one nobody can say.

    >>> _lost("findings", [3, 4, 8, 9], 7)
    'up to 2 findings and all behind number 7'
    """
    between = sum(number < last for number in failed)
    parts = [f"up to {how_many(between, name.removesuffix('s'))}"] if between else []
    if last == 0 and failed:
        return f"all {name}"
    if between < len(failed):
        parts.append(f"all behind number {last}")
    return " and ".join(parts)


def _columns(source: sqlite3.Connection, table: Table) -> list[str]:
    """The columns that the file has of those that are known: an old one lacks some."""
    there = source.execute(f"PRAGMA table_info({table.name})").fetchall()
    names = {name.decode(errors="replace") for _, name, *_ in there}
    if not names:
        raise sqlite3.DatabaseError(NOT_THERE)
    return [column.name for column in table.c if column.name in names]


def _select(table: Table, names: Sequence[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return f"SELECT rowid, {listed} FROM {table.name}"  # noqa: S608 - ours  # nosec B608


def _rows(
    source: sqlite3.Connection, select: str, failed: list[int]
) -> Iterator[tuple[int, list[Any]]]:
    """Every row that can be read, once, with its number; the others' numbers go to `failed`."""
    last = 0
    with suppress(sqlite3.DatabaseError):
        for last, *values in source.execute(f"{select} ORDER BY rowid"):
            yield last, values
        return
    first = last + PROBED
    with suppress(sqlite3.DatabaseError):
        behind = f"{select} WHERE rowid > {last} ORDER BY rowid DESC"
        for first, *values in source.execute(behind):
            yield first, values
    for number in range(last + 1, min(first, last + MOST_BETWEEN)):
        try:
            row = source.execute(f"{select} WHERE rowid = {number}").fetchone()
        except sqlite3.DatabaseError:
            failed.append(number)
        else:
            if row is not None:
                yield number, list(row[1:])


def _keep(
    target: sqlite3.Connection, table: Table, names: Sequence[str], values: list[Any]
) -> None:
    """The row is in the sound file, if it makes sense."""
    plain = [v.decode() if isinstance(v, bytes) else v for v in values]
    CHECKS[table](SimpleNamespace(**_decoded(table, names, plain)))
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    target.execute(
        f"INSERT INTO {table.name} ({listed}) VALUES ({marks})",  # noqa: S608 - ours  # nosec B608
        plain,
    )


def _decoded(
    table: Table, names: Sequence[str], values: Sequence[Any]
) -> dict[str, Any]:
    """The values as SQLAlchemy hands them over; what an old file lacks is empty."""
    known: dict[str, Any] = dict.fromkeys(table.c.keys(), "")
    known |= {name: None for name, column in table.c.items() if column.nullable}
    for name, value in zip(names, values, strict=True):
        kind = table.c[name].type.dialect_impl(DIALECT)
        decode = kind.result_processor(DIALECT, None)
        known[name] = decode(value) if decode else value
    return known


def _called(table: Table) -> str:
    return table.name.removeprefix("driftline_")
