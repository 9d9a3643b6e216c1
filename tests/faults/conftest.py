"""Real servers that the faults share."""

from collections.abc import Iterator

import pytest

from tests.servers.postgres import postgres


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server."""
    with postgres() as url:
        yield url
