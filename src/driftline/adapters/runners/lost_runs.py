"""Runs that nobody works on any more: an automation of the server calls them crashed.

Where a machine is lost, the flow and its worker end without a word, and Prefect would
show the run as running for ever. A run sends heartbeats (`PREFECT_FLOWS_HEARTBEAT_FREQUENCY`,
every 180 seconds by default). When one is followed by nothing, neither another one nor any
other state, nobody works on the run. The ledger needs none of this: the next run judges
what the lost one left.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from driftline.adapters.runners import _automations

if TYPE_CHECKING:
    from prefect.events.schemas.automations import AutomationCore

NAME = "driftline: lost runs of "
"""Before the name of the project whose `driftline deploy` keeps the automation."""

TAG = "driftline"
"""What every deployment of prefect.yaml, and so every run of one, is tagged with."""

SILENCE = timedelta(minutes=10)
"""Three heartbeats of the default, and some."""


def set_up(project: str, silence: timedelta = SILENCE) -> list[str]:
    """The project's automation is there; says what changed, which is nothing twice."""
    wanted = _automation(project, silence)
    with _automations.server() as client:
        known = [
            each
            for each in _automations.called(client, wanted.name)
            if each.name == wanted.name
        ]
        said = _automations.kept(client, wanted, known[0] if known else None)
    return [said] if said else []


def _automation(project: str, silence: timedelta) -> "AutomationCore":
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    trigger = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        # All of them: our states have names of their own, and a suspended run is no lost one.
        expect={"prefect.flow-run.*"},
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related={
            "prefect.resource.id": f"prefect.tag.{TAG}",
            "prefect.resource.role": "tag",
        },
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=silence,
    )
    said = "Nothing was heard of it any more; the next run makes up for what it left."
    return AutomationCore(
        name=NAME + project,
        description="Calls a run crashed whose process or machine is gone.",
        tags=["driftline"],
        trigger=trigger,
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=said)],
    )
