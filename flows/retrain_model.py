"""Train a challenger, hold it against the champion, and promote it only if it is better."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import prefect as runner
from driftline.app.retraining import approval
from driftline.app.retraining.retrain import retrain_model as retrain


@flow(name="retrain-model", flow_run_name="{monitor}")
def retrain_model(
    monitor: str, as_of: runner.Day | None = None, reason: str = "started by hand"
) -> State[Any]:
    """Register a challenger with its reference; the alias moves only if it is better.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
        as_of: Train on labelled rows up to this local date, included. Without it, up
            to the last complete day before the run was due.
        reason: Why, for the message and the ledger.
    """
    with runner.discreet(), wiring.open_job(monitor, run_link=runner.run_link()) as job:
        window = job.window_of(as_of, runner.scheduled_moment(job.clock()))
        runner.name_run(f"{monitor} as of {window.label}")
        if why := approval.halted(job):
            return runner.conclude_unstarted("SwitchedOff", why)
        if question := approval.open_question(job, window):
            answer = runner.ask_approval(f"{reason.rstrip('.')}; {question}")
            if answer is None:
                return runner.conclude_unstarted("WaitsForApproval", question)
            agreed, author = answer
            approval.settle(job, window, author, agreed=agreed)
            if not agreed:
                return runner.conclude_unstarted("Refused", f"refused by {author}")
        outcome = retrain(job, window, reason, runner.as_task)
    return runner.conclude_retraining(monitor, window.label, outcome)


if __name__ == "__main__":
    retrain_model("flights")
