"""Compare the month's spend, and its forecast, with the budgets of one monitor."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import prefect as runner
from driftline.app.surroundings import check_costs as check


@flow(name="check-costs", flow_run_name="{monitor}")
def check_costs(monitor: str) -> State[Any]:
    """Judge this month's spend, and its forecast, by the budgets; no rows are read.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
    """
    with runner.discreet(), wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(None, runner.scheduled_moment(job.clock()))
        runner.name_run(f"{monitor} {window.label}")
        verdict = check(job, window.day, runner.as_task)
    return runner.conclude_costs(monitor, window.label, verdict)


if __name__ == "__main__":
    check_costs("flights")
