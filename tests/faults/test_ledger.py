"""The ledger's server is down, slow, lying or cut off, or a clock was: a row each."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from driftline.core.action import Action, ActionKind
from driftline.errors import LedgerUnavailable, WindowBusy
from driftline.testing import FixedClock, MemoryLedger
from tests.app.world import MONITOR, World
from tests.faults.parts import days_with, facts, judge, sql_ledger
from tests.servers.postgres import stopped
from tests.servers.proxy import Mode, Proxy, proxy

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def way(postgres_url: str) -> Iterator[Proxy]:
    """A way to PostgreSQL that can be broken."""
    folder = sa.make_url(postgres_url).query["host"]
    with proxy(f"{folder}/.s.PGSQL.5432") as made:
        yield made


@pytest.fixture
def far(postgres_url: str, way: Proxy) -> str:
    """The URL of an empty schema behind the proxy."""
    name = f"f{uuid4().hex}"
    url = sa.make_url(postgres_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    way.becomes(Mode.OPEN)
    query = {
        "options": f"-csearch_path={name}",
        "connect_timeout": "2",
        "sslmode": "disable",
    }
    made = url.set(host="127.0.0.1", port=way.port, query=query)
    return made.render_as_string(hide_password=False)


BROKEN = [Mode.DOWN, Mode.RESET, Mode.MUTE, Mode.NOISE, Mode.HTML, Mode.CUT]


@pytest.mark.real("postgres")
@pytest.mark.parametrize("mode", BROKEN, ids=lambda mode: mode.name.lower())
def test_a_postgres_that_fails_in_a_day_loses_nothing(
    tmp_path: Path, far: str, way: Proxy, mode: Mode, undisturbed
) -> None:
    """Nothing is recorded or sent, the word names the ledger, and the day is made up for."""
    ledger = sql_ledger(tmp_path, far)

    def disturb(world: World) -> None:
        before = facts(ledger)
        sent = len(world.notifier.messages)
        with pytest.raises(LedgerUnavailable, match="ledger in PostgreSQL") as caught:
            judge(world, 3, "record", lambda: way.becomes(mode))
        assert caught.value.retryable
        assert len(world.notifier.messages) == sent
        way.becomes(Mode.OPEN)
        assert facts(ledger) == before

    assert days_with(ledger, disturb) == undisturbed


@pytest.mark.real("postgres")
@pytest.mark.parametrize(
    "mode", [Mode.DOWN, Mode.MUTE, Mode.NOISE], ids=lambda mode: mode.name.lower()
)
def test_a_postgres_that_is_not_there_is_said_so_soon(
    tmp_path: Path, far: str, way: Proxy, mode: Mode, undisturbed
) -> None:
    """Before anything is read: one error that names the place, and no password."""
    ledger = sql_ledger(tmp_path, far)

    def disturb(world: World) -> None:
        way.becomes(mode)
        with pytest.raises(LedgerUnavailable, match=r"'postgres' at 127\.0\.0\.1"):
            world.judge(3)
        way.becomes(Mode.OPEN)

    assert days_with(ledger, disturb) == undisturbed


@pytest.mark.real("postgres")
@pytest.mark.parametrize("step", ["pull", "record", "write_report", "deliver_due"])
def test_a_postgres_that_hangs_up_once_costs_no_day(
    tmp_path: Path, far: str, way: Proxy, step: str, undisturbed
) -> None:
    """A restart between two transactions is not even noticed."""
    ledger = sql_ledger(tmp_path, far)

    def disturb(world: World) -> None:
        judge(world, 3, step, lambda: way.becomes(Mode.OPEN))

    assert days_with(ledger, disturb) == undisturbed


@pytest.mark.real("postgres")
def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    tmp_path: Path, far: str, way: Proxy, undisturbed
) -> None:
    """Nobody knows whether it was kept, so it is looked for before it is written again."""
    ledger = sql_ledger(tmp_path, far)

    def disturb(world: World) -> None:
        engine = ledger._database._opened()

        lost: list[object] = []

        def lose(connection: object) -> None:
            lost.append(connection)
            way.loses_an_answer = True

        def begin_losing() -> None:
            sa.event.listen(engine, "commit", lose, once=True)

        assert judge(world, 3, "record", begin_losing).revision == 1
        assert lost
        assert not way.loses_an_answer

    assert days_with(ledger, disturb) == undisturbed


@contextmanager
def held_back(way: Proxy) -> Iterator[None]:
    """Nothing of what the server says arrives, and no connection ends."""
    way.holds_back = True
    try:
        yield
    finally:
        way.holds_back = False


SILENT = "ledger in PostgreSQL 'postgres' at 127.0.0.1 did not answer: no answer came"
Freeze = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["stopped", "held back"])
def frozen(request: pytest.FixtureRequest, postgres_url: str, way: Proxy) -> Freeze:
    """A server whose processes stand still, and one that is no longer heard of."""
    if request.param == "held back":
        return partial(held_back, way)
    return partial(stopped, sa.make_url(postgres_url).query["host"])


@pytest.mark.real("postgres")
@pytest.mark.parametrize("words", ["INSERT INTO driftline_windows", "COMMIT"])
def test_a_postgres_that_freezes_in_a_query_is_given_up(
    tmp_path: Path, far: str, frozen: Freeze, words: str, undisturbed
) -> None:
    """Within the ledger's deadline; nothing is lost or there twice, and the day is made up."""
    ledger = sql_ledger(tmp_path, far, deadline_s=2)

    def disturb(world: World) -> None:
        engine = ledger._database._opened()
        begun: list[float] = []

        def freeze(*said: object) -> None:
            if not begun and (words == "COMMIT" or str(said[2]).startswith(words)):
                begun.append(time.monotonic())
                ice.enter_context(frozen())

        on = "commit" if words == "COMMIT" else "before_cursor_execute"
        listen = partial(sa.event.listen, engine, on, freeze)
        with ExitStack() as ice:
            with pytest.raises(
                LedgerUnavailable, match="ledger in PostgreSQL"
            ) as error:
                judge(world, 3, "record", listen)
            assert time.monotonic() - begun[0] < 30
        sa.event.remove(engine, on, freeze)
        assert error.value.retryable
        assert error.value.exit_code == 2

    assert days_with(ledger, disturb) == undisturbed


@pytest.mark.real("postgres")
def test_a_postgres_that_computes_for_too_long_is_told_to_stop(
    tmp_path: Path, far: str
) -> None:
    """It cancels the statement itself, and the ledger names the setting."""
    ledger = sql_ledger(tmp_path, far, deadline_s=2)
    with pytest.raises(LedgerUnavailable, match="`deadline_s`") as error:
        ledger._database.write(lambda c: c.exec_driver_sql("SELECT pg_sleep(60)"))
    assert error.value.retryable
    assert ledger.history(MONITOR) == []
    ledger.close()


@pytest.mark.real("postgres")
def test_a_slow_postgres_only_takes_longer(
    tmp_path: Path, far: str, way: Proxy, undisturbed
) -> None:
    """Every answer arrives in small pieces; the day ends as ever."""
    ledger = sql_ledger(tmp_path, far)
    way.pause_s, way.piece = 0.001, 64

    def disturb(world: World) -> None:
        judge(world, 3, "record", lambda: way.becomes(Mode.SLOW))
        way.becomes(Mode.OPEN)

    assert days_with(ledger, disturb) == undisturbed


@pytest.mark.real("postgres")
def test_a_full_disk_of_postgres_is_for_a_person(tmp_path: Path, far: str) -> None:
    """The server's own code for it says so in words, and no retry is promised."""
    full = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'disk_full'; END $$"
    ledger = sql_ledger(tmp_path, far)
    with pytest.raises(LedgerUnavailable, match="has a full disk") as caught:
        ledger._database.write(lambda connection: connection.exec_driver_sql(full))
    ledger.close()
    assert not caught.value.retryable


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def any_ledger(request: pytest.FixtureRequest, tmp_path: Path):
    """Every kind of ledger, new."""
    if request.param == "memory":
        return MemoryLedger()
    url = "sqlite:///ledger.db"
    if request.param == "postgres":
        url = request.getfixturevalue("far")
    return sql_ledger(tmp_path, url)


def test_a_lease_of_a_clock_that_was_ahead_ends(any_ledger) -> None:
    """A worker of next year died with it: the day is busy as long as any lease, no longer."""
    now, lease = FixedClock(NOW), timedelta(minutes=15)
    any_ledger.acquire(MONITOR, "2026-03-01", "ahead", now() + timedelta(days=365))
    with pytest.raises(WindowBusy, match="held by ahead until 2026-03-02"):
        any_ledger.acquire(MONITOR, "2026-03-01", "right", now())
    now.tick(lease)
    taken = any_ledger.acquire(MONITOR, "2026-03-01", "right", now())
    assert taken.fence == 2


@pytest.mark.parametrize("state", ["new", "claimed", "postponed"])
def test_an_action_of_a_clock_that_was_ahead_is_carried_out(any_ledger, state) -> None:
    """What next year's clock put out, began or put off is due when the clock is right."""
    ahead = NOW + timedelta(days=365)
    action = Action(ActionKind.LOG, "log/1", {})
    made = ahead if state == "new" else NOW
    assert any_ledger.note(MONITOR, "kind", "1", {}, made, [action])
    if state != "new":
        row = any_ledger.claim_action(MONITOR, "ahead", ahead)
        if state == "postponed":
            any_ledger.postpone_action(row, "down", ahead, for_good=False)
    row = any_ledger.claim_action(MONITOR, "right", NOW + timedelta(minutes=1))
    assert row is not None
    assert row.action == action
    assert any_ledger.claim_action(MONITOR, "third", NOW + timedelta(minutes=2)) is None
