"""Steps as Prefect tasks, in flows of this process on a real server."""

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from driftline.adapters.runners import prefect as runner
from driftline.adapters.runners._prefect_markdown import page
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.verdict import Verdict, Word, reduce
from driftline.errors import SliceUnavailable
from tests.flows.site import Site

SECRET = "passenger Jo Doe, password hunter2"


@pytest.fixture
def server(
    prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Flows of this process report to the real server, and try again soon."""
    monkeypatch.setattr(runner, "RETRY_DELAYS_S", [0.1, 0.1])
    with (
        temporary_settings({PREFECT_API_URL: prefect_api, PREFECT_HOME: tmp_path}),
        httpx.Client(base_url=prefect_api) as api,
    ):
        yield Site(tmp_path, api, tmp_path / "log")
        APILogHandler().flush()


def run(step: Callable[[], object]) -> State:
    """The state of a flow of one step."""

    @flow(name="one-step")
    def one_step() -> object:
        with runner.discreet():
            return runner.as_task(step)

    return one_step(return_state=True)


def test_a_run_seldom_looks_for_garbage() -> None:
    """As in a command: a collection goes through all that was imported."""
    usual = gc.get_threshold()
    try:
        gc.set_threshold(700)
        with runner.discreet():
            assert gc.get_threshold()[0] > 100_000
    finally:
        gc.set_threshold(*usual)


@pytest.mark.real("prefect")
def test_a_step_is_tried_again_where_a_retry_can_help(server: Site) -> None:
    """A source that answers the second time costs one retry and nothing else."""
    calls = []

    def pull() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise SliceUnavailable("the warehouse did not answer")
        return "rows"

    assert run(pull).result() == "rows"
    assert len(calls) == 2


@pytest.mark.real("prefect")
@pytest.mark.parametrize(
    "error",
    [
        SliceUnavailable("no such folder", retryable=False),
        ValueError("a fault of ours"),
    ],
)
def test_nothing_else_is_tried_again(server: Site, error: Exception) -> None:
    """What a retry cannot mend fails at once, with its own message."""
    calls = []

    def pull() -> None:
        calls.append(1)
        raise error

    state = run(pull)

    assert state.is_failed()
    assert str(error) in state.message
    assert len(calls) == 1


@pytest.mark.real("prefect")
def test_a_retry_ends(server: Site) -> None:
    """After the last pause the error stands."""
    calls = []

    def pull() -> None:
        calls.append(1)
        raise SliceUnavailable("the warehouse did not answer")

    assert run(pull).is_failed()
    assert len(calls) == 3


@pytest.mark.real("prefect")
def test_no_vendor_text_reaches_the_server(server: Site) -> None:
    """Tracebacks in Prefect's logs hold our message and not its cause."""

    def pull() -> None:
        try:
            int(SECRET)
        except ValueError as error:
            raise SliceUnavailable("no answer", retryable=False) from error

    state = run(pull)

    found = {"id": str(state.state_details.flow_run_id)}
    logged = "\n".join(server.errors(found))
    assert "no answer" in logged
    assert "hunter2" not in logged
    assert "hunter2" not in state.message


def test_outside_a_flow_run_nothing_is_scheduled() -> None:
    """Notebooks and tests get the moment that they gave, and no link."""
    moment = datetime(2026, 3, 1, tzinfo=UTC)

    assert runner.scheduled_moment(moment) == moment
    assert runner.run_link() == ""
    runner.name_run("nothing to name")


def test_every_verdict_has_a_state() -> None:
    """No word is without a state's name, and act is the worst."""
    assert set(runner.STATE_NAMES) == set(Word)
    assert list(runner.STATE_NAMES)[-1] is Word.ACT


def test_the_page_shows_data_as_it_is_written() -> None:
    """A column's name can neither end the table nor bring HTML or a link."""
    name = "x | y\n# <img src=a onerror=b> [z](http://evil.example.com)"
    finding = Finding(
        topic=Topic.DRIFT,
        subject=name,
        statistic="psi",
        outcome=Outcome.BREACHED,
        severity=Severity.CRITICAL,
        message=f"{name} moved",
        value=0.61234,
        bounds=Bounds(upper=0.2),
        segment="origin=JFK",
    )

    drawn = page("flights", reduce([finding]), {"report": "https://r.example.com/a"})

    lines = drawn.splitlines()
    assert lines[0] == "# flights: act"
    [row] = [line for line in lines if line.startswith("| critical")]
    assert row.replace(r"\|", "").count("|") == 6
    assert row.startswith("| critical | 0.6123 | ≤ 0.2 | x ")
    assert row.endswith("| stability index |")
    assert "origin=JFK" in row
    assert "<img" not in drawn
    assert "[z]" not in drawn
    assert "(https://r.example.com/a)" in drawn


def test_a_healthy_page_has_no_table() -> None:
    """Nothing to list is one line."""
    drawn = page("flights", Verdict(Word.HEALTHY, ()), {})

    assert drawn == "# flights: healthy\n\nnothing is outside its bounds"
