"""Retraining by an event that a deployment's trigger waits for.

Whoever listens decides what runs: `prefect.yaml` has a trigger for the deployment
`retrain-model/on-request`, and an automation of one's own may start something else.
"""

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.dispatchers._prefect_server import (
    answering,
    halted,
    refuse_if_halted,
    resumed,
    server,
)
from driftline.ports import Context, Dispatcher, RetrainRequest

if TYPE_CHECKING:
    from prefect.events import Event

EVENT = "driftline.retraining.requested"


class Settings(BaseModel):
    """Which server."""

    model_config = ConfigDict(extra="forbid")

    api_url: str | None = Field(
        default=None,
        description="Prefect's API; Prefect's own setting when it is absent",
    )


class PrefectEvent(Dispatcher):
    """Sends one event per key: an event that comes again has the same ID.

    Should a trigger fire twice all the same, the second run finds what the first has
    left in the ledger and trains nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, request: RetrainRequest) -> str:
        """Send the event and return its ID; whether something waits for it is not known.

        An approved request lets the suspended run go on, and returns that one's ID. Where
        none is suspended, the event is sent: the run that it starts finds the approval.
        """
        from prefect.client.orchestration import get_client

        event = event_of(request)
        with server(self._settings.api_url), answering(f"the event {EVENT!r}"):
            refuse_if_halted(request.monitor)
            if run := resumed(request):
                return run
            with get_client(sync_client=True) as client:
                client.request("POST", "/events", json=[event.model_dump(mode="json")])
        return str(event.id)

    def halted(self, monitor: str) -> str:
        """What the variable `driftline_retraining` says; nothing where no server answers."""
        return halted(self._settings.api_url, monitor)


def event_of(request: RetrainRequest) -> "Event":
    """The event as the server takes it; its ID is made of the request's key."""
    from prefect.events import Event, Resource

    key = f"{request.key}/approved" if request.approved else request.key
    resource = {
        "prefect.resource.id": f"driftline.monitor.{request.monitor}",
        "prefect.resource.name": request.monitor,
    }
    payload = {
        "key": request.key,
        "monitor": request.monitor,
        "as_of": request.as_of.isoformat(),
        "reason": request.reason,
    }
    return Event(
        id=uuid5(NAMESPACE_URL, f"driftline:{key}"),
        event=EVENT,
        resource=Resource(resource),
        payload=payload,
    )


def build(settings: Settings, context: Context) -> PrefectEvent:
    """A dispatcher that has not connected yet."""
    return PrefectEvent(settings)
