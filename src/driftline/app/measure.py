"""Realised performance of a slice, from the columns that it needs and no others."""

from driftline.app.job import Job
from driftline.core.realised import Performance
from driftline.core.realised import measure as measure_table
from driftline.core.slice import Slice


def measure(job: Job, rows: Slice) -> Performance:
    """The metrics of the rows whose labels have arrived, segments included."""
    roles = job.roles
    wanted = [roles.prediction, roles.score, roles.label, *roles.segments]
    present = [name for name in dict.fromkeys(wanted) if name in rows.schema]
    table = job.engine.table(rows, [name for name in present if name])
    return measure_table(table, roles, job.measured_metrics)
