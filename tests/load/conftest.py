"""How much is asked of the product: a little in every test run, all of it when told to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.slack import TOKEN, SlackServer, slack


@dataclass(frozen=True, slots=True)
class Size:
    """`fleet`: monitors due at once. `team`: monitors and days that eight workers share.

    `year`: monitors and days of a backfill. `figures`: where what it cost is kept.
    """

    fleet: int
    team: tuple[int, int]
    year: tuple[int, int]
    figures: Path | None = None


@pytest.fixture(scope="session")
def size(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Size:
    """As `--load-size` says."""
    if request.config.getoption("--load-size") == "small":
        return Size(fleet=40, team=(6, 4), year=(2, 45))
    folder = os.environ.get("LOAD_FIGURES") or tmp_path_factory.mktemp("figures")
    return Size(fleet=500, team=(40, 7), year=(20, 365), figures=Path(folder))


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    """A Slack that records every message; its token is in the environment."""
    monkeypatch.setenv("LOAD_TOKEN", TOKEN)
    with slack() as server:
        yield server
