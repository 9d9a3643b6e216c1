"""Many monitors, many workers and a long backfill, killed at random: nothing lost or twice."""

import signal
from pathlib import Path

import numpy as np
import pytest

from tests.load.checker import Records, days_in_order, first_violation
from tests.load.conftest import Size
from tests.load.figures import figures, keep
from tests.load.killing import LATER, LONGEST_S, Workers, moments, workers
from tests.load.project import day_of, make_project
from tests.load.records import contradictions, gathered
from tests.servers.postgres import postgres
from tests.servers.prefect import prefect_environment
from tests.servers.slack import SlackServer

pytestmark = [pytest.mark.load, pytest.mark.timeout(LONGEST_S)]

OPERATIONS = 14
"""In the history of a day, about."""

SQLITE = "sqlite:///ledger.db"


def proved(records: Records, pool: Workers, *more) -> None:
    """No check finds anything; else the first violation with its context is shown."""
    found = first_violation(records, *more)
    assert found is None, f"{found}\n\n{pool.log()}"


def kept(size: Size, name: str, work: str, records: Records, pool: Workers) -> None:
    """What the full size cost is kept."""
    if size.figures is not None:
        keep(size.figures, name, figures(work, records.history, pool.killed))


def told_and_asked(records: Records) -> bool:
    """Whether there was anything to lose."""
    return bool(records.posted and records.runs)


def test_a_year_of_backfill_that_is_killed_five_times(
    tmp_path: Path, workspace: SlackServer, size: Size
) -> None:
    """One worker at a time, begun again after each kill: every day once and in order."""
    monitors, length = size.year
    names = make_project(tmp_path, monitors, range(length), workspace.url, SQLITE)
    span = (day_of(0).isoformat(), day_of(length - 1).isoformat(), *names)
    rng = np.random.default_rng(5)
    with workers(tmp_path) as pool:
        pool.start("-m", "tests.load.worker", "0", *span)
        for _ in pool.kill_at(
            moments(rng, 5, monitors * length * OPERATIONS), rng.integers
        ):
            late = str(LATER * pool.killed)
            pool.start("-m", "tests.load.worker", late, *span)
        *_, last = pool.end()
    records = gathered(tmp_path, names, range(length), workspace)
    assert pool.killed == 5
    assert last in (0, 1), pool.log()
    assert told_and_asked(records)
    proved(records, pool, days_in_order)
    assert contradictions(tmp_path, names[0]) == []
    work = f"{monitors} monitors x {length} days, SQLite, 5 kills"
    kept(size, "year", work, records, pool)


@pytest.mark.real("postgres")
def test_eight_workers_on_one_postgres(
    tmp_path: Path, workspace: SlackServer, size: Size
) -> None:
    """All are asked for the same days, each in an order of its own; three are killed.

    Whoever comes second finds the window busy and goes on; a last worker takes what the
    killed ones held.
    """
    monitors, length = size.team
    rng = np.random.default_rng(8)
    days = range(18, 18 + length)
    with postgres() as url, workers(tmp_path / "project") as pool:
        names = make_project(pool.root, monitors, days, workspace.url, url)
        span = (day_of(days[0]).isoformat(), day_of(days[-1]).isoformat())

        def start(late: int) -> None:
            order = rng.permutation(names).tolist()
            pool.start("-m", "tests.load.worker", str(late), *span, *order)

        for _ in range(8):
            start(0)
        for _ in pool.kill_at(
            moments(rng, 3, monitors * length * OPERATIONS), rng.integers
        ):
            start(0)
        codes = pool.end()
        start(LATER)
        *_, last = pool.end()
        records = gathered(pool.root, names, days, workspace)
        assert contradictions(pool.root, names[0]) == []
    assert pool.killed == 3
    assert {*codes} <= {0, 1, 75, -signal.SIGKILL}, pool.log()
    assert last in (0, 1), pool.log()
    assert told_and_asked(records)
    proved(records, pool)
    work = (
        f"8 workers, the same {monitors} monitors x {length} days, PostgreSQL, 3 kills"
    )
    kept(size, "team", work, records, pool)


@pytest.mark.real("prefect")
def test_a_fleet_that_falls_due_at_once(
    tmp_path: Path, workspace: SlackServer, prefect_api: str, size: Size
) -> None:
    """One flow run judges them all; when it is killed the next one finishes what is left."""
    kills = 2 if size.figures else 1
    names = make_project(tmp_path, size.fleet, range(8, 10), workspace.url, SQLITE)
    due = day_of(8).isoformat()
    rng = np.random.default_rng(500)
    prefect = prefect_environment(prefect_api, str(tmp_path / ".prefect"))
    with workers(tmp_path, **prefect) as pool:
        pool.start("-m", "tests.load.fleet", "0", due)
        for _ in pool.kill_at(
            moments(rng, kills, size.fleet * OPERATIONS), rng.integers
        ):
            pool.start("-m", "tests.load.fleet", str(LATER * pool.killed), due)
        *_, last = pool.end()
    records = gathered(tmp_path, names, [8], workspace)
    assert pool.killed == kills
    assert last == 0, pool.log()
    assert records.posted
    proved(records, pool)
    assert contradictions(tmp_path, names[0]) == []
    kept(
        size, "fleet", f"{size.fleet} monitors at once, SQLite, 2 kills", records, pool
    )
