"""Compare the month's spend, and its forecast, with the budgets of one monitor."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import prefect as runner
from driftline.app.surroundings import check_costs as check


@flow(name="check-costs", flow_run_name="{monitor}")
def check_costs(monitor: str) -> State[Any]:
    """A named state from the cost findings alone; nothing of the slice is read.

    Args:
        monitor: name of a file in monitors/
    """
    with wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(None, runner.scheduled_moment(job.clock()))
        verdict = check(job, window.day, runner.as_task)
    return runner.conclude_many(f"{monitor} costs", [(window.label, verdict)])


if __name__ == "__main__":
    check_costs("flights")
