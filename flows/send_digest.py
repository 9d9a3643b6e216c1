"""Tell the week of every monitor, once in each channel."""

from contextlib import ExitStack
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import messages as runner
from driftline.adapters.runners.prefect import Day, discreet
from driftline.app.digest import send_digests


@flow(name="send-digest")
def send_digest(
    monitors: list[str] | None = None, day: Day | None = None
) -> State[Any]:
    """Tell the week: what was watched, what is open, what was answered.

    Args:
        monitors: Names of files in monitors/, without .yaml; all of them when not set.
        day: A local date in the week to tell. Without it, the last complete week.
    """
    names = monitors or wiring.monitor_names(wiring.project_root())
    with discreet(), ExitStack() as stack:
        jobs = [stack.enter_context(wiring.open_job(name)) for name in names]
        return runner.conclude_deliveries({"digest": send_digests(jobs, day)})


if __name__ == "__main__":
    send_digest()
