"""Alarms of several projects on one real Prefect server."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.schemas.automations import Automation, EventTrigger, Posture
from prefect.settings import PREFECT_API_URL, temporary_settings

from driftline.adapters.runners import alarm

pytestmark = pytest.mark.real("prefect")

OTHER = alarm.Project("other", f"{alarm.FLOW}/of-alarms")
OWN = alarm.Project("own", f"{alarm.FLOW}/of-alarms")


@pytest.fixture(scope="module")
def client(prefect_api: str) -> Iterator[SyncPrefectClient]:
    """The server, with a deployment that looks for missing verdicts."""
    with (
        temporary_settings({PREFECT_API_URL: prefect_api}),
        get_client(sync_client=True) as opened,
    ):
        flow = opened.create_flow_from_name(alarm.FLOW)
        deployed = opened.create_deployment(flow_id=flow, name="of-alarms")
        yield opened
        for project in (OWN, OTHER):
            alarm.set_up([], project)
        opened.delete_deployment(deployed)


def alarms(*monitors: str, hours: int = 26) -> list[alarm.Alarm]:
    return [alarm.Alarm(name, timedelta(hours=hours)) for name in monitors]


def held(client: SyncPrefectClient, project: alarm.Project) -> dict[str, str]:
    """The automations of a project, by monitor."""
    found = client.read_automations(limit=200)
    ours = [each for each in found if project.tag in each.tags]
    return {each.name.removeprefix(alarm.PREFIX): str(each.id) for each in ours}


def test_a_folder_touches_only_its_own_alarms(client: SyncPrefectClient) -> None:
    """What another project has on the server stays, whatever this one makes or drops."""
    alarm.set_up(alarms("orders"), OTHER)
    theirs = held(client, OTHER)
    said = alarm.set_up(alarms("returns"), OWN)
    assert said == [f"made: {alarm.PREFIX}returns"]
    assert alarm.set_up([], OWN) == [f"removed: {alarm.PREFIX}returns"]
    assert held(client, OTHER) == theirs
    assert held(client, OWN) == {}


def test_a_moved_folder_and_a_clone_change_nothing(client: SyncPrefectClient) -> None:
    """The name is the same wherever the project is deployed from."""
    alarm.set_up(alarms("orders"), OWN)
    before = held(client, OWN)
    clone = alarm.Project(OWN.name, OWN.deployment)
    assert not [s for s in alarm.set_up(alarms("orders"), clone) if "alone" not in s]
    assert held(client, OWN) == before


def test_a_renamed_monitor_loses_the_alarm_of_its_old_name(
    client: SyncPrefectClient,
) -> None:
    """Another project's monitor of the old name keeps its own."""
    alarm.set_up(alarms("orders"), OTHER)
    alarm.set_up(alarms("orders"), OWN)
    said = alarm.set_up(alarms("sales"), OWN)
    assert said == [f"made: {alarm.PREFIX}sales", f"removed: {alarm.PREFIX}orders"]
    assert list(held(client, OTHER)) == ["orders"]


def test_a_monitor_of_the_same_name_elsewhere_is_said_and_left_alone(
    client: SyncPrefectClient,
) -> None:
    """Each has its alarm; whoever deploys reads that there is another one."""
    monitor = f"m{uuid4().hex[:6]}"
    alarm.set_up(alarms(monitor, hours=30), OTHER)
    said = alarm.set_up(alarms(monitor), OWN)
    assert (
        f"left alone: {alarm.PREFIX}{monitor}, another one that is not of own" in said
    )
    assert held(client, OTHER)[monitor] != held(client, OWN)[monitor]


def automation(monitor: str, *tags: str) -> Automation:
    """One as the server lists it."""
    trigger = EventTrigger(posture=Posture.Proactive, threshold=1, within=timedelta(1))
    name = alarm.PREFIX + monitor
    return Automation(
        id=uuid4(), name=name, tags=["driftline", *tags], trigger=trigger, actions=[]
    )


def test_an_alarm_of_no_project_becomes_the_one_of_its_monitor() -> None:
    """Left alone beside a new one it would tell twice, for ever."""
    mine, theirs = automation("orders"), automation("orders", OTHER.tag)
    strange, gone = automation("returns"), automation("sales", OWN.tag)
    known = [mine, theirs, strange, gone]
    wanted = {alarm.PREFIX + "orders"}
    assert list(alarm.owned(known, wanted, OWN).values()) == [mine, gone]
    tagged = automation("orders", OWN.tag)
    assert alarm.owned([mine, tagged], wanted, OWN) == {tagged.name: tagged}
