"""What commands that look back print of a ledger."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from driftline import wiring
from driftline.app import export
from driftline.cli import history
from driftline.core.drill.links import NOTE
from driftline.testing import MemoryLedger
from tests.cli.conftest import Command
from tests.contract.judgements import incident, judgement, recorded


def test_dates_are_those_of_the_monitors_clock(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In New York it is still Saturday when an incident opens and a drill is held."""
    night = datetime(2026, 3, 1, 3, tzinfo=UTC)
    ledger = MemoryLedger()
    recorded(ledger, judgement(incidents=(incident(night.isoformat()),)))
    body = {"passed": True, "outcome": "proved"}
    ledger.note("flights", NOTE, night.isoformat(), body, night)

    history._print_status(history._status(ledger, "flights", 14))

    said = capsys.readouterr().out
    assert "open since 2026-02-28: data: delay" in said
    assert "drilled on 2026-02-28: proved" in said


def test_every_verdict_is_exported_while_another_worker_writes(
    watched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each revision on its line, whole; then incidents, notes and actions."""
    monkeypatch.setattr(export, "AT_ONCE", 2)
    for words in (["--day", "2026-03-20"], ["--day", "2026-03-10", "--force"]):
        watched("run", *words)
    watched("ack", "orders")
    with wiring.open_ledger("orders", root=tmp_path) as ledger:
        ledger.acquire("orders", "2026-03-21", "worker-2", wiring.now())
        known = ledger.judgements("orders")
        kept = ledger.incidents("orders"), ledger.notes("orders"), ledger.actions()
        profile = ledger.profile(known[0])
    with closing(sqlite3.connect(tmp_path / ".driftline/ledger.db")) as other:
        other.execute("BEGIN IMMEDIATE")

        said = watched("export")

    lines = [json.loads(line) for line in said.out.splitlines()]
    verdicts = of_type(lines, "verdict")
    assert (said.code, said.err) == (0, "")
    assert [(v["window"]["label"], v["revision"]) for v in verdicts] == [
        ("2026-03-10", 1),
        ("2026-03-20", 1),
        ("2026-03-10", 2),
    ]
    assert [v["findings"] for v in verdicts] == [
        [f.to_json() for f in entry.findings] for entry in known
    ]
    assert [v["record"] for v in verdicts] == [entry.record for entry in known]
    assert profile is not None
    assert verdicts[0]["profile"] == profile.to_json()
    others = [of_type(lines, name) for name in ("incident", "note", "action")]
    assert [len(each) for each in others] == [len(each) for each in kept]
    assert all(others)


def test_a_damaged_ledger_is_exported_as_far_as_it_can_be_read(
    watched: Command, tmp_path: Path
) -> None:
    """Each thing once, in one line on the other stream what is gone, exit code 2."""
    sound = watched("export").out.splitlines()
    file = tmp_path / ".driftline/ledger.db"
    with closing(sqlite3.connect(file)) as other:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'driftline_profiles'"
        [page] = other.execute(query).fetchone()
    raw = bytearray(file.read_bytes())
    raw[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(raw)

    said = watched("export")

    lines = said.out.splitlines()
    assert said.code == 2
    assert len(lines) == len(sound)
    assert [json.loads(line) for line in lines if line not in sound] == [
        json.loads(line) | {"profile": None} for line in sound if '"profile": {' in line
    ]
    [word] = said.err.splitlines()
    assert "is damaged" in word
    assert "Not to be read: all profiles, perhaps rows" in word
    assert file.read_bytes() == bytes(raw)


def test_a_profile_without_sense_costs_no_other_row(
    watched: Command, tmp_path: Path
) -> None:
    """It is JSON, and no profile: what is told is the ledger's fault, not the reference's."""
    sound = watched("export").out.splitlines()
    with closing(sqlite3.connect(tmp_path / ".driftline/ledger.db")) as other:
        other.execute("UPDATE driftline_profiles SET body = '{}'")
        other.commit()

    said = watched("export")

    assert said.code == 2
    assert len(said.out.splitlines()) == len(sound)
    assert "a row of driftline_profiles that makes no sense" in said.err
    assert "Not to be read: all profiles" in said.err


@pytest.mark.parametrize(
    "asked", ["export", "status", "findings", "run --day 2026-03-11"]
)
def test_whoever_reads_a_row_without_sense_names_it(
    watched: Command, tmp_path: Path, asked: str
) -> None:
    """One line says which row it is and what to do, whatever was asked of the ledger."""
    with closing(sqlite3.connect(tmp_path / ".driftline/ledger.db")) as other:
        other.execute("UPDATE driftline_findings SET topic = 'x' WHERE position = 1")
        other.commit()

    said = watched(*asked.split())

    assert said.code == 2
    word = said.err.splitlines()[-1]
    assert "driftline_findings that makes no sense" in word
    assert "window_id 1, position 1 ('x' is not a valid Topic)" in word
    assert "restore a backup" in word
    assert "Traceback" not in said.err


def of_type(lines: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The lines of one type."""
    return [line for line in lines if line["type"] == name]
