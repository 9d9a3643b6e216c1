"""Performance of a slice: realised on the labels that are in, and as its rows have it."""

import polars as pl

from driftline.app.job import Job
from driftline.core.labels.realised import Performance, measure_tally
from driftline.core.labels.realised import measure as measure_table
from driftline.core.labels.tally import Question
from driftline.core.model import ModelVersion
from driftline.core.reference import Reference
from driftline.core.slice import Slice

COMPLETE = 0.95
"""The share of labels at which they count as in, and nothing is estimated."""


def measure(job: Job, rows: Slice) -> Performance:
    """The metrics of the rows whose labels have arrived, segments included.

    An engine whose rows lie elsewhere counts them there, unless a metric is one's own:
    it is a function of rows.
    """
    question = Question(job.roles, job.measured_metrics)
    if not any(":" in name for name in question.metrics):
        counted = job.engine.tally(rows, question)
        if counted is not None:
            return measure_tally(counted[1], counted[0])
    present = [name for name in question.columns if name in rows.schema]
    table = job.engine.table(rows, present)
    return measure_table(table, job.roles, job.measured_metrics)


def estimate_rows(
    job: Job, model: ModelVersion, reference: Reference, table: pl.DataFrame
) -> dict[str, float]:
    """Each metric as a sample's rows alone have it; empty where nothing is estimated."""
    if not job.estimates:
        return {}
    return job.estimator(model.version, reference).raw(table)
