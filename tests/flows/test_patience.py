"""Runs of one monitor that start together wait for each other."""

import pytest

from driftline.adapters.runners import alarm, fleet
from driftline.adapters.runners import prefect as runner
from driftline.adapters.runners._reports import Judged
from driftline.errors import LeaseLost, SettingsError, WindowBusy
from tests.servers.http import free_port


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LOOK_AGAIN_S", 0.001)
    monkeypatch.setattr(runner, "LONGEST_WAIT_S", 0.05)


def test_a_busy_monitor_is_waited_for() -> None:
    """Once the other worker is done, the step's own answer comes back."""
    busy: list[Exception] = [WindowBusy("another worker"), LeaseLost("another worker")]

    def step(word: str) -> str:
        if busy:
            raise busy.pop()
        return word

    assert runner.patiently(step, "done") == "done"


def test_nobody_waits_for_ever() -> None:
    """A monitor that stays busy is an error that says by whom."""

    def step() -> None:
        raise WindowBusy("held by worker-7")

    with pytest.raises(WindowBusy, match="worker-7"):
        runner.patiently(step)


def test_a_window_that_another_worker_took_over_breaks_no_fleet() -> None:
    """Whether it had the window first or took it: that worker judges it."""
    ended: dict[str, Judged | Exception] = {
        "orders": WindowBusy("held by worker-7"),
        "flights": LeaseLost("passed to worker-7"),
    }
    state = fleet.conclude_fleet(ended)
    assert (state.name, state.message) == ("Busy", "2 with another worker")


def test_other_errors_are_not_waited_for() -> None:
    """What waiting cannot mend is raised at once."""
    calls = []

    def step() -> None:
        calls.append(1)
        raise SettingsError("wrong")

    with pytest.raises(SettingsError):
        runner.patiently(step)
    assert len(calls) == 1


def test_alarms_need_a_server_that_answers() -> None:
    """Whoever deploys hears what to look at, and sees no traceback of Prefect's."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    nobody = {PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}
    with temporary_settings(nobody), pytest.raises(SettingsError, match="PREFECT_API_"):
        alarm.set_up([], alarm.Project("any"))
