"""Judge what is due of one monitor: pull, profile, validate, measure, decide, act."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import alarm
from driftline.adapters.runners import prefect as runner
from driftline.app.catch_up import judge_due
from driftline.app.overdue import awaited
from driftline.ports import call


@flow(name="monitor-day", flow_run_name="{monitor}")
def monitor_day(
    monitor: str,
    day: runner.Day | None = None,
    dry_run: bool = False,
    force: bool = False,
) -> State[Any]:
    """Judge one day of a model, once: verdict, report, messages, retraining request.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
        day: Local date in the monitor's time zone. Without it, the last complete day
            before the run was due, and every missed day before and after it.
        dry_run: Judge, but record nothing and tell nobody.
        force: Judge the day anew, although it is judged and nothing of it has changed.
    """
    with runner.discreet(), wiring.open_job(monitor, run_link=runner.run_link()) as job:
        moment = runner.scheduled_moment(job.clock())
        runner.name_run(f"{monitor} {job.window_of(day, moment).label}")
        wait = runner.patiently if day is None else call
        try:
            reports = wait(
                judge_due, job, day, moment, runner.as_task, dry_run=dry_run, anew=force
            )
        except runner.HELD as busy:
            return runner.conclude_unstarted(runner.BUSY, str(busy))
        alarm.wind(monitor, awaited(job))
    return runner.conclude_days(monitor, reports, dry_run=dry_run)


if __name__ == "__main__":
    monitor_day("flights")
