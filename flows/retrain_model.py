"""Train a challenger, hold it against the champion, and promote it only if it is better."""

from datetime import date
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import prefect as runner
from driftline.app.retrain_model import retrain_model as retrain


@flow(name="retrain-model", flow_run_name="{monitor} {as_of}")
def retrain_model(
    monitor: str, as_of: date | None = None, reason: str = "started by hand"
) -> State[Any]:
    """A challenger registered with its reference; the alias moves only if it pays.

    Args:
        monitor: name of a file in monitors/
        as_of: train on labelled rows up to this local date, included
        reason: shown in Slack and kept in the ledger
    """
    with wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(as_of, runner.scheduled_moment(job.clock()))
        outcome = retrain(job, window, reason, runner.as_task)
    return runner.conclude_retraining(
        monitor, promoted=outcome.promoted, reason=outcome.reason
    )


if __name__ == "__main__":
    retrain_model("flights")
