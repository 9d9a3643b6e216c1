"""Dask beyond the contracts: every kind of partition, a cluster, and faults."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from driftline.adapters.engines import dask as engines
from driftline.adapters.engines import local
from driftline.adapters.sources import dask as sources
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import day_window
from driftline.errors import SliceCorrupt, SliceUnavailable
from driftline.ports import Context
from tests.servers.http import free_port
from tests.servers.spark import left_out

# An extra: the reason says how to install it, and CI does.
pytestmark = pytest.mark.skipif(
    bool(left_out("dask", "dask")), reason=left_out("dask", "dask")
)

WINDOW = day_window(date(2026, 1, 5))
ROWS = pl.DataFrame(
    {
        "x": np.random.default_rng(2).normal(size=100),
        "n": range(100),
        "city": ["Oslo", "Bern", None, "Rome"] * 25,
    }
)
HERE = local.LocalEngine(local.Settings())
PLAN = HERE.propose_plan(HERE.from_table(ROWS, WINDOW, "memory"), ROWS.columns)
EXPECTED = HERE.profile(HERE.from_table(ROWS, WINDOW, "memory"), PLAN)


def engine(**options: Any) -> engines.DaskEngine:
    return engines.DaskEngine(engines.Settings(**options))


def in_parts(data: Any) -> Slice:
    names = {name: str(dtype) for name, dtype in ROWS.schema.items()}
    return Slice(WINDOW, data, names, "m", "parts")


def make(kind: str, start: int, stop: int) -> Any:
    """Rows of one partition, as another library holds them."""
    part = ROWS[start:stop]
    forms = {"polars": part, "arrow": part.to_arrow(), "pandas": part.to_pandas()}
    return forms[kind]


@pytest.mark.parametrize("kind", ["polars", "arrow", "pandas"])
def test_delayed_partitions_of_any_table_add_up(kind: str) -> None:
    """Each is made by its own task, also when rows are only counted or sampled."""
    from dask import delayed

    parts = [delayed(make)(kind, 0, 33), delayed(make)(kind, 33, 100)]
    assert engine().profile(in_parts(parts), PLAN).digest == EXPECTED.digest
    sample = engine().table(in_parts(parts), ["n"], limit=10)
    whole = HERE.from_table(ROWS, WINDOW, "memory")
    assert sample.equals(HERE.table(whole, ["n"], limit=10))


def test_a_dask_dataframe_is_a_slice() -> None:
    """Its partitions are pandas tables."""
    from dask import dataframe

    frame = dataframe.from_pandas(ROWS.to_pandas(), npartitions=3)
    rows = in_parts(frame)
    assert engine().profile(rows, PLAN).digest == EXPECTED.digest
    assert engine().table(rows, ["n"])["n"].to_list() == list(range(100))


def test_processes_and_a_cluster_count_the_same() -> None:
    """Partitions travel to other processes, and only profiles come back."""
    from distributed import LocalCluster

    rows = engine(partition_rows=40).from_table(ROWS, WINDOW, "memory")
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        dashboard_address=None,
    ) as cluster:
        there = engine(scheduler=cluster.scheduler_address)
        assert there.profile(rows, PLAN).digest == EXPECTED.digest


def test_a_cluster_that_does_not_answer_is_named() -> None:
    """It is the cluster that is away, and no partition."""
    import dask
    import distributed  # noqa: F401 -- its own settings are there before ours

    address = f"tcp://127.0.0.1:{free_port()}"
    rows = in_parts([dask.delayed(make)("polars", 0, 5)])
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(SliceUnavailable, match="Dask cluster at tcp") as caught,
    ):
        engine(scheduler=address).profile(rows, PLAN)
    assert caught.value.place == address


def test_one_partition_for_each_file(tmp_path) -> None:
    """The source gives a frame per file, and the engine counts all of them."""
    at = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=i) for i in range(100)]
    stamped = ROWS.with_columns(at=pl.Series(at))
    stamped[:10].write_parquet(tmp_path / "a.parquet")
    stamped[10:].write_parquet(tmp_path / "b.parquet")
    context = Context("m", str(tmp_path), "UTC", Roles(Task.BINARY, "at", "p"))
    files = sources.build(sources.Settings(path="*.parquet"), context)
    rows = files.read(WINDOW)
    assert len(rows.data) == 2
    profile = engine().profile(rows, PLAN)
    assert replace(profile, extra_columns=()).digest == EXPECTED.digest
    assert profile.extra_columns == ("at",)


def fail(error: Exception) -> pl.DataFrame:
    """A partition that cannot be made."""
    raise error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionError("secret-value"), SliceUnavailable),
        (ValueError("secret-value"), SliceCorrupt),
    ],
)
def test_a_partition_that_fails_is_named_and_not_quoted(error, kind) -> None:
    """Its own words may hold rows of data."""
    from dask import delayed

    rows = in_parts([delayed(make)("polars", 0, 5), delayed(fail)(error)])
    with pytest.raises(kind, match="parts: a partition could not") as caught:
        engine().profile(rows, PLAN)
    assert "secret-value" not in str(caught.value)
