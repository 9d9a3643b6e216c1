"""A row that can be read and makes no sense is named, in SQLite as in PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from driftline.adapters.ledgers._place import place_of
from driftline.app.export import exported
from driftline.core.incidents.incident import Cause
from driftline.errors import LedgerDamaged
from driftline.ports import Ledger
from tests.contract.judgements import (
    NOW,
    incident,
    judgement,
    notify,
    recorded,
    sql_ledger,
)

HARMS: dict[str, tuple[str, str, Callable[[Ledger], Any]]] = {
    "a topic that is none": (
        "UPDATE driftline_findings SET topic = 'x' WHERE position = 1",
        "driftline_findings .* window_id 1, position 1 .*'x' is not a valid Topic",
        lambda ledger: ledger.history("flights"),
    ),
    "no evidence": (
        "UPDATE driftline_findings SET evidence = 'null'",
        "driftline_findings .* window_id 1, position 0",
        lambda ledger: ledger.judgements("flights"),
    ),
    "a window of no length": (
        "UPDATE driftline_windows SET ends = starts",
        "driftline_windows .* id 1 ",
        lambda ledger: ledger.history("flights"),
    ),
    "a zone that is none": (
        "UPDATE driftline_windows SET zone = 'x'",
        "driftline_windows .* id 1 ",
        lambda ledger: ledger.revisions("flights"),
    ),
    "an empty profile": (
        "UPDATE driftline_profiles SET body = '{}'",
        "driftline_profiles .* window_id 1 ",
        lambda ledger: list(exported(ledger, "flights")),
    ),
    "subjects that are none": (
        "UPDATE driftline_incidents SET subjects = '7'",
        "driftline_incidents .* key 'flights/data/2026-03-01'",
        lambda ledger: ledger.incident("flights", Cause.DATA),
    ),
    "an action of no kind": (
        "UPDATE driftline_outbox SET kind = 'x'",
        "driftline_outbox .* id 1 ",
        lambda ledger: ledger.claim_action("flights", "ann", NOW),
    ),
}


@pytest.mark.parametrize("harm", HARMS)
def test_who_reads_it_is_told_which_row_it_is(ledger_url: str, harm: str) -> None:
    """One error of the tree, with the row, why, and what to do."""
    statement, named, read = HARMS[harm]
    ledger = sql_ledger(ledger_url)
    made = judgement(incidents=(incident(),), actions=(notify("n1"),))
    recorded(ledger, made)
    ledger.close()
    _run(ledger_url, statement)
    with pytest.raises(LedgerDamaged, match=named) as told:
        read(ledger)
    assert "restore a backup" in str(told.value)
    ledger.close()


def test_a_row_without_sense_costs_nobody_else(ledger_url: str) -> None:
    """What is asked of other rows is answered as before."""
    ledger = sql_ledger(ledger_url)
    first = recorded(ledger, judgement(key={"monitor": "orders"}))
    recorded(ledger, judgement())
    _run(ledger_url, "UPDATE driftline_findings SET topic = 'x' WHERE window_id = 2")
    assert ledger.history("orders") == [first]
    with pytest.raises(LedgerDamaged):
        ledger.history("flights")
    ledger.close()


def test_text_that_is_no_json_is_said_so(tmp_path) -> None:
    """SQLite keeps any text; PostgreSQL takes none that is not JSON."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    ledger = sql_ledger(url)
    recorded(ledger, judgement())
    _run(url, "UPDATE driftline_windows SET record = '{'")
    with pytest.raises(LedgerDamaged, match="a value that cannot be decoded"):
        ledger.latest("flights", judgement().key.window)
    ledger.close()


def _run(url: str, statement: str) -> None:
    engine = sa.create_engine(place_of(url, "/").url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
