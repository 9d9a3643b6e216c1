"""Plant a fault into a copy of a day, and see that it would be told."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import drills
from driftline.adapters.runners.prefect import Day, discreet
from driftline.app.drill.drill import held_drill


@flow(name="drill-monitor", flow_run_name="{monitor}")
def drill_monitor(monitor: str, day: Day | None = None) -> State[Any]:
    """Drill the chain from a fault to its message; people hear of a link that fails.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
        day: Local date of the day whose rows are copied. Without it, the latest one
            that was judged.
    """
    with discreet(), wiring.open_job(monitor) as job:
        done = held_drill(job, wiring.scratch_ledger, day)
    return drills.conclude(monitor, done)


if __name__ == "__main__":
    drill_monitor("flights")
