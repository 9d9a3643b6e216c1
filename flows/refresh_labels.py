"""Judge again the recent windows whose rows or labels have changed since."""

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import prefect as runner
from driftline.app.refresh import refresh


@flow(name="refresh-labels", flow_run_name="{monitor}")
def refresh_labels(monitor: str, day: date | None = None) -> State[Any]:
    """Every changed window of the label period restated, oldest first.

    Args:
        monitor: name of a file in monitors/
        day: the last local date to look at; without it, the last complete day
    """
    with wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(day, runner.scheduled_moment(job.clock()))
        reports = refresh(job, window, runner.as_task)
    judged = [(report.window.label, report.verdict) for report in reports]
    return runner.conclude_many(monitor, judged)


if __name__ == "__main__":
    refresh_labels("flights")
