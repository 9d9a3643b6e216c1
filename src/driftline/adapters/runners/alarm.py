"""The dead man's switch: a proactive automation that fires when no verdict came in time.

A monitor's automation waits for the event `AWAITED` of that monitor. Every run that
judges sends one whose time is that at which the wait for the *next* verdict begins, so
that the automation fires exactly at the deadline, on days when clocks change too, and
verdicts on other days do not put it off. What fires looks into the ledger first: the
automation only wakes it.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from driftline.adapters.runners import _automations
from driftline.adapters.runners._reports import Delivered
from driftline.core.window import Window
from driftline.errors import SettingsError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import State
    from prefect.events.schemas.automations import Automation, AutomationCore

AWAITED = "driftline.verdict.awaited"

PREFIX = "driftline: no verdict on "
"""Automations called so are made, changed and removed by `driftline deploy`."""

OWNER = "driftline-project:"
"""The tag that says which project an automation is of."""

FLOW = "watch-deadline"
DEPLOYMENT = f"{FLOW}/overdue"

LEAST_S = 10
"""The shortest wait that Prefect knows, in seconds."""


@dataclass(frozen=True, slots=True)
class Project:
    """Whose automations they are, and which deployment they start.

    The name is that of prefect.yaml: it moves with the folder, and every clone has it.
    """

    name: str
    deployment: str = DEPLOYMENT

    @property
    def tag(self) -> str:
        """What its automations carry."""
        return OWNER + self.name


@dataclass(frozen=True, slots=True)
class Alarm:
    """One monitor's alarm: how long is waited, and who tells besides our own flow."""

    monitor: str
    wait: timedelta
    block: str | None = None


def wind(monitor: str, awaited: tuple[datetime, datetime] | None) -> None:
    """The alarm of the monitor goes off at the deadline, unless it is wound again.

    `awaited` is when the wait begins, which may be to come, and the deadline. Nothing
    happens without it, nor twice when it is said twice.
    """
    if awaited is None:
        return
    from prefect.events import emit_event

    begins, deadline = awaited
    emit_event(
        AWAITED,
        occurred=begins.astimezone(UTC),
        resource={
            "prefect.resource.id": resource_of(monitor),
            "prefect.resource.name": monitor,
        },
        payload={"monitor": monitor, "deadline": deadline.isoformat()},
    )


def set_up(alarms: Sequence[Alarm], project: Project) -> list[str]:
    """One automation per alarm, the project's others removed; says what changed.

    Doing it again changes nothing. Automations of other projects are left alone. Raises
    `SettingsError` where the server does not answer, or lacks the deployment or a block.
    """
    with _automations.server() as client:
        return list(_changes(client, alarms, project))


def _changes(
    client: "SyncPrefectClient", alarms: Sequence[Alarm], project: Project
) -> Iterator[str]:
    known = list(_automations.called(client, PREFIX))
    wanted = {
        PREFIX + each.monitor: _automation(client, each, project) for each in alarms
    }
    ours = owned(known, wanted, project)
    mine = {each.id for each in ours.values()}
    others = {each.name for each in known if each.id not in mine}
    for name, core in wanted.items():
        if said := _automations.kept(client, core, ours.get(name)):
            yield said
        if name in others:
            yield f"left alone: {name}, another one that is not of {project.name}"
    for name in ours.keys() - wanted.keys():
        client.delete_automation(ours[name].id)
        yield f"removed: {name}"


def conclude_deadline(
    windows: Sequence[Window], deliveries: Iterable[Delivered]
) -> "State[Any]":
    """`Overdue` where verdicts are missing; `Failed` where people could not be told."""
    from prefect.states import Completed, Failed

    lost = [each.detail for each in deliveries if each.state == "failed"]
    if lost:
        return Failed(message="; ".join(lost)[:500])
    if not windows:
        return Completed(name="InTime", message="every verdict that was due is there")
    labels = ", ".join(window.label for window in windows[-10:])
    return Completed(name="Overdue", message=f"no verdict for {labels}")


def resource_of(monitor: str) -> str:
    """What events of the monitor are about."""
    return f"driftline.monitor.{monitor}"


def _automation(
    client: "SyncPrefectClient", alarm: Alarm, project: Project
) -> "AutomationCore":
    from prefect.events.actions import RunDeployment
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    trigger = EventTrigger(
        expect={AWAITED},
        after={AWAITED},
        match={"prefect.resource.id": resource_of(alarm.monitor)},
        posture=Posture.Proactive,
        threshold=1,
        within=max(alarm.wait, timedelta(seconds=LEAST_S)),
    )
    run = RunDeployment(
        deployment_id=_deployment(client, project.deployment),
        parameters={"monitor": alarm.monitor},
    )
    return AutomationCore(
        name=PREFIX + alarm.monitor,
        description="Fires when the monitor's verdict is not there by the stated hour.",
        tags=["driftline", project.tag],
        trigger=trigger,
        actions=[run, *_notification(client, alarm)],
    )


def _deployment(client: "SyncPrefectClient", name: str) -> Any:
    from prefect.exceptions import ObjectNotFound

    try:
        return client.read_deployment_by_name(name).id
    except ObjectNotFound:
        raise SettingsError(
            f"Prefect has no deployment {name!r}; it is in the prefect.yaml that "
            "`driftline init --prefect` writes"
        ) from None


def _notification(client: "SyncPrefectClient", alarm: Alarm) -> list[Any]:
    """The server's own message, for when no worker is left to send ours."""
    from prefect.events.actions import SendNotification
    from prefect.exceptions import ObjectNotFound

    if alarm.block is None:
        return []
    kind, _, name = alarm.block.partition("/")
    try:
        block = client.read_block_document_by_name(name, kind)
    except ObjectNotFound:
        raise SettingsError(
            f"{alarm.monitor}: Prefect has no block {alarm.block!r} for `verdict_by`"
        ) from None
    said = f"{alarm.monitor}: no verdict by the stated hour. Is a worker there?"
    return [SendNotification(block_document_id=block.id, subject=said, body=said)]


def owned(
    known: "Sequence[Automation]", wanted: Container[str], project: Project
) -> "dict[str, Automation]":
    """By name, the project's automations, and the wanted ones that are of no project."""
    of_none = (e for e in known if not any(t.startswith(OWNER) for t in e.tags))
    adopted = {each.name: each for each in of_none if each.name in wanted}
    return adopted | {each.name: each for each in known if project.tag in each.tags}
