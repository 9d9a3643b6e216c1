"""Fixtures that the whole session shares."""

from collections.abc import Iterator

import pytest

from tests.servers.prefect import prefect_server


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--load-size full`: the loads of `tests/load` as large as they are meant to be."""
    parser.addoption("--load-size", choices=["small", "full"], default="small")


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[str]:
    """The API URL of a real Prefect server, started once and only when it is needed."""
    with prefect_server() as url:
        yield url
