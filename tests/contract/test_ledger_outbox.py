"""Every ledger hands out each action once, in order, until it is done."""

from dataclasses import replace
from datetime import timedelta

from driftline.core.action import CLAIM, pause_after
from driftline.ports import Ledger
from tests.contract.judgements import NOW, judgement, notify, outboxed, recorded


class TestOutbox:
    def test_a_key_is_put_out_once(self, ledger: Ledger):
        """However often it is decided."""
        recorded(ledger, judgement(actions=(notify("n"), notify("n"))))
        recorded(ledger, judgement("f2", actions=(notify("n"), notify("m"))))
        assert [row["key"] for row in ledger.actions("flights")] == ["n", "m"]
        assert ledger.actions("hotels") == []

    def test_actions_are_claimed_in_order_and_once(self, ledger: Ledger):
        """Two owners never hold the same one, and a third finds nothing."""
        outboxed(ledger, notify("n"), notify("m"))
        first = ledger.claim_action("flights", "ann", NOW)
        second = ledger.claim_action("flights", "bob", NOW)
        assert first is not None
        assert second is not None
        assert first.action == notify("n")
        assert second.action == notify("m")
        assert ledger.claim_action("flights", "cid", NOW) is None

    def test_only_the_monitors_own_actions_are_claimed(self, ledger: Ledger):
        """Another monitor has other notifiers."""
        outboxed(ledger, notify("n"))
        assert ledger.claim_action("hotels", "ann", NOW) is None

    def test_a_finished_action_is_never_claimed_again(self, ledger: Ledger):
        """Its receipt and time are kept."""
        outboxed(ledger, notify("n"))
        row = ledger.claim_action("flights", "ann", NOW)
        ledger.finish_action(row, "ts=1", NOW)
        assert ledger.claim_action("flights", "ann", NOW + timedelta(days=9)) is None
        shown = ledger.actions()[0]
        assert (shown["state"], shown["receipt"]) == ("done", "ts=1")
        assert shown["finished_at"] == NOW

    def test_a_claim_that_runs_out_is_free(self, ledger: Ledger):
        """Its first owner cannot put it back under the second, but may finish it."""
        outboxed(ledger, notify("n"))
        late = ledger.claim_action("flights", "ann", NOW)
        assert ledger.claim_action("flights", "bob", NOW + CLAIM / 2) is None
        after = NOW + CLAIM
        second = ledger.claim_action("flights", "bob", after)
        assert second.action == late.action
        ledger.postpone_action(late, "slow", after, for_good=True)
        assert ledger.actions()[0]["state"] == "pending"
        assert ledger.claim_action("flights", "cid", after) is None
        ledger.finish_action(late, "r1", after)
        ledger.finish_action(second, "r2", after)
        assert ledger.actions()[0]["receipt"] == "r1"

    def test_pauses_grow(self, ledger: Ledger):
        """Each failure is counted, and the next attempt is due later than the last."""
        outboxed(ledger, notify("n"))
        now = NOW
        for attempts in (1, 2, 3):
            row = ledger.claim_action("flights", "ann", now)
            assert row.attempts == attempts - 1
            ledger.postpone_action(row, f"no {attempts}", now, for_good=False)
            due = now + pause_after(attempts)
            just_before = due - timedelta(seconds=1)
            assert ledger.claim_action("flights", "ann", just_before) is None
            now = due
        shown = ledger.actions()[0]
        assert (shown["state"], shown["attempts"]) == ("pending", 3)
        assert shown["reason"] == "no 3"
        assert pause_after(3) > pause_after(2) > pause_after(1)

    def test_for_good_is_for_good(self, ledger: Ledger):
        """The row stays, with its reason, and is never due again."""
        outboxed(ledger, notify("n"))
        row = ledger.claim_action("flights", "ann", NOW)
        ledger.postpone_action(row, "no such channel", NOW, for_good=True)
        assert ledger.claim_action("flights", "ann", NOW + timedelta(days=99)) is None
        shown = ledger.actions()[0]
        assert (shown["state"], shown["reason"]) == ("failed", "no such channel")

    def test_a_lane_keeps_its_order(self, ledger: Ledger):
        """A later action waits while an earlier one is pending, and only in its lane."""
        outboxed(ledger, notify("n", "a"), notify("m", "a"), notify("k", "b"))
        first = ledger.claim_action("flights", "ann", NOW)
        other = ledger.claim_action("flights", "ann", NOW)
        assert (first.action.key, other.action.key) == ("n", "k")
        assert ledger.claim_action("flights", "ann", NOW) is None
        ledger.postpone_action(first, "down", NOW, for_good=False)
        assert ledger.claim_action("flights", "ann", NOW) is None
        again = ledger.claim_action("flights", "ann", NOW + timedelta(hours=1))
        assert again.action.key == "n"
        ledger.postpone_action(again, "gone", NOW, for_good=True)
        assert ledger.claim_action("flights", "ann", NOW).action.key == "m"

    def test_a_lanes_receipt_is_the_first_one(self, ledger: Ledger):
        """Replies do not change the thread; an empty lane has none."""
        outboxed(ledger, notify("n", "a"), notify("m", "a"), notify("k"))
        assert ledger.receipt("a") == ""
        for receipt in ("t1", "t2", "t3"):
            row = ledger.claim_action("flights", "ann", NOW)
            ledger.finish_action(row, receipt, NOW)
        assert ledger.receipt("a") == "t1"
        assert ledger.receipt("") == ""

    def test_what_is_not_due_yet_waits_and_holds_nothing_up(self, ledger: Ledger):
        """A message for the morning lets the night's go first; tried once, it does not."""
        morning = NOW + timedelta(hours=8)
        later = replace(notify("later", "a"), not_before=morning)
        outboxed(ledger, later, notify("now", "a"))
        first = ledger.claim_action("flights", "ann", NOW)
        assert first.action.key == "now"
        ledger.finish_action(first, "t", NOW)
        assert ledger.claim_action("flights", "ann", NOW) is None
        assert ledger.claim_action("flights", "ann", morning).action.key == "later"

    def test_other_monitors_actions_are_claimed_in_named_lanes_only(
        self, ledger: Ledger
    ):
        """Who sent a thread's first message may send what waits behind it."""
        ledger.note("hotels", "k", "1", {}, NOW, [notify("h1", "a"), notify("h2", "b")])
        assert ledger.claim_action("flights", "ann", NOW) is None
        assert ledger.claim_action("flights", "ann", NOW, {"a"}).action.key == "h1"
        assert ledger.claim_action("flights", "ann", NOW, {"a"}) is None

    def test_an_action_that_was_begun_before_says_so(self, ledger: Ledger):
        """By a worker that failed, or by one that never came back."""
        outboxed(ledger, notify("n", "a"))
        first = ledger.claim_action("flights", "ann", NOW)
        assert not first.again
        after = ledger.claim_action("flights", "bob", NOW + CLAIM)
        assert after.again
        ledger.postpone_action(after, "down", NOW + CLAIM, for_good=False)
        later = NOW + timedelta(hours=1)
        assert ledger.claim_action("flights", "bob", later).again
