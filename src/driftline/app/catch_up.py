"""Every window that is due by now, judged once, oldest first, with one summary."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from driftline.app.job import Job
from driftline.app.monitor_day import DayReport, give_back, monitor_day
from driftline.app.unjudged import is_unjudged, unjudged, waiting
from driftline.app.unrecorded import told_from_memory
from driftline.core.collecting import collect_young
from driftline.core.finding import Topic
from driftline.core.late import LONGEST
from driftline.core.window import Window, window_at
from driftline.errors import SettingsError
from driftline.ports import Lease, Run, call

LEASE = "catch-up"
"""The lease that lets one worker at a time go through a monitor's windows."""


def judge_due(
    job: Job,
    day: date | None,
    moment: datetime,
    run: Run = call,
    *,
    dry_run: bool = False,
    anew: bool = False,
) -> list[DayReport]:
    """The day that is named; else what a run that was due at `moment` has to judge.

    With `anew` the day is another revision though its rows are the same; `SettingsError`
    where none is named.
    """
    if anew and day is None:
        raise SettingsError("name the day that is to be judged anew, by its local date")
    window = job.window_of(day, moment)
    if day is not None or dry_run:
        named = replace(job, by_hand=True, anew=anew)
        return [monitor_day(named, window, run, dry_run=dry_run)]
    return catch_up(job, window, moment, run)


def catch_up(
    job: Job, due: Window, moment: datetime, run: Run = call
) -> list[DayReport]:
    """The window of a run that was due at `moment`, and every missed one, oldest first.

    After an outage the first run that gets through judges them all; the others, each
    due for a window of its own, find it judged. Raises `WindowBusy` while another
    worker is at it.
    """
    lease = _taken(job, due)
    try:
        reports: list[DayReport] = []
        known = {
            window: job.ledger.latest(job.monitor, window)
            for window in missed(job, due, moment)
        }
        pile = [window for window, entry in known.items() if is_unjudged(entry)]
        for window, entry in known.items():
            if entry is not None and reports and _still_away(reports[-1]):
                continue
            if reports:  # a lease lasts as long as a window takes, and not for all
                lease = _taken(job, window)
                collect_young()
            each = replace(job, collecting=window in pile[:-1])
            reports.append(monitor_day(each, window, run))
        return reports
    finally:
        give_back(job, lease)


def _taken(job: Job, window: Window) -> Lease:
    with told_from_memory(job, window):
        return job.ledger.acquire(job.monitor, LEASE, job.owner, job.clock())


def _still_away(last: DayReport) -> bool:
    """Whether the registry failed just now: what waits for it goes on waiting."""
    return any(f.blinds and f.topic is Topic.REGISTRY for f in last.findings)


def missed(job: Job, due: Window, moment: datetime) -> Sequence[Window]:
    """`due` and the windows without a verdict that are due by now, oldest first.

    With those that await the registry, which no version has judged yet. Each window is
    due as long after its end as `due` was at `moment`. A run that is late by more than
    `LONGEST` has its own window alone, and the first run of a monitor begins with it.
    """
    late = job.clock() - moment
    if late > LONGEST:
        return [due]
    latest = window_at(due.end + late, job.every, job.zone).previous
    latest = max(latest, due)
    first = window_at(latest.start - LONGEST, job.every, job.zone)
    return sorted({due, *waiting(job, first, latest), *unjudged(job, latest, due)})
