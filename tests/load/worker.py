"""A worker process: backfills monitors one after the other, until it ends or is killed.

`python -m tests.load.worker MINUTES FIRST LAST NAME...` in a project's folder, with a
clock that is so many minutes ahead: leases and claims of a worker that was killed before
have run out. A monitor whose backfill ended is not begun again. It leaves with the worst
exit code of its monitors.
"""

import sys
from datetime import date, datetime, timedelta

import typer

from driftline import wiring
from driftline.cli import days
from tests.load.figures import note_usage
from tests.load.history import History


def main(minutes: str, first: str, last: str, *names: str) -> int:
    """The worst exit code."""
    set_clock_ahead(int(minutes))
    history = History(wiring.project_root())
    span = date.fromisoformat(first), date.fromisoformat(last)
    ended = ended_by_now(history)
    left = [backfilled(history, name, *span) for name in names if name not in ended]
    note_usage(history)
    return max(left, default=0)


def set_clock_ahead(minutes: int) -> None:
    """Every job that is opened from now on believes that it is so much later."""
    by = timedelta(minutes=minutes)

    def later() -> datetime:
        return wiring.now() + by

    wiring.build_job.__kwdefaults__["clock"] = later


def ended_by_now(history: History) -> set[str]:
    """The monitors of which no worker has to begin the backfill again."""
    own = [
        o for o in history.operations() if o.what == "backfill" and o.phase == "done"
    ]
    return {o.monitor for o in own if o.detail != "75"}


def backfilled(history: History, name: str, first: date, last: date) -> int:
    """The exit code of `driftline backfill`."""
    history.note("begun", "backfill", name, f"{first} {last}")
    try:
        days.backfill(name, first, last)
    except typer.Exit as left:
        history.note("done", "backfill", name, f"{first} {last}", str(left.exit_code))
        return left.exit_code
    raise AssertionError("the command has not left")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
