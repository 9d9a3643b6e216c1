"""What every dispatcher must do: one contract.

Over 300 lines because both dispatchers share one deployment on one server.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from driftline.adapters.dispatchers import (
    _prefect_server,
    inline,
    prefect_deployment,
    prefect_event,
)
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.errors import DeliveryFailed, LedgerUnavailable, SettingsError
from driftline.ports import Context, Dispatcher, RetrainRequest
from tests.servers.http import Answer, free_port, http_server
from tests.servers.prefect import prefect_environment

PACKAGE = "driftline.adapters.dispatchers"
CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
REQUEST = RetrainRequest("flights/2013-04-21", "flights", "AUC fell", date(2013, 4, 21))
FLOW = """
from datetime import date
from prefect import flow

@flow(name="retrain-model")
def retrain_model(monitor: str, as_of: date, reason: str): ...
"""
RUNS: list[dict[str, object]] = []


def retrain(**arguments: object) -> None:
    """What the inline dispatcher calls here."""
    RUNS.append(arguments)


@pytest.fixture(scope="session")
def deployed(
    prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, object]:
    """Settings for a deployment on a real server that no worker serves."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("deployment")
    (folder / "retraining.py").write_text(FLOW)
    deploy = (
        "from prefect import flow\n"
        "from prefect.client.orchestration import get_client\n"
        "from prefect.client.schemas.actions import WorkPoolCreate\n"
        "with get_client(sync_client=True) as client:\n"
        "    pool = WorkPoolCreate(name='idle', type='process')\n"
        "    client.create_work_pool(pool, overwrite=True)\n"
        "flow.from_source('.', 'retraining.py:retrain_model').deploy(\n"
        "    'flights', work_pool_name='idle', print_next_steps=False)\n"
    )
    subprocess.run(
        [sys.executable, "-c", deploy],
        cwd=folder,
        env=prefect_environment(prefect_api, str(folder / "home")),
        check=True,
    )
    return {"deployment": "retrain-model/flights", "api_url": prefect_api}


@pytest.fixture(params=names(PACKAGE))
def dispatcher(request: pytest.FixtureRequest) -> Dispatcher:
    """Every registered dispatcher, working; a file without a case here fails the suite."""
    RUNS.clear()
    if request.param == "prefect_deployment":
        return _prefect(**request.getfixturevalue("deployed"))
    if request.param == "prefect_event":
        url = str(request.getfixturevalue("deployed")["api_url"])
        return prefect_event.build(prefect_event.Settings(api_url=url), CONTEXT)
    assert request.param == "inline"
    return inline.Inline(retrain)


def _prefect(**settings: object) -> Dispatcher:
    return prefect_deployment.build(prefect_deployment.Settings(**settings), CONTEXT)


@pytest.mark.parametrize("name", names(PACKAGE))
def test_unknown_settings_are_refused(name: str) -> None:
    """A misspelt key is an error, never ignored."""
    with pytest.raises(ValidationError, match="no_such_key"):
        load(PACKAGE, name).Settings(no_such_key=1)


@pytest.mark.real("prefect")
def test_a_key_starts_one_run(dispatcher: Dispatcher) -> None:
    """Asking again gives the same handle; another key gives another."""
    first = dispatcher.request(REQUEST)

    assert first
    assert dispatcher.request(REQUEST) == first
    assert dispatcher.request(replace(REQUEST, key="flights/2013-04-22")) != first


@pytest.mark.real("prefect")
def test_prefect_has_the_run_with_its_parameters(deployed: dict[str, object]) -> None:
    """The run is scheduled once, with what was asked and the key."""
    handle = _prefect(**deployed).request(REQUEST)

    run = _read_run(str(deployed["api_url"]), handle)
    assert run.parameters == {
        "monitor": "flights",
        "as_of": "2013-04-21",
        "reason": "AUC fell",
    }
    assert run.idempotency_key == "flights/2013-04-21"
    assert run.state_name in ("Scheduled", "Late")


@pytest.mark.real("prefect")
def test_prefect_is_asked_from_a_running_loop(deployed: dict[str, object]) -> None:
    """A notebook, where an event loop runs, gets a handle and no coroutine."""
    import asyncio

    async def ask() -> str:
        return _prefect(**deployed).request(REQUEST)

    assert asyncio.run(ask()) == _prefect(**deployed).request(REQUEST)


@pytest.mark.real("prefect")
def test_a_missing_deployment_is_permanent(prefect_api: str) -> None:
    """The message has the name and the command that makes it."""
    dispatcher = _prefect(deployment="retrain-model/nope", api_url=prefect_api)

    with pytest.raises(
        DeliveryFailed, match=r"retrain-model/nope.*deploy --all"
    ) as raised:
        dispatcher.request(REQUEST)

    assert not raised.value.retryable


def test_no_server_is_retryable() -> None:
    """An API that cannot be reached is asked again later."""
    url = f"http://127.0.0.1:{free_port()}/api"

    with pytest.raises(DeliveryFailed, match="did not answer") as raised:
        _prefect(deployment="a/b", api_url=url).request(REQUEST)

    assert raised.value.retryable


def test_no_address_is_permanent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an API no server is started in secret."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(DeliveryFailed, match="api_url") as raised,
    ):
        _prefect(deployment="a/b").request(REQUEST)

    assert not raised.value.retryable


def test_a_deployment_has_two_names() -> None:
    """A name without its flow is refused when the settings are read."""
    with pytest.raises(ValidationError, match="deployment"):
        prefect_deployment.Settings(deployment="flights")


def test_inline_passes_what_the_flow_takes() -> None:
    """The function gets the deployment's parameters."""
    RUNS.clear()

    inline.Inline(retrain).request(REQUEST)

    assert [
        {"monitor": "flights", "as_of": date(2013, 4, 21), "reason": "AUC fell"}
    ] == RUNS


@pytest.mark.parametrize("retryable", [True, False])
def test_inline_failures_keep_what_a_retry_is_worth(retryable: bool) -> None:
    """Our errors say whether to try again; the key is free for it."""
    calls = []

    def fail(**arguments: object) -> None:
        calls.append(arguments)
        raise LedgerUnavailable("the ledger is locked", retryable=retryable)

    dispatcher = inline.Inline(fail)
    for _ in range(2):
        with pytest.raises(DeliveryFailed, match="the ledger is locked") as raised:
            dispatcher.request(REQUEST)
        assert raised.value.retryable is retryable

    assert len(calls) == 2


def test_inline_does_not_repeat_strange_text() -> None:
    """Text of other people's exceptions can hold rows of data and stays out."""

    def fail(**arguments: object) -> None:
        raise ValueError("passenger Jo Doe")

    with pytest.raises(DeliveryFailed, match="ValueError") as raised:
        inline.Inline(fail).request(REQUEST)

    assert "Jo Doe" not in str(raised.value)


def test_inline_finds_a_typo_at_once() -> None:
    """A function that is not there is an error before anything runs."""
    with pytest.raises(SettingsError, match="no 'sqroot'"):
        inline.build(inline.Settings(function="math:sqroot"), CONTEXT)


@pytest.fixture
def switch(prefect_api: str) -> Iterator[Callable[[object], None]]:
    """Sets Prefect's variable for a test."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import VariableCreate
    from prefect.settings import PREFECT_API_URL, temporary_settings

    name = _prefect_server.SWITCH
    with (
        temporary_settings({PREFECT_API_URL: prefect_api}),
        get_client(sync_client=True) as client,
    ):

        def turn(value: object) -> None:
            if client.read_variable_by_name(name):
                client.delete_variable_by_name(name)
            client.create_variable(VariableCreate(name=name, value=value))

        yield turn
        client.delete_variable_by_name(name)


@pytest.mark.real("prefect")
@pytest.mark.parametrize(
    ("value", "off"),
    [
        ("off", True),
        (False, True),
        (["flights"], True),
        (["other"], False),
        ("on", False),
    ],
)
def test_a_prefect_variable_halts_runs(
    deployed: dict[str, object],
    switch: Callable[[object], None],
    value: object,
    off: bool,
) -> None:
    """The kill switch: of all monitors, or of those that it lists; then nothing starts."""
    switch(value)
    dispatcher = _prefect(**deployed)
    assert bool(dispatcher.halted("flights")) is off
    request = replace(REQUEST, key=f"flights/switch/{value}")
    if off:
        with pytest.raises(DeliveryFailed, match=_prefect_server.SWITCH) as raised:
            dispatcher.request(request)
        assert not raised.value.retryable
    else:
        assert dispatcher.request(request)


def test_a_switch_that_cannot_be_read_halts_nothing() -> None:
    """The request itself looks again when the server is back."""
    url = f"http://127.0.0.1:{free_port()}/api"
    assert _prefect(deployment="a/b", api_url=url).halted("flights") == ""


def test_an_approval_calls_the_function_once_more() -> None:
    """The first call may have found that nobody had approved."""
    RUNS.clear()
    dispatcher = inline.Inline(retrain)
    for request in (REQUEST, replace(REQUEST, approved="ann")) * 2:
        dispatcher.request(request)
    assert len(RUNS) == 2


def _read_run(api_url: str, handle: str) -> object:
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with (
        temporary_settings({PREFECT_API_URL: api_url}),
        get_client(sync_client=True) as client,
    ):
        return client.read_flow_run(UUID(handle))


@pytest.mark.parametrize(
    ("status", "retryable"), [(503, True), (401, False), (409, False)]
)
def test_a_refusal_of_prefect_says_whether_to_retry(
    status: int, retryable: bool
) -> None:
    """A server in trouble is asked again; one that says no is not."""

    def answer(_: object) -> Answer:
        return Answer(status, b'{"detail": "rows of data"}')

    with (
        http_server(answer) as url,
        pytest.raises(DeliveryFailed, match=str(status)) as raised,
    ):
        _prefect(deployment="a/b", api_url=f"{url}/api").request(REQUEST)

    assert raised.value.retryable is retryable
    assert "rows of data" not in str(raised.value)
