"""The alarms that there were, beside what the budget allows: what people called false."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from driftline.app.job import Job
from driftline.app.post import FALSE_ALARM
from driftline.core.incidents.incident import Cause
from driftline.core.window import Every

LOOKED_BACK = timedelta(days=91)
"""A quarter, by which budgets of pages are stated."""

MONTH = timedelta(days=365.25 / 12)

BUDGETED = {Cause.DATA, Cause.PERFORMANCE}
"""Cost, health and outages have limits of their own, and no share of the budget."""


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """Incidents of the last quarter that was judged, and those called false alarms.

    `days` of it lie between the first and the last window that was judged.
    """

    days: int
    incidents: int
    called_false: int

    @property
    def per_month(self) -> float:
        """False alarms in a month of such days.

        >>> round(AlarmRecord(91, 5, 3).per_month, 2)
        1.0
        """
        return self.called_false * (MONTH / timedelta(days=max(self.days, 1)))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "per_month": self.per_month}


def alarm_record(job: Job) -> AlarmRecord:
    """What the ledger has of the monitor's alarms, up to its latest window."""
    most = LOOKED_BACK.days * (24 if job.every is Every.HOUR else 1)
    windows = [
        e.key.window for e in job.ledger.history(job.monitor, limit=most, topics=())
    ]
    if not windows:
        return AlarmRecord(0, 0, 0)
    began = max(windows[0].start, windows[-1].end - LOOKED_BACK)
    opened = {
        incident.key
        for incident in job.ledger.incidents(job.monitor)
        if incident.cause in BUDGETED and incident.opened >= began.isoformat()
    }
    called = {note["key"] for note in job.ledger.notes(job.monitor, FALSE_ALARM)}
    days = round((windows[-1].end - began) / timedelta(days=1))
    return AlarmRecord(days, len(opened), len(opened & called))
