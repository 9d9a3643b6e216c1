"""Judge again the recent windows whose rows or labels have changed since."""

from datetime import timedelta

from driftline.app.backfill import OnBusy, judge_each
from driftline.app.job import Job
from driftline.app.monitor_day import DayReport
from driftline.app.pull import pull
from driftline.app.unjudged import is_unjudged
from driftline.core.window import Window, window_at, windows_between
from driftline.errors import (
    SchemaMismatch,
    SliceCorrupt,
    SliceTooLarge,
    SliceUnavailable,
)
from driftline.ports import LedgerEntry, Run, call


def refresh(
    job: Job, last: Window, run: Run = call, on_busy: OnBusy | None = None
) -> list[DayReport]:
    """Reports of the restated windows of the label period up to `last`, oldest first.

    Only what changed is judged: the manifests of rows and labels are compared with the
    ones recorded. A window that was never judged is left to the daily run. `on_busy` as
    in `judge_each`.
    """
    return judge_each(job, run(changed, job, last), run, on_busy)


def changed(job: Job, last: Window) -> list[Window]:
    """The judged windows whose rows or labels differ from what was judged."""
    first = window_at(
        last.start - timedelta(days=job.refresh_days), job.every, job.zone
    )
    known = job.history(last.following, (last.end - first.start).days + 1)
    judged = {entry.key.window: entry for entry in known}
    return [
        window
        for window in windows_between(first, last)
        if window in judged and _differs(job, judged[window])
    ]


def _differs(job: Job, entry: LedgerEntry) -> bool:
    """What cannot be decoded is judged, so that the verdict says so.

    So is what waits for the registry. A window that could not be read and still cannot has
    nothing new.
    """
    if is_unjudged(entry):
        return True
    judged: str = entry.record["manifest"]
    try:
        return pull(job, entry.key.window).manifest != judged
    except (SliceCorrupt, SliceTooLarge, SchemaMismatch):
        return True
    except SliceUnavailable:
        if judged:
            raise
        return False
