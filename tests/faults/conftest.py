"""Real servers that the faults share, and days on which none of them fails."""

from collections.abc import Iterator

import pytest

from tests.faults.parts import days_with, sql_ledger
from tests.servers.postgres import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int, int]:
    """Four days on which nothing fails."""
    return days_with(sql_ledger(tmp_path_factory.mktemp("sound")), lambda world: None)
