"""Realised performance of a slice, from the columns that it needs and no others."""

from driftline.app.job import Job
from driftline.core.realised import Performance, measure_tally
from driftline.core.realised import measure as measure_table
from driftline.core.slice import Slice
from driftline.core.tally import Question


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
