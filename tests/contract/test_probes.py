"""What every health probe must do."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from driftline.core.finding import Outcome
from driftline.core.health import Reading, judge
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.ports import Context
from tests.servers.http import free_port

PACKAGE = "driftline.adapters.probes"
CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))

# Settings with which each can be read anywhere; a file without an entry fails the suite.
NOBODY = {"url": f"http://127.0.0.1:{free_port()}", "timeout_s": 1}
SEEDS: dict[str, dict[str, Any]] = {
    "host": {"sample_s": 0.05},
    "gpu": {},
    "prometheus": {**NOBODY, "queries": [{"name": "up", "query": "up"}]},
    "triton": {**NOBODY, "model": "flights"},
}


@pytest.fixture(params=names(PACKAGE))
def readings(request: pytest.FixtureRequest) -> list[Reading]:
    """What every registered probe reads on this machine."""
    module = load(PACKAGE, request.param)
    return module.build(module.Settings(**SEEDS[request.param]), CONTEXT).read()


@pytest.mark.parametrize("name", names(PACKAGE))
def test_unknown_settings_are_refused(name: str) -> None:
    """A misspelt key is an error, never ignored."""
    with pytest.raises(ValidationError, match="no_such_key"):
        load(PACKAGE, name).Settings(no_such_key=1)


def test_something_is_said(readings: list[Reading]) -> None:
    """A probe is never silent, and says each thing once."""
    assert readings
    assert len({(r.subject, r.statistic) for r in readings}) == len(readings)


def test_a_missing_value_has_a_reason(readings: list[Reading]) -> None:
    """A reading is a finite number, or traffic, or a note why there is none."""
    for reading in readings:
        if reading.value is None:
            assert reading.note or reading.traffic
        else:
            assert math.isfinite(reading.value)


def test_a_reading_becomes_a_finding(readings: list[Reading]) -> None:
    """The finding names the device, and this machine is at worst over a limit."""
    for reading in readings:
        finding = judge(reading)
        assert finding.message
        assert finding.outcome is not Outcome.ERRORED
