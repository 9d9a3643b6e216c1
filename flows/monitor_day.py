"""Judge one window of one monitor: pull, profile, validate, measure, decide, act."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import prefect as runner
from driftline.app.monitor_day import monitor_day as judge
from driftline.errors import WindowBusy


@flow(name="monitor-day", flow_run_name="{monitor}")
def monitor_day(
    monitor: str, day: runner.Day | None = None, dry_run: bool = False
) -> State[Any]:
    """Judge one day of a model, once: verdict, report, messages, retraining request.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
        day: Local date in the monitor's time zone. Without it, the last complete day
            before the run was due.
        dry_run: Judge, but record nothing and tell nobody.
    """
    with runner.discreet(), wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(day, runner.scheduled_moment(job.clock()))
        runner.name_run(f"{monitor} {window.label}")
        try:
            report = judge(job, window, runner.as_task, dry_run=dry_run)
        except WindowBusy as busy:
            return runner.conclude_unstarted(runner.BUSY, str(busy))
    return runner.conclude(monitor, report, dry_run=dry_run)


if __name__ == "__main__":
    monitor_day("flights")
