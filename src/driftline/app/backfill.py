"""Many windows, oldest first, each by the path of every other day."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from driftline.app.job import Job
from driftline.app.monitor_day import DayReport, monitor_day
from driftline.core.window import Window, day_window, window_at, windows_between
from driftline.ports import Run, call


def windows_of(job: Job, first: date, last: date) -> list[Window]:
    """The job's windows that touch the local dates `first` to `last`, both included."""
    start = window_at(day_window(first, job.zone).start, job.every, job.zone)
    final = day_window(last, job.zone).end - timedelta(microseconds=1)
    end = window_at(final, job.every, job.zone)
    return list(windows_between(start, end))


def backfill(
    job: Job,
    first: date,
    last: date,
    run: Run = call,
    track: Callable[[list[Window]], Iterable[Window]] = iter,
) -> list[DayReport]:
    """One report per window; what was judged before comes back as it was.

    `track` may wrap the windows to show progress.
    """
    windows = windows_of(job, first, last)
    return [monitor_day(job, window, run) for window in track(windows)]
