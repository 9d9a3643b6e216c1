"""Judge many past windows of one monitor, oldest first, by the path of every other day."""

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import alarm
from driftline.adapters.runners import prefect as runner
from driftline.app.backfill import backfill
from driftline.app.overdue import awaited
from driftline.errors import DriftlineError


@flow(name="backfill-days", flow_run_name="{monitor} {first} to {last}")
def backfill_days(monitor: str, first: runner.Day, last: runner.Day) -> State[Any]:
    """Judge every day from the first to the last; days judged before are left alone.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
        first: Local date of the first day.
        last: Local date of the last day, included.
    """
    busy: list[DriftlineError] = []
    with runner.discreet(), wiring.open_job(monitor, run_link=runner.run_link()) as job:
        reports = backfill(job, first, last, runner.as_task, on_busy=busy.append)
        alarm.wind(monitor, awaited(job))
    return runner.conclude_many(monitor, reports, busy)


if __name__ == "__main__":
    backfill_days("flights", date(2013, 3, 1), date(2013, 3, 7))
