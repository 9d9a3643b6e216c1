"""What commands that look back print of a ledger."""

from datetime import UTC, datetime

import pytest

from driftline.cli import history
from driftline.core.drill.links import NOTE
from driftline.testing import MemoryLedger
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
