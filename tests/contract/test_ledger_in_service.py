"""A ledger keeps what was in service when the registry last answered, whole or not at all."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from driftline.adapters.ledgers._place import place_of
from driftline.core.model import ModelVersion
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.reference import WINDOW, Reference
from driftline.errors import LeaseLost, ReferenceCorrupt
from driftline.ports import InService, Ledger
from tests.contract.judgements import NOW, ODD, judgement, recorded, sql_ledger

LATER = NOW + timedelta(days=3)
"""When everything is recorded."""


def reference(rows: int = 3) -> Reference:
    days = {"2026-02-01": Profile(rows, {"delay": ColumnProfile(rows)}, "plan")}
    sample = pl.DataFrame({"delay": [1.0, None], WINDOW: ["2026-02-01"] * 2})
    return Reference(Plan({}), days, origin=ODD, sample=sample)


def known(version: str = "7", later: int = 0, rows: int = 3) -> InService:
    signature = {ODD: "double"}
    model = ModelVersion("late", version, "champion", signature, "http://x/7")
    return InService(model, reference(rows), NOW + timedelta(days=later))


def keep(
    ledger: Ledger, fingerprint: str, what: InService, now: datetime = LATER
) -> None:
    made = judgement(fingerprint, in_service=what)
    lease = ledger.acquire("flights", made.key.window.label, "ann", now)
    ledger.record(lease, made, now)


def test_nothing_is_known_before_it_is_kept(ledger: Ledger) -> None:
    """Nor where a window was judged without an answer of the registry."""
    assert ledger.in_service("flights") is None
    recorded(ledger, judgement())
    assert ledger.in_service("flights") is None


def test_it_comes_back_as_it_was_with_every_row(ledger: Ledger) -> None:
    """Version, signature, link, moment, counts and sampled rows; for its monitor alone."""
    keep(ledger, "f1", known())
    found = ledger.in_service("flights")
    assert found == known()
    assert found.reference.sample.equals(known().reference.sample)
    assert found.reference.digest == known().reference.digest
    assert ledger.in_service("other") is None


def test_what_was_named_last_is_kept(ledger: Ledger) -> None:
    """Also by a slow worker that asked earlier and records later."""
    keep(ledger, "f1", known("7"))
    keep(ledger, "f2", known("8", later=2, rows=4))
    keep(ledger, "f3", known("7", later=1))
    keep(ledger, "f4", known("9", later=1, rows=4))
    assert ledger.in_service("flights") == known("8", later=2, rows=4)
    keep(ledger, "f5", known("8", later=3, rows=4))
    assert ledger.in_service("flights").at == NOW + timedelta(days=3)


@pytest.mark.parametrize("rows", [3, 4])
def test_what_a_wrong_clock_dated_far_ahead_is_not_kept_for_years(ledger, rows):
    """Once the clock is right, the registry's next answer counts, with any reference."""
    ahead = known("6", later=2000)
    keep(ledger, "f1", ahead, ahead.at)
    keep(ledger, "f2", known("7", later=1, rows=rows))
    assert ledger.in_service("flights") == known("7", later=1, rows=rows)


def test_who_lost_the_lease_keeps_nothing(ledger: Ledger) -> None:
    """It is part of the judgement's transaction."""
    made = judgement(in_service=known())
    lease = ledger.acquire("flights", made.key.window.label, "ann", NOW)
    with pytest.raises(LeaseLost):
        ledger.record(replace(lease, fence=lease.fence + 1), made, NOW)
    assert ledger.in_service("flights") is None


def test_the_reference_is_written_only_when_it_changed(ledger_url: str) -> None:
    """A year of days is one row, and one write of its megabytes."""
    ledger = sql_ledger(ledger_url)
    keep(ledger, "f1", known())
    mark = "UPDATE driftline_in_service SET checksum = 'as it was'"
    run(ledger_url, mark)
    keep(ledger, "f2", known("8", later=1))
    select = "SELECT checksum FROM driftline_in_service"
    assert run(ledger_url, select) == [("as it was",)]
    keep(ledger, "f3", known("8", later=2, rows=4))
    assert run(ledger_url, select) != [("as it was",)]
    assert ledger.in_service("flights") == known("8", later=2, rows=4)


def test_damage_is_found_and_mended_by_the_next_judgement(ledger_url: str) -> None:
    """A byte that changed is never judged by, whoever changed it."""
    ledger = sql_ledger(ledger_url)
    keep(ledger, "f1", known())
    run(ledger_url, "UPDATE driftline_in_service SET checksum = 'another'")
    for _ in range(2):
        with pytest.raises(ReferenceCorrupt, match="of flights fails its checksum"):
            ledger.in_service("flights")
    keep(ledger, "f2", known(later=1))
    assert ledger.in_service("flights") == known(later=1)


def test_what_another_version_made_is_no_more_than_damaged(ledger_url: str) -> None:
    """A field that is unknown here, or is wanting, stops nobody's day."""
    ledger = sql_ledger(ledger_url)
    keep(ledger, "f1", known())
    run(ledger_url, "UPDATE driftline_in_service SET model = '{\"title\": 1}'")
    with pytest.raises(ReferenceCorrupt, match="not as this version made it"):
        ledger.in_service("flights")
    keep(ledger, "f2", known(later=1))
    assert ledger.in_service("flights") == known(later=1)


def run(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What a person does with the database, and what it answers."""
    engine = sa.create_engine(place_of(url, "/").url)
    with engine.begin() as connection:
        found = connection.exec_driver_sql(statement)
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows
