"""Performance of a slice: realised on the labels that are in, and as its rows have it."""

import polars as pl

from driftline.app.job import Job
from driftline.core.model import ModelVersion
from driftline.core.realised import Performance
from driftline.core.realised import measure as measure_table
from driftline.core.reference import Reference
from driftline.core.slice import Slice

COMPLETE = 0.95
"""The share of labels at which they count as in, and nothing is estimated."""


def measure(job: Job, rows: Slice) -> Performance:
    """The metrics of the rows whose labels have arrived, segments included."""
    roles = job.roles
    wanted = [roles.prediction, roles.score, roles.label, *roles.segments]
    present = [name for name in dict.fromkeys(wanted) if name in rows.schema]
    table = job.engine.table(rows, [name for name in present if name])
    return measure_table(table, roles, job.measured_metrics)


def estimate_rows(
    job: Job, model: ModelVersion, reference: Reference, table: pl.DataFrame
) -> dict[str, float]:
    """Each metric as a sample's rows alone have it; empty where nothing is estimated."""
    if not job.estimates:
        return {}
    return job.estimator(model.version, reference).raw(table)
