"""What every ledger promises, over SQLite, a real PostgreSQL and the memory twin."""

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from driftline.adapters.ledgers import _kept, _upgrade, sql
from driftline.adapters.ledgers._faults import translated
from driftline.adapters.ledgers._place import place_of
from driftline.adapters.ledgers._tables import HEAD, metadata
from driftline.core.action import (
    CLAIM,
    Action,
    ActionKind,
    Answer,
    Message,
    Tone,
    pause_after,
)
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.incident import Cause, Incident, Told
from driftline.core.profile import ColumnProfile, Profile
from driftline.core.registry import names
from driftline.core.roles import Roles, Task
from driftline.core.verdict import reduce
from driftline.core.window import day_window
from driftline.errors import (
    LeaseLost,
    LedgerRefused,
    LedgerUnavailable,
    SettingsError,
    WindowBusy,
)
from driftline.ports import Context, Judgement, Ledger, WindowKey
from driftline.testing import MemoryLedger
from tests.servers.postgres import postgres

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = date(2026, 3, 1)
ODD = "flüge 'x\"; DROP TABLE driftline_windows;-- 😀"

Open = Callable[[], Ledger]


def context(root: Path | str) -> Context:
    return Context("flights", str(root), "UTC", Roles(Task.BINARY, "at", "late"))


def sql_ledger(url: str, root: Path | str = "/") -> Ledger:
    return sql.build(sql.Settings.model_validate({"url": url}), context(root))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One PostgreSQL server for the module."""
    with postgres() as uri:
        yield uri


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty schema on the server."""
    import sqlalchemy as sa

    url = sa.make_url(request.getfixturevalue("server"))
    name = f"l{uuid4().hex}"
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    url = url.update_query_dict({"options": f"-csearch_path={name}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new SQL ledger can be."""
    if request.param == "postgres":
        return request.getfixturevalue("database")
    return f"sqlite:///{tmp_path}/new/ledger.db"


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.real)]
)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A new, empty ledger."""
    if request.param == "memory":
        return MemoryLedger()
    if request.param == "sqlite":
        return sql_ledger(f"sqlite:///{tmp_path}/new/ledger.db")
    return sql_ledger(request.getfixturevalue("database"))


def finding(subject: str = "delay", value: float = 0.6) -> Finding:
    return Finding(
        Topic.DRIFT,
        subject,
        "psi",
        Outcome.BREACHED,
        Severity.CRITICAL,
        f"{subject} moved",
        value,
        Bounds(upper=0.2, origin="reference"),
        "origin=JFK",
        {"bins": [1, 2], "note": "ü"},
    )


def judgement(fingerprint: str = "f1", day: date = DAY, **changes) -> Judgement:
    window = day_window(day, "America/New_York")
    findings = (finding(), finding("distance", 0.3))
    key = WindowKey("flights", "7", window, fingerprint, "p1")
    made = Judgement(
        key=replace(key, **changes.pop("key", {})),
        verdict=reduce(findings),
        findings=findings,
        profile=Profile(3, {"delay": ColumnProfile(3, total=float("inf"))}, "plan"),
        metrics={"auc": 0.71, "undefined": float("nan")},
        record={"title": "ü", "rows": [1, None]},
    )
    return replace(made, **changes)


def recorded(ledger: Ledger, made: Judgement, owner: str = "ann"):
    monitor, label = made.key.monitor, made.key.window.label
    lease = ledger.acquire(monitor, label, owner, NOW)
    return ledger.record(lease, made, NOW)


def notify(key: str, lane: str = "") -> Action:
    return Action(ActionKind.NOTIFY, key, {"text": "ü", "notifier": "slack"}, lane)


def incident(window: str = "2026-03-01", **changes) -> Incident:
    key = f"flights/data/{window}"
    made = Incident(key, "flights", Cause.DATA, window, window, ("delay",))
    return replace(made, **changes)


def outboxed(ledger: Ledger, *actions: Action) -> None:
    recorded(ledger, judgement(actions=actions))


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

    def test_what_was_read_before_is_as_if_read_anew(self, url: str, monkeypatch):
        """However little is kept: new windows, restated ones and other topics are seen."""
        monkeypatch.setattr(_kept, "MOST", 3)
        monkeypatch.setattr(_kept, "AT_ONCE", 2)
        ledger = sql_ledger(url)
        questions = (None, (), (Topic.DRIFT,), (Topic.COST,))
        for number in range(1, 7):
            recorded(sql_ledger(url), judgement(day=date(2026, 3, number)))
            recorded(sql_ledger(url), judgement(f"n{number}", date(2026, 3, 1)))
            for topics in questions:
                fresh = sql_ledger(url).history("flights", topics=topics)
                assert ledger.history("flights", topics=topics) == fresh
            assert ledger.revisions("flights") == sql_ledger(url).revisions("flights")

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


class TestSettling:
    def test_what_is_written_depends_on_what_others_have_open(self, ledger: Ledger):
        """Open incidents of other monitors are handed over, and no others."""
        theirs = incident(key="h/1", monitor="hotels")
        over = incident(key="h/0", monitor="hotels", cause=Cause.COST, resolved="w")
        hotels = judgement(key={"monitor": "hotels"}, incidents=(theirs, over))
        recorded(ledger, hotels)
        seen = []

        def settle(others):
            seen.extend(others)
            joined = incident(thread=others[0].key)
            return judgement(incidents=(joined,), record={"joined": True})

        entry = recorded(ledger, judgement(settle=settle))
        assert seen == [theirs]
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


def started(script: str, url: str, *arguments: str) -> subprocess.Popen:
    """A process of its own that runs a script with `ledger` open."""
    head = textwrap.dedent(
        """
        import os, sys
        from dataclasses import replace
        from tests.contract.test_ledgers import *
        ledger = sql_ledger(sys.argv[1])
        """
    )
    command = [sys.executable, "-c", head + textwrap.dedent(script), url, *arguments]
    path = os.pathsep.join([str(Path.cwd() / "src"), str(Path.cwd())])
    return subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def race(script: str, url: str, count: int = 3) -> list[str]:
    """What each of several processes printed that began the script at one moment."""
    begin = "print('ready', flush=True); sys.stdin.readline()\n"
    racing = [
        started(begin + textwrap.dedent(script), url, str(n)) for n in range(count)
    ]
    for process in racing:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in racing:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120) for process in racing]
    for process, (_, complaint) in zip(racing, answers, strict=True):
        assert process.returncode == 0, complaint
    return [said.strip() for said, _ in answers]


class TestProcesses:
    def test_incidents_that_open_at_once_share_one_thread(self, url: str):
        """Of several monitors recorded at the same moment one is first, for all."""
        script = """
        name = f"m{sys.argv[2]}"
        lease = ledger.acquire(name, "w", name, NOW)

        def settle(others):
            thread = min((o.in_thread for o in others), default=name)
            opened = incident(key=name, monitor=name, thread=thread)
            return judgement(key={"monitor": name}, incidents=(opened,))

        ledger.record(lease, judgement(key={"monitor": name}, settle=settle), NOW)
        """
        race(script, url)
        threads = {i.in_thread for i in sql_ledger(url).incidents()}
        assert len(threads) == 1

    def test_one_of_many_wins_a_window(self, url: str):
        """Also on a database that all of them find empty and migrate at once."""
        script = """
        try:
            ledger.acquire("flights", "w", sys.argv[2], NOW)
            print("won")
        except WindowBusy:
            print("busy")
        """
        assert sorted(race(script, url)) == ["busy", "busy", "won"]

    def test_many_drainers_claim_each_action_once(self, url: str):
        """None is claimed twice and none is left over."""
        actions = tuple(notify(f"n{number}") for number in range(20))
        outboxed(sql_ledger(url), *actions)
        script = """
        while row := ledger.claim_action("flights", sys.argv[2], NOW):
            print(row.action.key, end=" ")
            ledger.finish_action(row, "", NOW)
        """
        claimed = " ".join(race(script, url)).split()
        assert sorted(claimed) == sorted(action.key for action in actions)

    def test_a_process_killed_while_recording_leaves_nothing(self, url: str):
        """The next one finds no entry and no incident, takes over and records."""
        script = """
        class Deadly(tuple):
            def __iter__(self):
                os.kill(os.getpid(), 9)

        lease = ledger.acquire("flights", "w", "ann", NOW)
        actions = Deadly((notify("n"),))
        ledger.record(lease, judgement(actions=actions, incidents=(incident(),)), NOW)
        """
        killed = started(script, url)
        _, complaint = killed.communicate(timeout=120)
        assert killed.returncode == -9, complaint
        ledger = sql_ledger(url)
        made = judgement()
        assert ledger.find(made.key) is None
        assert ledger.incidents() == []
        assert ledger.actions() == []
        with pytest.raises(WindowBusy):
            ledger.acquire("flights", "w", "bob", NOW)
        lease = ledger.acquire("flights", "w", "bob", NOW + timedelta(hours=1))
        assert ledger.record(lease, made, NOW).revision == 1


class TestSchema:
    def test_every_registered_ledger_is_in_this_suite(self):
        """A new file in the folder must be added to the fixtures above."""
        assert names("driftline.adapters.ledgers") == ["sql"]

    def test_the_migrations_make_what_the_code_expects(self, url: str):
        """No table, column, constraint or type differs, and HEAD is the newest."""
        import sqlalchemy as sa
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        sql_ledger(url).monitors()
        scripts = ScriptDirectory(str(_upgrade.MIGRATIONS))
        assert scripts.get_current_head() == HEAD
        engine = sa.create_engine(place_of(url, "/").url)
        with engine.connect() as connection:
            options = {"version_table": "driftline_version", "compare_type": True}
            migrated = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(migrated, metadata) == []
        engine.dispose()

    def test_people_were_told_of_what_was_open_before_threads(self, url: str):
        """An incident of the first schema is not told again after the upgrade."""
        import sqlalchemy as sa

        sql_ledger(url).monitors()
        engine = sa.create_engine(place_of(url, "/").url)
        with engine.begin() as connection:
            metadata.drop_all(connection)
            connection.exec_driver_sql("DROP TABLE driftline_version")
            _upgrade.upgrade(connection, "0001")
            old = {"key": "k", "monitor": "flights", "cause": "data", "opened": "w"}
            old |= {"last_window": "w", "quiet_windows": 0, "resolved": ""}
            columns = [sa.column(name) for name in (*old, "subjects")]
            table = sa.table("driftline_incidents", *columns)
            subjects = sa.literal(["delay"], sa.JSON)
            connection.execute(sa.insert(table).values(**old, subjects=subjects))
        engine.dispose()
        [known] = sql_ledger(url).incidents()
        assert known.told == Told("w", ("delay",))
        assert known.in_thread == "k"

    def test_a_newer_schema_is_refused(self, url: str):
        """Nothing is migrated back, and the message says what to install."""
        import sqlalchemy as sa

        sql_ledger(url).monitors()
        engine = sa.create_engine(place_of(url, "/").url)
        with engine.begin() as connection:
            newer = "UPDATE driftline_version SET version_num = '9999'"
            connection.exec_driver_sql(newer)
        engine.dispose()
        with pytest.raises(LedgerRefused, match=r"9999.*install the version"):
            sql_ledger(url).monitors()

    def test_a_schema_behind_is_migrated(self, url: str):
        """A database without our tables gets them, and keeps what others have in it."""
        import sqlalchemy as sa

        sql_ledger(url).monitors()
        engine = sa.create_engine(place_of(url, "/").url)
        with engine.begin() as connection:
            metadata.drop_all(connection)
            connection.exec_driver_sql("DROP TABLE driftline_version")
            connection.exec_driver_sql("CREATE TABLE theirs (a INTEGER)")
        engine.dispose()
        recorded(sql_ledger(url), judgement())
        assert sql_ledger(url).monitors() == ["flights"]
        with engine.connect() as connection:
            assert sa.inspect(connection).has_table("theirs")
        engine.dispose()

    def test_alembic_is_not_imported_when_the_schema_is_current(self, url: str):
        """Its import costs more than the whole day's transactions."""
        sql_ledger(url).monitors()
        script = "import sys\n".join(
            [
                "",
                textwrap.dedent(
                    """
                    from driftline.adapters.ledgers import sql
                    from driftline.core.roles import Roles, Task
                    from driftline.ports import Context
                    assert "sqlalchemy" not in sys.modules
                    context = Context("m", "/", "UTC", Roles(Task.BINARY, "t", "p"))
                    settings = sql.Settings.model_validate({"url": sys.argv[1]})
                    sql.build(settings, context).monitors()
                    print("alembic" in sys.modules)
                    """
                ),
            ]
        )
        path = str(Path.cwd() / "src")
        ran = subprocess.run(
            [sys.executable, "-c", script, url],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.strip() == "False"


class TestVerify:
    """A ledger says itself whether its history holds together."""

    def test_a_ledger_that_was_only_written_by_us_is_sound(self, ledger: Ledger):
        """Restated windows, incidents and actions done, put back and given up."""
        recorded(ledger, judgement(actions=(notify("n"), notify("m"))))
        recorded(ledger, judgement("f2", incidents=(incident("2026-03-01"),)))
        row = ledger.claim_action("flights", "ann", NOW)
        ledger.finish_action(row, "r", NOW)
        row = ledger.claim_action("flights", "ann", NOW)
        ledger.postpone_action(row, "no", NOW, for_good=True)
        assert ledger.verify() == []

    @pytest.mark.parametrize(
        ("broken", "said"),
        [
            ("DELETE FROM driftline_windows WHERE revision = 1", "revision 2"),
            ("UPDATE driftline_incidents SET thread = 'gone'", "thread of gone"),
            ("UPDATE driftline_outbox SET state = 'lost'", "is lost"),
            ("UPDATE driftline_outbox SET state = 'done'", "is done"),
        ],
    )
    def test_what_contradicts_itself_is_named(self, url: str, broken: str, said: str):
        """Whoever wrote it."""
        import sqlalchemy as sa

        ledger = sql_ledger(url)
        recorded(ledger, judgement(findings=(), profile=None, actions=(notify("n"),)))
        recorded(ledger, judgement("f2", incidents=(incident("2026-03-01"),)))
        place = place_of(url, "/")
        engine = sa.create_engine(place.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(broken)
        engine.dispose()
        [found] = ledger.verify()
        assert said in found

    def test_a_finding_without_its_window_is_named(self, tmp_path: Path):
        """SQLite lets a program that does not ask for foreign keys do so."""
        ledger = sql_ledger(f"sqlite:///{tmp_path}/ledger.db")
        recorded(ledger, judgement())
        with sqlite3.connect(tmp_path / "ledger.db") as connection:
            connection.execute("DELETE FROM driftline_windows")
        assert any("is not there" in said for said in ledger.verify())


class TestFiles:
    def test_a_relative_file_is_under_the_root(self, tmp_path: Path):
        """The default is a hidden folder of the project."""
        sql.build(sql.Settings(), context(tmp_path)).monitors()
        assert (tmp_path / ".driftline" / "ledger.db").stat().st_size > 0
        drafts = list((tmp_path / ".driftline").glob(".ledger*"))
        assert drafts == []

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "empty file"),
            (b"<html>not found</html>" * 50, "not an SQLite database"),
        ],
    )
    def test_a_file_that_is_no_ledger_is_refused(
        self, tmp_path: Path, content: bytes, message: str
    ):
        """Not a byte of it is touched."""
        file = tmp_path / "ledger.db"
        file.write_bytes(content)
        with pytest.raises(LedgerRefused, match=message):
            sql_ledger(f"sqlite:///{file}").monitors()
        assert file.read_bytes() == content

    def test_another_programs_database_is_refused(self, tmp_path: Path):
        """It is a good SQLite file, and not ours."""
        file = tmp_path / "ledger.db"
        with sqlite3.connect(file) as theirs:
            theirs.execute("CREATE TABLE theirs (a)")
        theirs.close()
        with pytest.raises(LedgerRefused, match="another program"):
            sql_ledger(f"sqlite:///{file}").monitors()

    @pytest.mark.parametrize("harm", ["cut", "overwritten"])
    def test_a_damaged_ledger_is_refused(self, tmp_path: Path, harm: str):
        """The message says how to save it, and nothing is made anew."""
        file = tmp_path / "ledger.db"
        recorded(sql_ledger(f"sqlite:///{file}"), judgement())
        whole = sqlite3.connect(file)
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole.close()
        held = file.read_bytes()
        noise = bytes(range(256)) * (len(held) // 256)
        harmed = held[:6000] if harm == "cut" else held[:4096] + noise[4096:]
        copy = tmp_path / "copy.db"
        copy.write_bytes(harmed)
        with pytest.raises(LedgerRefused, match=r"damaged.*Copy the file"):
            recorded(sql_ledger(f"sqlite:///{copy}"), judgement("f2"))

    def test_a_log_without_its_database_is_refused(self, tmp_path: Path):
        """SQLite would replay it into a new file."""
        (tmp_path / "ledger.db-wal").write_bytes(b"log")
        with pytest.raises(LedgerRefused, match=r"log 'ledger\.db-wal' is there"):
            sql_ledger(f"sqlite:///{tmp_path}/ledger.db").monitors()

    def test_a_folder_that_cannot_be_made_is_refused(self, tmp_path: Path):
        """The reason of the operating system is in the message."""
        (tmp_path / "file").write_text("")
        with pytest.raises(LedgerRefused, match="cannot be created"):
            sql_ledger(f"sqlite:///{tmp_path}/file/ledger.db").monitors()

    def test_a_read_only_file_is_refused(self, tmp_path: Path):
        """SQLite's own refusal is told apart from a lock."""
        import sqlalchemy as sa

        url = f"sqlite:///{tmp_path}/ledger.db"
        sql_ledger(url).monitors()
        read_only = sa.create_engine(
            f"sqlite:///file:{tmp_path}/ledger.db?mode=ro&uri=true"
        )
        with (
            pytest.raises(sa.exc.OperationalError) as caught,
            read_only.begin() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM driftline_notes")
        error = translated(caught.value, place_of(url, "/"))
        assert isinstance(error, LedgerRefused)
        assert "cannot be written to" in str(error)

    def test_a_lock_held_too_long_may_be_tried_again(self, tmp_path: Path):
        """It says that nothing was written and that a retry can help."""
        import sqlalchemy as sa

        url = f"sqlite:///{tmp_path}/ledger.db"
        sql_ledger(url).monitors()
        holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        hasty = sa.create_engine(url, connect_args={"timeout": 0})
        with (
            pytest.raises(sa.exc.OperationalError) as caught,
            hasty.begin() as connection,
        ):
            connection.exec_driver_sql("DELETE FROM driftline_notes")
        holder.close()
        error = translated(caught.value, place_of(url, "/"))
        assert isinstance(error, LedgerUnavailable)
        assert error.retryable
        assert "nothing was written" in str(error)


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        ["mysql://ann:s3cr3t@db/x", "ann:s3cr3t@db", "sqlite://", "sqlite:///:memory:"],
    )
    def test_a_url_that_cannot_hold_a_ledger_is_refused(self, url: str):
        """The message says what to write, and not the password."""
        with pytest.raises(SettingsError, match="sqlite:///FILE") as caught:
            sql_ledger(url)
        assert "s3cr3t" not in str(caught.value)

    def test_the_password_is_never_shown(self):
        """Neither in the settings nor in what an unreachable server causes."""
        url = "postgresql://ann:s3cr3t@127.0.0.1:1/x"
        assert "s3cr3t" not in repr(sql.Settings.model_validate({"url": url}))
        with pytest.raises(LedgerUnavailable, match=r"'x' at 127.0.0.1") as caught:
            sql_ledger(url).monitors()
        assert caught.value.retryable
        assert "s3cr3t" not in str(caught.value)
        assert "s3cr3t" not in str(caught.value.__cause__)


@pytest.mark.real
def test_a_server_that_hangs_up_is_tried_once_more(database: str):
    """Connections that died between two transactions cost nobody a window."""
    import sqlalchemy as sa

    ledger = sql_ledger(database)
    recorded(ledger, judgement())
    engine = sa.create_engine(place_of(database, "/").url)
    with engine.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()
    assert recorded(ledger, judgement("f2")).revision == 2


@pytest.mark.real
def test_two_windows_cannot_open_two_incidents_of_one_cause(database: str):
    """The second is told to run again, and nothing of it is written."""
    ledger = sql_ledger(database)
    recorded(ledger, judgement(incidents=(incident("2026-03-01"),)))
    second = judgement("f2", incidents=(incident("2026-03-02"),))
    with pytest.raises(LedgerUnavailable, match="same moment") as caught:
        recorded(ledger, second)
    assert caught.value.retryable
    assert ledger.find(second.key) is None
