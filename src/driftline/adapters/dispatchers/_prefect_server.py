"""Prefect's server as dispatchers need it: one URL, errors in our words, the switch."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from driftline.errors import DeliveryFailed
from driftline.ports import RetrainRequest

if TYPE_CHECKING:
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.objects import FlowRun

SWITCH = "driftline_retraining"
"""The Prefect variable that halts runs: `off` all of them, a list those of its monitors."""

ANSWER_S = 10.0
"""How long the server may take to say something, each of three times; Prefect waits 60 s."""

OFF = ("off", "false", "no", "0")


@contextmanager
def server(api_url: str | None) -> Iterator[None]:
    """Calls inside go to this URL, or to that of Prefect's own settings.

    A server on SQLite answers 503 while it is busy; the outbox tries again later.
    """
    from prefect.settings import (
        PREFECT_API_REQUEST_TIMEOUT,
        PREFECT_API_URL,
        PREFECT_CLIENT_MAX_RETRIES,
        temporary_settings,
    )

    url = api_url or PREFECT_API_URL.value()
    if not url:
        raise DeliveryFailed(
            "no Prefect server to ask for a run: set `api_url` or PREFECT_API_URL"
        )
    with temporary_settings(
        {
            PREFECT_API_URL: url,
            PREFECT_API_REQUEST_TIMEOUT: ANSWER_S,
            PREFECT_CLIENT_MAX_RETRIES: 2,
        }
    ):
        yield


@contextmanager
def answering(what: str) -> Iterator[None]:
    """What the server refuses, or does not answer, is a `DeliveryFailed` about `what`."""
    import httpx
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        yield
    except PrefectHTTPStatusError as error:
        raise _refusal(what, error.response.status_code) from error
    except ValueError as error:  # no JSON, or none of Prefect's
        raise DeliveryFailed(
            f"something that is not Prefect answered ({type(error).__name__}) when asked "
            f"for {what}; check `api_url` and the proxy",
            retryable=True,
        ) from error
    except httpx.TransportError as error:
        raise DeliveryFailed(
            f"Prefect's API did not answer ({type(error).__name__}) when asked for "
            f"{what}; check that the server runs and `api_url`",
            retryable=True,
        ) from error


def halted(api_url: str | None, monitor: str) -> str:
    """What the variable says; nothing where no server answers."""
    import httpx
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        with server(api_url):
            return switched_off(monitor)
    except (httpx.TransportError, PrefectHTTPStatusError, DeliveryFailed, ValueError):
        return ""


def refuse_if_halted(monitor: str) -> None:
    """Raises `DeliveryFailed`, for good, while the variable halts the monitor."""
    why = switched_off(monitor)
    if why:
        raise DeliveryFailed(f"no retraining was started: {why}")


def switched_off(monitor: str) -> str:
    """Why the variable halts the monitor, or nothing."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        variable = client.read_variable_by_name(SWITCH)
    value = variable.value if variable else None
    if isinstance(value, list):
        off = monitor in value
    else:
        off = value is False or str(value).lower() in OFF
    return f"Prefect's variable `{SWITCH}` is {value!r}" if off else ""


def resumed(request: RetrainRequest) -> str:
    """The ID of the suspended run that an approval has let go on; empty where none waits.

    Whoever started it, and by whichever way: it is known by its monitor and day.
    """
    from prefect.client.orchestration import get_client

    if not request.approved:
        return ""
    answer = {"approve": True, "author": request.approved}
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=_suspended()):
            if _is_about(run, request):
                client.resume_flow_run(run.id, run_input=answer)
                return str(run.id)
    return ""


def _suspended() -> "FlowRunFilter":
    from prefect.client.schemas import filters
    from prefect.client.schemas.objects import StateType

    paused = filters.FlowRunFilterStateType(any_=[StateType.PAUSED])
    return filters.FlowRunFilter(state=filters.FlowRunFilterState(type=paused))


def _is_about(run: "FlowRun", request: RetrainRequest) -> bool:
    """Whether a run is of the request's monitor and day: one without a day names it."""
    if run.parameters.get("monitor") != request.monitor:
        return False
    day = str(run.parameters.get("as_of") or run.name.rpartition(" ")[2])
    return day[:10] == request.as_of.isoformat()


def _refusal(what: str, status: int) -> DeliveryFailed:
    """What a status means for whoever waits for the run."""
    passing = status >= 500 or status == 429
    advice = (
        "it is in trouble or busy"
        if passing
        else "compare the flow's parameters with monitor, as_of and reason, and check "
        "the API key"
    )
    return DeliveryFailed(
        f"Prefect refused {what} with status {status}: {advice}", retryable=passing
    )
