"""Every ledger keeps what was judged and noted, once, and gives it back as it was."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from driftline.adapters.ledgers import _kept
from driftline.core.finding import Topic
from driftline.core.incidents.incident import Cause
from driftline.core.window import day_window
from driftline.ports import Ledger
from tests.contract.judgements import (
    DAY,
    NOW,
    ODD,
    finding,
    incident,
    judgement,
    notify,
    recorded,
    sql_ledger,
)


class TestRecording:
    def test_an_entry_comes_back_as_it_was_written(self, ledger: Ledger):
        """Findings, record and key survive; a metric that is not finite is left out."""
        made = judgement()
        entry = recorded(ledger, made)
        assert entry.key == made.key
        assert entry.findings == made.findings
        assert entry.record == made.record
        assert entry.metrics == {"auc": 0.71}
        assert (entry.revision, entry.verdict) == (1, "act")
        assert entry.recorded_at == NOW
        assert ledger.find(made.key) == entry
        assert ledger.profile(entry) == made.profile

    def test_the_same_key_again_writes_nothing(self, ledger: Ledger):
        """The stored entry is returned, whatever the second judgement says."""
        first = recorded(ledger, judgement(actions=(notify("n1"),)))
        second = judgement(
            metrics={"auc": 0.1}, actions=(notify("n2"),), incidents=(incident(),)
        )
        assert recorded(ledger, second) == first
        assert len(ledger.history("flights")) == 1
        assert [row["key"] for row in ledger.actions()] == ["n1"]
        assert ledger.incidents() == []

    @pytest.mark.parametrize(
        "change", [{"fingerprint": "f2"}, {"policy": "p2"}, {"model_version": "8"}]
    )
    def test_a_restated_window_is_a_new_revision(self, ledger: Ledger, change: dict):
        """Other data, policy or model: the old entry stays and the new one is latest."""
        first = recorded(ledger, judgement())
        second = recorded(ledger, judgement(key=change))
        assert (first.revision, second.revision) == (1, 2)
        assert ledger.latest("flights", first.key.window) == second
        assert ledger.find(first.key) == first
        assert ledger.history("flights") == [second]

    def test_what_is_not_there_is_none(self, ledger: Ledger):
        """An empty ledger answers every question, and raises for none."""
        made = judgement()
        assert ledger.find(made.key) is None
        assert ledger.latest("flights", made.key.window) is None
        assert ledger.history("flights") == []
        assert ledger.incident("flights", Cause.DATA) is None
        assert ledger.incidents() == []
        assert ledger.actions() == []
        assert ledger.notes("flights") == []
        assert ledger.monitors() == []

    def test_history_is_the_latest_windows_oldest_first(self, ledger: Ledger):
        """Whatever the order of recording; `before` and `limit` cut it."""
        days = [date(2026, 3, n) for n in (4, 1, 3, 2)]
        for day in days:
            recorded(ledger, judgement(day=day))
        recorded(ledger, judgement("f2", date(2026, 3, 2)))
        recorded(ledger, judgement(day=DAY, key={"monitor": "other"}))

        def seen(**how) -> list[tuple[int, int]]:
            entries = ledger.history("flights", **how)
            return [(e.key.window.day.day, e.revision) for e in entries]

        assert seen() == [(1, 1), (2, 2), (3, 1), (4, 1)]
        assert seen(limit=2) == [(3, 1), (4, 1)]
        start = day_window(date(2026, 3, 3), "America/New_York").start
        assert seen(before=start) == [(1, 1), (2, 2)]
        assert seen(before=start, limit=1) == [(2, 2)]

    def test_what_was_read_before_is_as_if_read_anew(
        self, ledger_url: str, monkeypatch
    ):
        """However little is kept: new windows, restated ones and other topics are seen."""
        monkeypatch.setattr(_kept, "MOST", 3)
        monkeypatch.setattr(_kept, "AT_ONCE", 2)
        ledger = sql_ledger(ledger_url)
        questions = (None, (), (Topic.DRIFT,), (Topic.COST,))
        for number in range(1, 7):
            recorded(sql_ledger(ledger_url), judgement(day=date(2026, 3, number)))
            recorded(sql_ledger(ledger_url), judgement(f"n{number}", date(2026, 3, 1)))
            for topics in questions:
                fresh = sql_ledger(ledger_url).history("flights", topics=topics)
                assert ledger.history("flights", topics=topics) == fresh
            assert ledger.revisions("flights") == sql_ledger(ledger_url).revisions(
                "flights"
            )

    def test_revisions_are_every_judgement_in_order_of_record(self, ledger: Ledger):
        """Restated windows come as often as they were judged, without findings."""
        for day, fingerprint in ((1, "f1"), (2, "f1"), (1, "f2")):
            recorded(ledger, judgement(fingerprint, date(2026, 3, day)))
        recorded(ledger, judgement(day=DAY, key={"monitor": "other"}))

        def seen(**how) -> list[tuple[int, int]]:
            entries = ledger.revisions("flights", **how)
            assert all(entry.findings == () for entry in entries)
            return [(e.key.window.day.day, e.revision) for e in entries]

        assert seen() == [(1, 1), (2, 1), (1, 2)]
        assert seen(limit=2) == [(2, 1), (1, 2)]
        start = day_window(date(2026, 3, 2), "America/New_York").start
        assert seen(before=start) == [(1, 1), (1, 2)]

    def test_judgements_are_read_a_portion_at_a_time(self, ledger: Ledger):
        """One after another they are all of the monitor's, whole, in order of record."""
        made = [
            recorded(ledger, judgement(fingerprint, date(2026, 3, day)))
            for day, fingerprint in ((2, "f1"), (1, "f1"), (2, "f2"))
        ]
        recorded(ledger, judgement(day=DAY, key={"monitor": "other"}))
        first = ledger.judgements("flights", limit=2)
        rest = ledger.judgements("flights", after=first[-1].id)
        assert [*first, *rest] == made
        assert ledger.judgements("flights", after=made[-1].id) == []

    def test_names_are_data(self, ledger: Ledger):
        """Quotes, semicolons, emoji and NUL neither break a statement nor get lost."""
        odd = replace(finding(ODD), message="a\0b", evidence={ODD: "a\0b"})
        made = judgement(ODD, findings=(odd,), key={"monitor": ODD, "policy": "p"})
        entry = recorded(ledger, made, owner=ODD)
        assert entry.key == made.key
        assert entry.findings[0].subject == ODD
        assert entry.findings[0].evidence == {ODD: "a\0b"}
        assert ledger.find(made.key) == entry
        assert ledger.monitors() == [ODD]

    def test_times_may_come_from_any_zone(self, ledger: Ledger):
        """The same instant is the same instant, and is given back in UTC."""
        from zoneinfo import ZoneInfo

        lease = ledger.acquire("flights", "w", "ann", NOW)
        local = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
        entry = ledger.record(lease, judgement(), local)
        assert entry.recorded_at == NOW
        assert entry.recorded_at.utcoffset() == timedelta(0)


class TestNotes:
    def test_a_note_is_kept_once_with_its_actions(self, ledger: Ledger):
        """The same key again is refused, and puts nothing in the outbox."""
        assert ledger.note("flights", "retrain", "r1", {"a": 1}, NOW, [notify("n")])
        again = ledger.note("flights", "retrain", "r1", {"a": 2}, NOW, [notify("m")])
        assert not again
        assert ledger.note("flights", "promotion", "r1", {"ü": ODD}, NOW)
        assert ledger.note("hotels", "retrain", "r1", {}, NOW)
        assert ledger.notes("flights", "retrain") == [
            {"kind": "retrain", "key": "r1", "body": {"a": 1}, "at": NOW}
        ]
        kinds = [note["kind"] for note in ledger.notes("flights")]
        assert kinds == ["retrain", "promotion"]
        assert [row["key"] for row in ledger.actions()] == ["n"]
