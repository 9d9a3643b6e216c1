"""One small Spark session in this process."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import driftline

SMALL = {
    "spark.ui.enabled": "false",
    "spark.driver.memory": "512m",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "64",
    "spark.executorEnv.PYTHONPATH": str(Path(driftline.__file__).parents[1]),
    "spark.log.level": "OFF",
}
"""Several batches and partitions even for a few rows; workers see this checkout."""


def missing() -> str:
    """Why Spark is left out, in one line; empty when it can run."""
    if reason := left_out("spark", "pyspark"):
        return reason
    found = os.environ.get("JAVA_HOME") or shutil.which("java")
    return "" if found else "left out: spark (there is no Java 17 or 21)"


def left_out(extra: str, package: str) -> str:
    """One line when an extra is not installed; empty when it is."""
    if find_spec(package) is None:
        return f"left out: {extra} (`pip install 'driftline[{extra}]'`)"
    return ""


@contextmanager
def spark() -> Iterator[Any]:
    """The session, stopped at the end."""
    from driftline.spark_session import session

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    started = session("local[2]", SMALL)
    try:
        yield started
    finally:
        started.stop()
