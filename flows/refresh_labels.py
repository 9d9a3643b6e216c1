"""Judge again the recent windows whose rows or labels have changed since."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import alarm
from driftline.adapters.runners import prefect as runner
from driftline.app.overdue import awaited
from driftline.app.refresh import refresh
from driftline.errors import DriftlineError


@flow(name="refresh-labels", flow_run_name="{monitor}")
def refresh_labels(monitor: str, day: runner.Day | None = None) -> State[Any]:
    """Judge again every recent day whose rows or labels have changed, oldest first.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
        day: The last local date to look at. Without it, the last complete day before
            the run was due.
    """
    busy: list[DriftlineError] = []
    with runner.discreet(), wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(day, runner.scheduled_moment(job.clock()))
        runner.name_run(f"{monitor} up to {window.label}")
        reports = refresh(job, window, runner.as_task, busy.append)
        alarm.wind(monitor, awaited(job))
    return runner.conclude_many(monitor, reports, busy)


if __name__ == "__main__":
    refresh_labels("flights")
