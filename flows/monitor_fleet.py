"""Judge what is due of many monitors, side by side."""

from datetime import date, datetime
from functools import partial
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import alarm, fleet
from driftline.adapters.runners import prefect as runner
from driftline.app.catch_up import judge_due
from driftline.app.monitor_day import DayReport
from driftline.app.overdue import awaited


@flow(name="monitor-fleet")
def monitor_fleet(
    monitors: list[str] | None = None,
    day: date | None = None,
    task_runner: Literal["threads", "dask"] = "threads",
    workers: int = 4,
    address: str | None = None,
) -> State[Any]:
    """Judge one day of many models, each once, on threads or on a Dask cluster.

    Args:
        monitors: Names of files in monitors/, without .yaml; all of them when not set.
        day: Local date in each monitor's time zone. Without it, the last complete day
            before the run was due, and every missed day before and after it.
        task_runner: threads of this process, or dask (driftline[dask]).
        workers: How many monitors are judged at a time.
        address: A running Dask scheduler (tcp://host:8786); else one is started here.
    """
    due = runner.scheduled_moment(wiring.now())
    names = monitors or wiring.monitor_names(wiring.project_root())
    with runner.discreet():
        tasks = fleet.task_runner(task_runner, workers, address)
        ended = fleet.over_fleet(partial(judge_one, day, due), names, tasks)
    return fleet.conclude_fleet(ended)


def judge_one(day: date | None, due: datetime, monitor: str) -> DayReport:
    """What is due of the monitor, judged with its own adapters: the newest window."""
    with wiring.open_job(monitor) as job:
        reports = judge_due(job, day, due)
        alarm.wind(monitor, awaited(job))
    return reports[-1]


if __name__ == "__main__":
    monitor_fleet()
