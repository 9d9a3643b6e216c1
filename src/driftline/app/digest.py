"""The weekly digest: one message for each place, whichever monitors are told there."""

from collections.abc import Mapping, Sequence
from datetime import date

from driftline.app.deliver import Couriers, Delivery, deliver
from driftline.app.job import Job
from driftline.app.post import ANSWERED
from driftline.core.action import Message
from driftline.core.incidents.briefing import notify_actions
from driftline.core.incidents.digest import MonitorWeek, digest
from driftline.core.verdict import reduce
from driftline.core.window import Every, Window, day_window, window_at
from driftline.ports import Notifier

EVERYBODY = "*"
"""The name under which the ledger keeps what belongs to no monitor alone."""

NOTE = "digest"
"""The kind of note that says that a week was told in a place."""

HOURS = 24 * 7
"""The most windows in a week."""


def send_digests(jobs: Sequence[Job], day: date | None = None) -> list[Delivery]:
    """The week of the day, or the last complete one, is told once in each place.

    Where it was told before nothing is sent; what waits from an earlier attempt is.
    """
    deliveries = []
    for place, told in _places(jobs).items():
        first = told[0]
        message = compose(told, day, place)
        week = week_of(first, day)
        actions = notify_actions(message, [place])
        key = f"{week.label}/{place}"
        body = {"monitors": [job.monitor for job in told]}
        first.ledger.note(EVERYBODY, NOTE, key, body, first.clock(), actions)
        couriers = Couriers({place: _notifier(first, place)})
        deliveries += deliver(
            first.ledger, EVERYBODY, couriers, first.owner, first.clock
        )
    return deliveries


def compose(jobs: Sequence[Job], day: date | None, place: str) -> Message:
    """The week's message about these monitors."""
    label = week_of(jobs[0], day).label
    weeks = [collected(job, week_of(job, day)) for job in jobs]
    return digest(label, f"{label}/{place}", weeks)


def week_of(job: Job, day: date | None) -> Window:
    """The week of a day in the job's zone, or the last complete one."""
    if day is None:
        return window_at(job.clock(), Every.WEEK, job.zone).previous
    return window_at(day_window(day, job.zone).start, Every.WEEK, job.zone)


def collected(job: Job, week: Window) -> MonitorWeek:
    """What the ledger has of one monitor's week."""
    history = job.ledger.history(job.monitor, before=week.end, limit=HOURS)
    entries = [entry for entry in history if entry.key.window.start >= week.start]
    return MonitorWeek(
        monitor=job.monitor,
        verdicts=tuple(reduce(entry.findings) for entry in entries),
        open=tuple(i for i in job.ledger.incidents(job.monitor) if i.is_open),
        answers=tuple(_answers(job, week)),
        zone=job.zone,
    )


def _answers(job: Job, week: Window) -> list[str]:
    """What people answered to this monitor's incidents in the week."""
    return [
        f"{note['body']['cause']}: {words} {note['body']['author']}"
        for kind, words in ANSWERED.items()
        for note in job.ledger.notes(job.monitor, kind)
        if week.start <= note["at"] < week.end
    ]


def _places(jobs: Sequence[Job]) -> Mapping[str, list[Job]]:
    """Who is told where, by monitor; each place in the order of its first monitor."""
    places: dict[str, list[Job]] = {}
    for job in sorted(jobs, key=lambda job: job.monitor):
        for name in job.notifiers:
            told = places.setdefault(job.places[name], [])
            if job not in told:
                told.append(job)
    return places


def _notifier(job: Job, place: str) -> Notifier:
    return next(n for name, n in job.notifiers.items() if job.places[name] == place)
