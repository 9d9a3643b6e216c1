"""The ledger's file is locked, full or read-only: a row of the matrix each."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from driftline.adapters.ledgers import _database
from driftline.errors import LedgerRefused, LedgerUnavailable
from tests.app.world import World
from tests.faults.parts import (
    days_with,
    facts,
    judge,
    sql_ledger,
)


def test_the_undisturbed_days_act(undisturbed) -> None:
    """Else the other tests would compare nothing."""
    _, messages, runs = undisturbed
    assert messages > 1
    assert runs == 1


def limited(ledger, pragma: str) -> Callable[[], None]:
    """From now on connections have the limit; returns what lifts it."""
    engine = ledger._database._opened()

    def limit(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA {pragma}".format(pages=pages))

    sa.event.listen(engine, "connect", limit)
    engine.dispose()

    def lift() -> None:
        sa.event.remove(engine, "connect", limit)
        engine.dispose()

    return lift


@pytest.mark.parametrize(
    ("pragma", "error", "words"),
    [
        ("max_page_count={pages}", LedgerUnavailable, "has a full disk; nothing was"),
        ("query_only=ON", LedgerRefused, "cannot be written to; give this user"),
    ],
)
def test_a_full_or_read_only_disk_loses_nothing(
    tmp_path: Path, undisturbed, pragma, error, words
) -> None:
    """SQLite's refusal is said in words, nothing is half written, the day is made up for."""
    ledger = sql_ledger(tmp_path)

    def disturb(world: World) -> None:
        before = facts(ledger)
        lifts: list[Callable[[], None]] = []
        with pytest.raises(error, match=words):
            judge(world, 3, "record", lambda: lifts.append(limited(ledger, pragma)))
        lifts[0]()
        assert facts(ledger) == before

    assert days_with(ledger, disturb) == undisturbed


def test_a_locked_ledger_is_waited_for_and_then_said_so(
    tmp_path: Path, undisturbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the file: nothing was written, a retry can help, and does."""
    monkeypatch.setattr(_database, "WAIT_S", 0.2)
    ledger = sql_ledger(tmp_path)

    def disturb(world: World) -> None:
        before = facts(ledger)
        with closing(
            sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        ) as other:
            lock = partial(other.execute, "BEGIN IMMEDIATE")
            with pytest.raises(LedgerUnavailable, match="locked by another") as caught:
                judge(world, 3, "record", lock)
        assert caught.value.retryable
        assert facts(ledger) == before

    assert days_with(ledger, disturb) == undisturbed
