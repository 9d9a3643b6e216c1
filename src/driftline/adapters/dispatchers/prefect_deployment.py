"""Retraining as a run of a Prefect deployment, on whatever its work pool runs on."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

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
        """Schedule the run and return its ID at once; the run is not waited for."""
        import httpx
        from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

        name = self._settings.deployment
        try:
            return str(self._run(request).id)
        except ObjectNotFound as error:
            raise DeliveryFailed(
                f"Prefect has no deployment {name!r}: make it with `prefect deploy --all`"
            ) from error
        except PrefectHTTPStatusError as error:
            raise _refusal(name, error.response.status_code) from error
        except httpx.TransportError as error:
            raise DeliveryFailed(
                f"Prefect's API did not answer ({type(error).__name__}) when asked for a "
                f"run of {name!r}; check that the server runs and `api_url`",
                retryable=True,
            ) from error

    def _run(self, request: RetrainRequest) -> "FlowRun":
        from prefect.deployments import run_deployment
        from prefect.settings import (
            PREFECT_API_URL,
            PREFECT_CLIENT_MAX_RETRIES,
            temporary_settings,
        )

        url = self._settings.api_url or PREFECT_API_URL.value()
        if not url:
            raise DeliveryFailed(
                "no Prefect server to ask for a run: set `api_url` or PREFECT_API_URL"
            )
        in_sync: Any = run_deployment
        # A server on SQLite answers 503 while it is busy; the outbox tries again later.
        with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 2}):
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


def _refusal(deployment: str, status: int) -> DeliveryFailed:
    """What a status means for whoever waits for the run."""
    passing = status >= 500 or status == 429
    advice = (
        "it is in trouble or busy"
        if passing
        else "compare the flow's parameters with monitor, as_of and reason, and check "
        "the API key"
    )
    return DeliveryFailed(
        f"Prefect refused a run of {deployment!r} with status {status}: {advice}",
        retryable=passing,
    )


def build(settings: Settings, context: Context) -> PrefectDeployment:
    """A dispatcher that has not connected yet."""
    return PrefectDeployment(settings)
