"""What contradicts itself in a ledger, asked of the database and of what we wrote."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from driftline.adapters.ledgers._tables import incidents, outbox, windows
from driftline.core.incidents.incident import Cause

STATES = ("pending", "done", "failed")
"""What an action of the outbox can be."""

SHOWN = 5
"""Pages or rows that SQLite's own checks name."""


def contradictions(connection: Connection) -> list[str]:
    """One sentence for each; none where everything holds."""
    checks = (_of_the_file, _of_revisions, _of_threads, _of_actions)
    return [said for check in checks for said in check(connection)]


def _of_the_file(connection: Connection) -> Iterator[str]:
    """SQLite's pages, and rows that refer to nothing; PostgreSQL sees to both itself."""
    if connection.dialect.name != "sqlite":
        return
    for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({SHOWN})"):
        if said != "ok":
            yield f"SQLite finds its file damaged: {said}"
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(SHOWN)
    for table, row, parent, _ in lost:
        yield f"row {row} of {table} belongs to a row of {parent} that is not there"


def _of_revisions(connection: Connection) -> Iterator[str]:
    """A window's revisions are numbered from 1 without a gap."""
    of_window = (windows.c.monitor, windows.c.starts, windows.c.ends)
    counted, last = func.count(), func.max(windows.c.revision)
    query = select(windows.c.monitor, windows.c.starts, counted, last)
    odd = query.group_by(*of_window).having(counted != last)
    for monitor, starts, number, revision in connection.execute(odd):
        yield (
            f"{monitor} {starts:%Y-%m-%d %H:%M} UTC has {number} judgements and "
            f"revision {revision}"
        )


def _of_threads(connection: Connection) -> Iterator[str]:
    """An incident in another one's thread has that other one.

    But for what was late: that begins with a message that verdicts are missing.
    """
    first = incidents.alias()
    query = select(incidents.c.key, incidents.c.thread).where(
        incidents.c.thread != "",
        incidents.c.cause != Cause.LATE.value,
        incidents.c.thread.not_in(select(first.c.key)),
    )
    for key, thread in connection.execute(query):
        yield f"incident {key} is in the thread of {thread}, which is not there"


def _of_actions(connection: Connection) -> Iterator[str]:
    """An action is waiting, done or given up, and done with a time."""
    done = (outbox.c.state == "done") & outbox.c.finished_at.is_(None)
    query = select(outbox.c.key, outbox.c.state).where(
        outbox.c.state.not_in(STATES) | done
    )
    for key, state in connection.execute(query):
        yield f"action {key} is {state}, which it cannot be"
