"""A window of a ledger has one owner at a time."""

from datetime import timedelta

import pytest

from driftline.errors import LeaseLost, WindowBusy
from driftline.ports import Ledger
from tests.contract.judgements import NOW, incident, judgement, notify


class TestLeases:
    def test_a_held_window_is_busy(self, ledger: Ledger):
        """The message names the owner; another window and another monitor are free."""
        ledger.acquire("flights", "w", "ann", NOW)
        with pytest.raises(WindowBusy, match="held by ann") as caught:
            ledger.acquire("flights", "w", "bob", NOW + timedelta(minutes=1))
        assert caught.value.exit_code == 75
        ledger.acquire("flights", "v", "bob", NOW)
        ledger.acquire("hotels", "w", "bob", NOW)

    def test_a_lease_given_back_is_free(self, ledger: Ledger):
        """The next owner gets a higher fence."""
        first = ledger.acquire("flights", "w", "ann", NOW)
        ledger.release(first)
        second = ledger.acquire("flights", "w", "bob", NOW)
        assert second.fence > first.fence

    def test_an_expired_lease_is_taken_over(self, ledger: Ledger):
        """The first owner then writes nothing at all, and releasing harms nobody."""
        first = ledger.acquire("flights", "w", "ann", NOW)
        later = NOW + timedelta(days=1)
        second = ledger.acquire("flights", "w", "bob", later)
        made = judgement(actions=(notify("n"),), incidents=(incident(),))
        with pytest.raises(LeaseLost, match="flights w"):
            ledger.record(first, made, later)
        ledger.release(first)
        assert ledger.find(made.key) is None
        assert ledger.actions() == []
        assert ledger.incidents() == []
        with pytest.raises(WindowBusy):
            ledger.acquire("flights", "w", "cid", later)
        assert ledger.record(second, made, later).revision == 1

    def test_an_owner_takes_its_own_lease_anew(self, ledger: Ledger):
        """A run that is tried again goes on; its former self is locked out."""
        first = ledger.acquire("flights", "w", "ann", NOW)
        second = ledger.acquire("flights", "w", "ann", NOW)
        with pytest.raises(LeaseLost):
            ledger.record(first, judgement(), NOW)
        assert ledger.record(second, judgement(), NOW).revision == 1

    def test_nothing_is_recorded_on_a_lease_given_back(self, ledger: Ledger):
        """Releasing ends the right to write."""
        lease = ledger.acquire("flights", "w", "ann", NOW)
        ledger.release(lease)
        with pytest.raises(LeaseLost):
            ledger.record(lease, judgement(), NOW)
