"""Send what waits in the outbox of every monitor and is due by now."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import messages as runner
from driftline.adapters.runners.prefect import discreet
from driftline.app.monitor_day import deliver_due


@flow(name="deliver-messages")
def deliver_messages(monitors: list[str] | None = None) -> State[Any]:
    """Send what failed before, waited for the morning, or goes to somebody else now.

    Args:
        monitors: Names of files in monitors/, without .yaml; all of them when not set.
    """
    names = monitors or wiring.monitor_names(wiring.project_root())
    with discreet():
        return runner.conclude_deliveries(runner.over_monitors(deliver_one, names))


def deliver_one(monitor: str) -> list[Any]:
    """What became of the monitor's messages."""
    with wiring.open_job(monitor) as job:
        return deliver_due(job)


if __name__ == "__main__":
    deliver_messages()
