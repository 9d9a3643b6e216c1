"""Prefect's server as dispatchers need it: one URL, errors in our words, the switch."""

from collections.abc import Iterator
from contextlib import contextmanager

from driftline.errors import DeliveryFailed

SWITCH = "driftline_retraining"
"""The Prefect variable that halts runs: `off` all of them, a list those of its monitors."""

OFF = ("off", "false", "no", "0")


@contextmanager
def server(api_url: str | None) -> Iterator[None]:
    """Calls inside go to this URL, or to that of Prefect's own settings.

    A server on SQLite answers 503 while it is busy; the outbox tries again later.
    """
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_CLIENT_MAX_RETRIES,
        temporary_settings,
    )

    url = api_url or PREFECT_API_URL.value()
    if not url:
        raise DeliveryFailed(
            "no Prefect server to ask for a run: set `api_url` or PREFECT_API_URL"
        )
    with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 2}):
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
    except (httpx.TransportError, PrefectHTTPStatusError, DeliveryFailed):
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
