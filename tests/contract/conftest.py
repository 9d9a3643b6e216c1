"""Engines and ledgers to ask."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from driftline.ports import Engine, Ledger
from driftline.testing import MemoryLedger
from tests.contract.engines import ENGINES, engine_named
from tests.contract.judgements import sql_ledger
from tests.servers.postgres import postgres

POSTGRES = pytest.param("postgres", marks=pytest.mark.real)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every registered engine."""
    if request.param == "spark":
        request.getfixturevalue("spark_session")
    return engine_named(request.param)


@pytest.fixture(params=[engine for engine in ENGINES if engine.values != ("local",)])
def other_engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine but the local one."""
    if request.param == "spark":
        request.getfixturevalue("spark_session")
    return engine_named(request.param)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL server for all suites, started once and only when it is needed."""
    with postgres() as uri:
        yield uri


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty schema on the server."""
    import sqlalchemy as sa

    url = sa.make_url(request.getfixturevalue("postgres_server"))
    name = f"l{uuid4().hex}"
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    engine.dispose()
    url = url.update_query_dict({"options": f"-csearch_path={name}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", POSTGRES])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new SQL ledger can be."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/new/ledger.db"


@pytest.fixture(params=["memory", "sqlite", POSTGRES])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A new, empty ledger: the memory twin, SQLite or a real PostgreSQL."""
    if request.param == "memory":
        return MemoryLedger()
    if request.param == "sqlite":
        return sql_ledger(f"sqlite:///{tmp_path}/new/ledger.db")
    return sql_ledger(request.getfixturevalue("postgres_url"))
