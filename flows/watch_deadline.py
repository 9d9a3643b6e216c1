"""Tell that a monitor has no verdict by the hour that its file states."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import alarm
from driftline.adapters.runners.prefect import discreet
from driftline.app.overdue import awaited, tell_overdue


@flow(name="watch-deadline", flow_run_name="{monitor}")
def watch_deadline(monitor: str) -> State[Any]:
    """Look whether verdicts are missing, tell people once, and wait for the next one.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
    """
    with discreet(), wiring.open_job(monitor) as job:
        windows, deliveries = tell_overdue(job)
        alarm.wind(monitor, awaited(job))
    return alarm.conclude_deadline(windows, deliveries)


if __name__ == "__main__":
    watch_deadline("flights")
