"""Time stamps without a zone in an hour that the clock shows twice or never."""

import math
from datetime import UTC, datetime

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.core.clock_change import ClockChange, clock_changes
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.slice import Slice
from driftline.core.wording import how_many
from driftline.ports import Run


def unclear_stamps(job: Job, seen: Observation, run: Run) -> list[Finding]:
    """How many rows have such a stamp, for people to know: each is counted once.

    The rows are read once more, on the two days a year that have such an hour.
    """
    rows, stamp = seen.rows, job.roles.timestamp
    if rows is None or not _is_naive(rows.schema.get(stamp, "")):
        return []
    changes = clock_changes(seen.window, rows.clock or seen.window.zone)
    counted = [(change, run(count_stamps, job, rows, change)) for change in changes]
    return [_said(stamp, change, count) for change, count in counted if count]


def count_stamps(job: Job, rows: Slice, change: ClockChange) -> int:
    """The rows whose stamp lies in the hour that is shown twice or never."""
    stamp = job.roles.timestamp
    cuts = (_just_before(change.start), _just_before(change.end))
    plan = ColumnPlan(Kind.NUMERIC, rows.schema[stamp], cuts, centre=cuts[0])
    return job.engine.profile(rows, Plan({stamp: plan})).columns[stamp].bins[1]


def _is_naive(kind: str) -> bool:
    return kind.startswith("Datetime") and "time_zone=None" in kind


def _just_before(bare: datetime) -> float:
    """The edge of a bin that begins with a stamp: bins hold their upper edges."""
    return math.nextafter(bare.replace(tzinfo=UTC).timestamp(), -math.inf)


def _said(stamp: str, change: ClockChange, count: int) -> Finding:
    often = "twice" if change.twice else "never"
    return Finding(
        topic=Topic.SLICE,
        subject=stamp,
        statistic=f"shown_{often}",
        outcome=Outcome.OK,
        severity=Severity.INFO,
        message=f"{how_many(count, 'row')} between {change.start:%H:%M} and "
        f"{change.end:%H:%M}, which the clock of {change.zone} shows {often} on "
        f"{change.start.date()}: each is counted once. Time stamps with an offset would be "
        "clear.",
        value=float(count),
    )
