"""Many windows, oldest first, each by the path of every other day."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from driftline.app.job import Job
from driftline.app.monitor_day import DayReport, monitor_day
from driftline.app.unjudged import is_unjudged, waiting
from driftline.core.collecting import collect_young
from driftline.core.window import Window, day_window, window_at, windows_between
from driftline.errors import DriftlineError, LeaseLost, WindowBusy
from driftline.ports import Run, call

OnBusy = Callable[[DriftlineError], object]
"""Is told of a window that another worker has, in words."""


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
    on_busy: OnBusy | None = None,
) -> list[DayReport]:
    """One report per window; what was judged before comes back as it was.

    `track` may wrap the windows to show progress. `on_busy` as in `judge_each`.
    """
    return judge_each(job, windows_of(job, first, last), run, on_busy, track)


def judge_each(
    job: Job,
    windows: Sequence[Window],
    run: Run = call,
    on_busy: OnBusy | None = None,
    track: Callable[[list[Window]], Iterable[Window]] = iter,
) -> list[DayReport]:
    """The reports of the windows that no other worker has, in their order.

    `on_busy` is told of each of the others; without it the first of them is raised as
    `WindowBusy` once everything else is judged. Those that waited for the registry are
    collected, with those between them that nobody judged: people hear of them in one
    summary, and the last may ask for retraining.
    """
    busy: list[DriftlineError] = []
    reports = []
    pile = _pile(job, windows)
    for window in track(list(windows)):
        each = replace(job, by_hand=True, collecting=window in pile[:-1])
        try:
            reports.append(monitor_day(each, window, run))
        except (WindowBusy, LeaseLost) as error:
            (on_busy or busy.append)(error)
        collect_young()
    if busy:
        raise busy[0]
    return reports


def _pile(job: Job, windows: Sequence[Window]) -> list[Window]:
    """Those from the first that awaits the registry to the last, without a verdict, in order.

    One that nobody judged in between is of the same outage, and no end of it.
    """
    if not windows:
        return []
    away = [w for w in waiting(job, windows[0], windows[-1]) if w in windows]
    outage = [w for w in windows if away and away[0] <= w <= away[-1]]
    return [w for w in outage if is_unjudged(job.ledger.latest(job.monitor, w))]
