"""Automations on Prefect's server, as `driftline deploy` makes and keeps them."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from driftline.errors import SettingsError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import Automation, AutomationCore

PAGE = 200
"""Automations that the server lists at once."""


@contextmanager
def server() -> "Iterator[SyncPrefectClient]":
    """The server of PREFECT_API_URL. Raises `SettingsError` where it does not answer."""
    from httpx import TransportError
    from prefect.client.orchestration import get_client

    try:
        with get_client(sync_client=True) as client:
            yield client
    except TransportError as error:
        raise SettingsError(
            f"Prefect's server did not answer ({type(error).__name__}): does it run, "
            "and is PREFECT_API_URL right?"
        ) from error


def kept(
    client: "SyncPrefectClient", wanted: "AutomationCore", known: "Automation | None"
) -> str:
    """The automation is as wanted; one that is so already keeps its waiting."""
    if known is None:
        client.create_automation(wanted)
        return f"made: {wanted.name}"
    if _content(known) == _content(wanted):
        return ""
    path = {"id": known.id}
    content = wanted.model_dump(mode="json", exclude={"owner_resource"})
    client.request("PUT", "/automations/{id}", path_params=path, json=content)
    return f"changed: {wanted.name}"


def called(client: "SyncPrefectClient", prefix: str) -> "Iterator[Automation]":
    """Every automation whose name begins so."""
    for offset in count(0, PAGE):
        found = client.read_automations(limit=PAGE, offset=offset)
        yield from (each for each in found if each.name.startswith(prefix))
        if len(found) < PAGE:
            return


def _content(automation: "AutomationCore") -> dict[str, Any]:
    """What a person would see of it: not the numbers that the server gives out."""
    return automation.model_dump(
        mode="json", exclude={"id": True, "trigger": {"id"}, "enabled": True}
    )
