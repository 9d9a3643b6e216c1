"""Incidents in a ledger: their states, their threads, what people were told."""

from datetime import timedelta

import pytest

from driftline.core.action import Answer, Message, Tone
from driftline.core.incidents.incident import Cause, Told
from driftline.errors import LedgerUnavailable
from driftline.ports import Ledger
from tests.contract.judgements import (
    NOW,
    ODD,
    incident,
    judgement,
    recorded,
    sql_ledger,
)


class TestIncidents:
    def test_an_incident_moves_on(self, ledger: Ledger):
        """Each recorded state replaces the one before."""
        recorded(ledger, judgement(incidents=(incident(),)))
        worse = incident(last_window="2026-03-02", subjects=("delay", ODD))
        recorded(ledger, judgement("f2", incidents=(worse,)))
        assert ledger.incident("flights", Cause.DATA) == worse
        assert ledger.incidents() == [worse]
        assert ledger.incident("flights", Cause.COST) is None
        assert ledger.incidents("hotels") == []

    def test_a_later_window_is_not_undone(self, ledger: Ledger):
        """An older state that is recorded late leaves the newer one as it is."""
        newer = incident(last_window="2026-03-05", quiet_windows=1)
        recorded(ledger, judgement(incidents=(newer,)))
        stale = incident(last_window="2026-03-04")
        recorded(ledger, judgement("f2", incidents=(stale,)))
        assert ledger.incident("flights", Cause.DATA) == newer

    def test_the_open_one_comes_before_the_resolved(self, ledger: Ledger):
        """Then the one that ended last; all are listed oldest first."""
        old = incident("2026-03-01", resolved="2026-03-03")
        newer = incident("2026-03-05", resolved="2026-03-07")
        recorded(ledger, judgement("f1", incidents=(newer,)))
        recorded(ledger, judgement("f2", incidents=(old,)))
        assert ledger.incident("flights", Cause.DATA) == newer
        current = incident("2026-03-09")
        recorded(ledger, judgement("f3", incidents=(current,)))
        assert ledger.incident("flights", Cause.DATA) == current
        assert ledger.incidents("flights") == [old, newer, current]

    def test_an_event_brings_its_incidents_once(self, ledger: Ledger):
        """They come with the note; where its key was there already, nothing is written."""
        news = {"now": NOW, "body": {}, "kind": "k", "key": "1"}
        assert ledger.note("flights", **news, incidents=(incident(),))
        worse = incident(last_window="2026-03-02")
        assert not ledger.note("flights", **news, incidents=(worse,))
        assert ledger.incidents() == [incident()]


class TestSettling:
    def test_what_is_written_depends_on_what_others_have_open(self, ledger: Ledger):
        """What others have open, or were late with of late, is handed over; no more."""
        theirs = incident(key="h/1", monitor="hotels")
        over = incident(key="h/0", monitor="hotels", cause=Cause.COST, resolved="w")
        late, long_ago = (
            incident(at, key=at, monitor="hotels", cause=Cause.LATE, resolved=at)
            for at in (NOW.isoformat(), (NOW - timedelta(days=40)).isoformat())
        )
        hotels = judgement(
            key={"monitor": "hotels"}, incidents=(theirs, over, late, long_ago)
        )
        recorded(ledger, hotels)
        seen = []

        def settle(others):
            seen.extend(others)
            joined = incident(thread=others[0].key)
            return judgement(incidents=(joined,), record={"joined": True})

        entry = recorded(ledger, judgement(settle=settle))
        assert seen == [theirs, late]
        assert entry.record == {"joined": True}
        assert [i.key for i in ledger.incidents(thread="h/1")] == [
            "flights/data/2026-03-01",
            "h/1",
        ]

    def test_a_key_that_is_known_settles_nothing(self, ledger: Ledger):
        """The same judgement again writes nothing, whatever is open by now."""
        recorded(ledger, judgement())

        def settle(others):
            raise AssertionError(others)

        assert recorded(ledger, judgement(settle=settle)).revision == 1

    def test_what_people_know_comes_back_as_it_was_kept(self, ledger: Ledger):
        """Told, card, source and thread survive."""
        told = Told(NOW.isoformat(), ("delay",), 2.5, 3.0, ("slack/#a",))
        card = Message("k", "t", Tone.OPENED, ODD, "s", answers=(Answer.SILENCE,))
        kept = incident(source="s", thread="t", told=told, card=card)
        recorded(ledger, judgement(incidents=(kept,)))
        assert ledger.incidents() == [kept]


@pytest.mark.real
def test_two_windows_cannot_open_two_incidents_of_one_cause(postgres_url: str):
    """The second is told to run again, and nothing of it is written."""
    ledger = sql_ledger(postgres_url)
    recorded(ledger, judgement(incidents=(incident("2026-03-01"),)))
    second = judgement("f2", incidents=(incident("2026-03-02"),))
    with pytest.raises(LedgerUnavailable, match="same moment") as caught:
        recorded(ledger, second)
    assert caught.value.retryable
    assert ledger.find(second.key) is None
