"""A SQLite ledger whose bytes were overwritten or cut off gives what can still be read."""

import re
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftline.app.export import exported
from driftline.errors import LedgerDamaged
from driftline.ports import Ledger
from tests.contract.judgements import (
    DAY,
    NOW,
    incident,
    judgement,
    notify,
    recorded,
    sql_ledger,
)

DAYS = 60
PAGE = 4096


def opened(file: Path) -> Ledger:
    return sql_ledger(f"sqlite:///{file}")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty days with findings, profiles, incidents, actions and notes, in one file."""
    file = tmp_path_factory.mktemp("sound") / "ledger.db"
    ledger = opened(file)
    for number in range(DAYS):
        day = DAY + timedelta(days=number)
        opened_then = incident(day.isoformat(), resolved=day.isoformat())
        actions = (notify(f"n{number}"),)
        made = judgement(day=day, incidents=(opened_then,), actions=actions)
        recorded(ledger, made)
        ledger.note("flights", "kind", str(number), {"text": "x" * 200}, NOW)
    ledger.close()
    return file


@pytest.fixture(scope="module")
def whole(sound: Path) -> list[dict[str, Any]]:
    """What the sound file gives."""
    return told(opened(sound))


@pytest.fixture
def damaged(sound: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    file = tmp_path / "ledger.db"
    file.write_bytes(sound.read_bytes())
    return file


def told(ledger: Ledger) -> list[dict[str, Any]]:
    try:
        return list(exported(ledger, "flights"))
    finally:
        ledger.close()


def overwrite(file: Path, page: int, junk: bytes) -> None:
    """One page of the file is something else."""
    raw = bytearray(file.read_bytes())
    raw[page * PAGE : page * PAGE + len(junk)] = junk
    file.write_bytes(raw)


def leaf_of(file: Path, table: str, page: int) -> int:
    """A page of the table, counted from its first, as a number from 0 in the file."""
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'"
        try:
            found = connection.execute(query, (table,)).fetchall()
        except sqlite3.OperationalError:
            # `dbstat` is compiled in where the builder chose so; CI's SQLite has it.
            pytest.skip("this SQLite does not say where its tables lie")
    return int(found[page][0]) - 1


def kinds(things: list[dict[str, Any]]) -> Counter[str]:
    return Counter(thing["type"] for thing in things)


def salvaged(file: Path) -> tuple[list[dict[str, Any]], list[str]]:
    ledger = opened(file)
    with ledger.salvaged() as (readable, lost):
        return list(exported(readable, "flights")), lost


def test_a_sound_file_is_given_whole(damaged, whole):
    """Nothing is lost, and every value is as it was."""
    assert salvaged(damaged) == (whole, [])


def test_what_its_log_alone_has_is_given_too(tmp_path):
    """A process that was killed leaves rows in the log; the files are not touched."""
    ledger = opened(tmp_path / "ledger.db")
    recorded(ledger, judgement())
    for name in ("ledger.db", "ledger.db-wal"):
        (tmp_path / f"killed-{name}").write_bytes((tmp_path / name).read_bytes())
    ledger.close()
    left = tmp_path / "killed-ledger.db"
    log = left.with_name(f"{left.name}-wal")
    before = left.read_bytes(), log.read_bytes()
    things, lost = salvaged(left)
    assert (kinds(things)["verdict"], lost) == (1, [])
    assert (left.read_bytes(), log.read_bytes()) == before


@pytest.mark.parametrize("junk", [b"\xff" * PAGE, b"\0" * PAGE, b"junk" * 1024])
def test_a_page_of_findings_costs_its_findings_alone(damaged, whole, junk):
    """Every verdict is there, those of other pages whole; the rest says how many are lost."""
    overwrite(damaged, leaf_of(damaged, "driftline_findings", 2), junk)
    before = damaged.read_bytes()
    with pytest.raises(LedgerDamaged):
        told(opened(damaged))
    things, [lost, *_] = salvaged(damaged)
    assert kinds(things) == kinds(whole)
    same = sum(thing in whole for thing in things)
    assert len(whole) - 30 < same < len(whole)
    assert re.fullmatch(r"up to \d\d? findings", lost)
    assert damaged.read_bytes() == before


def test_a_file_cut_short_gives_the_pages_that_are_left(damaged, whole):
    """A disk that was full when a backup was made: a part of each table, nothing made up."""
    raw = damaged.read_bytes()
    damaged.write_bytes(raw[: len(raw) * 4 // 5])
    with pytest.raises(LedgerDamaged):
        told(opened(damaged))
    things, lost = salvaged(damaged)
    assert 0 < len(things) < len(whole)
    assert lost
    assert all(thing in whole for thing in things if thing["type"] != "verdict")
    assert damaged.read_bytes() == raw[: len(raw) * 4 // 5]


@pytest.mark.parametrize(
    ("damage", "lost"),
    [
        ("UPDATE driftline_profiles SET body = '{}' WHERE rowid = 3", "profile"),
        ("UPDATE driftline_profiles SET body = '[7]' WHERE rowid = 3", "profile"),
        ("UPDATE driftline_windows SET ends = starts WHERE id = 3", "window"),
        ("UPDATE driftline_incidents SET cause = 'x' WHERE rowid = 3", "incident"),
        ("UPDATE driftline_outbox SET payload = 'null' WHERE id = 3", ""),
    ],
)
def test_a_row_that_makes_no_sense_is_left_out(damaged, damage, lost):
    """It can be read, and be decoded up to the point where nothing is what it should be."""
    with closing(sqlite3.connect(damaged)) as connection:
        connection.execute(damage)
        connection.commit()
    things, said = salvaged(damaged)
    assert len(things) > 3 * DAYS
    assert any(lost in each for each in said) or not lost


def test_without_its_first_page_nothing_is_found(damaged):
    """The header is whole, so it is a database; where its tables lie is not known any more."""
    raw = damaged.read_bytes()
    damaged.write_bytes(raw[:100] + b"\xff" * (PAGE - 100) + raw[PAGE:])
    assert salvaged(damaged) == (
        [],
        [
            "anything: the file's first page, which says where its tables are, is damaged"
        ],
    )


def test_a_row_number_that_is_damaged_too_is_not_counted_up_to(damaged):
    """The last rows are numbered by junk, and the page before them cannot be read."""
    columns = "monitor, kind, key, body, at"
    with closing(sqlite3.connect(damaged)) as connection:
        connection.executemany(
            f"INSERT INTO driftline_notes (id, {columns}) SELECT (1 << 60) + key, monitor, "
            "kind, 'far' || key, json_object('text', hex(zeroblob(600))), at "
            "FROM driftline_notes WHERE key = ?",
            [(str(number),) for number in range(5)],
        )
        connection.commit()
    overwrite(damaged, leaf_of(damaged, "driftline_notes", -2), b"\xff" * PAGE)
    things, [lost, *_] = salvaged(damaged)
    assert any(str(thing.get("key")).startswith("far") for thing in things)
    assert kinds(things)["note"] > DAYS // 2
    assert lost.startswith("up to ")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_overwritten_no_row_is_made_up(damaged, sound, whole, data):
    """Any bytes anywhere behind the first page: what is read is well formed, or left out."""
    raw = bytearray(sound.read_bytes())
    at = data.draw(st.integers(PAGE, len(raw) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=3 * PAGE))[: len(raw) - at]
    raw[at : at + len(junk)] = junk
    damaged.write_bytes(raw)
    things, lost = salvaged(damaged)
    assert len(things) <= len(whole)
    assert lost or len(things) == len(whole)
    assert damaged.read_bytes() == bytes(raw)
