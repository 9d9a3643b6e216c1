"""Retraining as a run of a Prefect deployment, on whatever its work pool runs on."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.dispatchers._prefect_server import (
    answering,
    halted,
    refuse_if_halted,
    resumed,
    server,
)
from driftline.errors import DeliveryFailed
from driftline.ports import Context, Dispatcher, RetrainRequest

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun


class Settings(BaseModel):
    """Which deployment of which server."""

    model_config = ConfigDict(extra="forbid")

    deployment: str = Field(
        "retrain-model/on-request",
        pattern="^[^/]+/[^/]+$",
        description="The flow's name and the deployment's, as in prefect.yaml",
    )
    api_url: str | None = Field(
        default=None,
        description="Prefect's API; Prefect's own setting when it is absent",
    )


class PrefectDeployment(Dispatcher):
    """Asks the server for a run; the server keeps one run per key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, request: RetrainRequest) -> str:
        """Schedule the run and return its ID at once; the run is not waited for.

        An approved request lets the run go on that is suspended until somebody approves;
        one that has not come so far reads the approval in the ledger.
        """
        from prefect.exceptions import ObjectNotFound

        name = self._settings.deployment
        try:
            with server(self._settings.api_url), answering(f"a run of {name!r}"):
                refuse_if_halted(request.monitor)
                return resumed(request) or str(self._run(request).id)
        except ObjectNotFound as error:
            raise DeliveryFailed(
                f"Prefect has no deployment {name!r}: make it with `prefect deploy --all`"
            ) from error

    def halted(self, monitor: str) -> str:
        """What the variable `driftline_retraining` says; nothing where no server answers."""
        return halted(self._settings.api_url, monitor)

    def _run(self, request: RetrainRequest) -> "FlowRun":
        from prefect.deployments import run_deployment

        in_sync: Any = run_deployment
        run: FlowRun = in_sync(
            self._settings.deployment,
            timeout=0,
            as_subflow=False,
            idempotency_key=request.key,
            parameters={
                "monitor": request.monitor,
                "as_of": request.as_of.isoformat(),
                "reason": request.reason,
            },
            _sync=True,  # also where an event loop runs, as in a notebook
        )
        return run


def build(settings: Settings, context: Context) -> PrefectDeployment:
    """A dispatcher that has not connected yet."""
    return PrefectDeployment(settings)
