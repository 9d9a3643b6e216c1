"""Fixtures that the whole session shares."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import skips
from tests.servers import spark
from tests.servers.mlflow import mlflow
from tests.servers.prefect import prefect_server

# No test is timed: how long an example takes is the machine's affair.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

pytest_sessionfinish = skips.pytest_sessionfinish
pytest_terminal_summary = skips.pytest_terminal_summary


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--load-size full`: the loads of `tests/load` as large as they are meant to be."""
    parser.addoption("--load-size", choices=["small", "full"], default="small")
    skips.pytest_addoption(parser)


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[str]:
    """The API URL of a real Prefect server, started once and only when it is needed."""
    with prefect_server() as url:
        yield url


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the MLflow server keeps what it is given."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="session")
def mlflow_api(mlflow_folder: Path) -> Iterator[str]:
    """The URL of a real MLflow server, started once and only when it is needed."""
    with mlflow(mlflow_folder) as url:
        yield url


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
    """One Spark session for all suites, started once and only when it is needed."""
    with spark.spark() as session:
        yield session
