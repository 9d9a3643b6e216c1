"""Retraining as a run of a Prefect deployment, on whatever its work pool runs on."""

from collections.abc import Iterator
from contextlib import contextmanager
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


SWITCH = "driftline_retraining"
"""The Prefect variable that halts runs: `off` all of them, a list those of its monitors."""

OFF = ("off", "false", "no", "0")


class PrefectDeployment(Dispatcher):
    """Asks the server for a run; the server keeps one run per key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, request: RetrainRequest) -> str:
        """Schedule the run and return its ID at once; the run is not waited for.

        A run that is suspended until somebody approves is resumed by an approved request.
        """
        import httpx
        from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

        name = self._settings.deployment
        try:
            with self._server():
                self._refuse_if_halted(request.monitor)
                run = self._run(request)
                if request.approved:
                    _resume(run, request.approved)
                return str(run.id)
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

    def halted(self, monitor: str) -> str:
        """What the variable `driftline_retraining` says; nothing where no server answers."""
        import httpx
        from prefect.exceptions import PrefectHTTPStatusError

        try:
            with self._server():
                return _halted(monitor)
        except (httpx.TransportError, PrefectHTTPStatusError, DeliveryFailed):
            return ""

    def _refuse_if_halted(self, monitor: str) -> None:
        why = _halted(monitor)
        if why:
            raise DeliveryFailed(f"no retraining was started: {why}")

    @contextmanager
    def _server(self) -> Iterator[None]:
        """Calls inside go to the server of the settings.

        A server on SQLite answers 503 while it is busy; the outbox tries again later.
        """
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
        with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 2}):
            yield

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


def _halted(monitor: str) -> str:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        variable = client.read_variable_by_name(SWITCH)
    value = variable.value if variable else None
    if isinstance(value, list):
        off = monitor in value
    else:
        off = value is False or str(value).lower() in OFF
    return f"Prefect's variable `{SWITCH}` is {value!r}" if off else ""


def _resume(run: "FlowRun", author: str) -> None:
    """A run that is suspended goes on; one that has not come so far reads the ledger."""
    from prefect.client.orchestration import get_client

    if run.state is None or not run.state.is_paused():
        return
    answer = {"approve": True, "author": author}
    with get_client(sync_client=True) as client:
        client.resume_flow_run(run.id, run_input=answer)


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
