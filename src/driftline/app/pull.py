"""The rows of a window with the labels that have arrived."""

from dataclasses import replace
from datetime import timedelta

from driftline.app.job import Job
from driftline.core.slice import Slice
from driftline.core.window import Window


def pull(job: Job, window: Window) -> Slice:
    """The window's rows, labels joined where they live in a table of their own."""
    rows = job.source.read(window)
    labels = pull_labels(job, window)
    if labels is None or job.roles.label is None:
        return rows
    return job.engine.join_labels(rows, labels, job.roles.key, job.roles.label)


def pull_labels(job: Job, window: Window) -> Slice | None:
    """The label rows that can belong to the window, or None without a label table."""
    if job.labels is None:
        return None
    end = window.end + timedelta(days=job.labels.lag_days)
    return job.labels.source.read(replace(window, end=end))


def manifest_of(job: Job, window: Window) -> str:
    """Changes whenever the window's rows or labels do; nothing is read but metadata."""
    rows = job.source.read(window)
    labels = pull_labels(job, window)
    return rows.manifest if labels is None else f"{rows.manifest}+{labels.manifest}"
