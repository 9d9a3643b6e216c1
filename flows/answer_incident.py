"""Answer to the open incidents of one monitor, as the buttons in Slack do."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from driftline import wiring
from driftline.adapters.runners import messages as runner
from driftline.adapters.runners.prefect import discreet
from driftline.app.answer import take
from driftline.app.monitor_day import deliver_due
from driftline.core.action import Answer
from driftline.ports import Reply


@flow(name="answer-incident", flow_run_name="{monitor}: {answer}")
def answer_incident(monitor: str, answer: Answer, author: str) -> State[Any]:
    """Acknowledge, silence, retrain, approve or call a false alarm, once per run.

    Args:
        monitor: Name of a file in monitors/, without .yaml.
        answer: Silence is for seven days and for what the open incidents are about.
        author: Who answers; kept in the ledger and shown in the thread.
    """
    with discreet(), wiring.open_job(monitor) as job:
        said = take(job, Reply(runner.run_key(), answer, monitor, author))
        deliver_due(job)
    return runner.conclude_answer(said)


if __name__ == "__main__":
    answer_incident("flights", Answer.ACKNOWLEDGE, "somebody")
