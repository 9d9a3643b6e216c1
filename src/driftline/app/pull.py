"""The rows of a window with the labels that have arrived."""

from dataclasses import dataclass, replace
from datetime import timedelta

from driftline.app.job import Job
from driftline.core.slice import Slice
from driftline.core.window import Window


@dataclass(frozen=True, slots=True)
class Pulled:
    """A window's rows with their labels, and digests of where each came from."""

    slice: Slice
    rows_manifest: str
    labels_manifest: str = ""

    @property
    def manifest(self) -> str:
        """Changes whenever the window's rows or labels do."""
        return f"{self.rows_manifest}+{self.labels_manifest}"


def pull(job: Job, window: Window) -> Pulled:
    """The window's rows, labels joined where they live in a table of their own.

    Nothing but metadata is read until an engine opens the slice.
    """
    rows = job.source.read(window)
    if job.labels is None or job.roles.label is None:
        return Pulled(rows, rows.manifest)
    end = window.end + timedelta(days=job.labels.lag_days)
    labels = job.labels.source.read(replace(window, end=end))
    joined = job.engine.join_labels(rows, labels, job.roles.key, job.roles.label)
    joined = replace(joined, partial=(*rows.partial, *labels.partial))
    return Pulled(joined, rows.manifest, labels.manifest)
