"""Set-ups of more than one story: days that are killed, and monitors that share an outage."""

import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app import crashing
from tests.app.outages import NAMES, Fleet
from tests.app.world import days_of


@pytest.fixture(scope="module")
def undisturbed(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The judged day as it ends when nobody kills anything; `before` is its story's own."""
    root = tmp_path_factory.mktemp("undisturbed") / "root"
    shutil.copytree(before, root)
    crashing.judge(root, crashing.JUDGED)
    return root


@pytest.fixture
def root(before: Path, tmp_path: Path) -> Path:
    """A folder of one's own, with the days before."""
    return Path(shutil.copytree(before, tmp_path / "root"))


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Clean processes that need not import the heavy libraries again."""
    return crashing.clean_processes()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Three monitors of one registry, one source and one ledger, judged in time."""
    made = Fleet(NAMES, days_of(range(8)), tmp_path)
    for name in NAMES:
        made.judge(name, 0)
    yield made
    made.ledger.close()
