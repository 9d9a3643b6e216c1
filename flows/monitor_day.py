"""Judge one window of one monitor: pull, profile, validate, measure, decide, act."""

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import prefect as runner
from driftline.app.monitor_day import monitor_day as judge


@flow(name="monitor-day", flow_run_name="{monitor} {day}")
def monitor_day(
    monitor: str, day: date | None = None, dry_run: bool = False
) -> State[Any]:
    """The verdict of one day; without `day`, of the last complete one before the run was due.

    Args:
        monitor: name of a file in monitors/
        day: local date in the monitor's time zone
        dry_run: judge, but record nothing and tell nobody
    """
    with wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(day, runner.scheduled_moment(job.clock()))
        report = judge(job, window, runner.as_task, dry_run=dry_run)
    return runner.conclude(
        monitor, report.window.label, report.verdict, report.findings
    )


if __name__ == "__main__":
    monitor_day("flights")
