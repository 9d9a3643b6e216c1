"""A workspace for every test."""

from collections.abc import Iterator

import pytest

from tests.servers.slack import SlackServer, slack


@pytest.fixture
def server() -> Iterator[SlackServer]:
    """A workspace."""
    with slack() as workspace:
        yield workspace
