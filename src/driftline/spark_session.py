"""The Spark session that sources and engines share."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from driftline.errors import DependencyMissing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

USUAL = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.legacy.allowHashOnMapType": "true",
    "spark.ui.showConsoleProgress": "false",
}
"""How a session is set unless the monitor file says otherwise: rows with maps have a
fingerprint too, whichever of the two started it."""


def session(master: str, config: Mapping[str, str]) -> "SparkSession":
    """The session of this process, started if there is none; its clock shows UTC."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("driftline").master(master)
    for key, value in {**USUAL, **config}.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise DependencyMissing(
            "Spark did not start: it needs a whole Java 17 or 21. Install one (Debian: "
            "openjdk-17-jre-headless) and set JAVA_HOME, or put `java` on the path."
        ) from error
