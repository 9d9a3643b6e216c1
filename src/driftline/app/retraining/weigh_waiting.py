"""What waiting has cost so far, from the ledger's own record, against what a run costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.retraining.record import record_of
from driftline.core.bounds.spread import inflation, spread_of
from driftline.core.finding import Finding
from driftline.core.performance._metric import load_metric
from driftline.core.retraining.economics import (
    Balance,
    Price,
    Shortfall,
    Waiting,
    balance,
    price_in_points,
    price_of,
)
from driftline.core.window import Window
from driftline.ports import LedgerEntry


@dataclass(frozen=True, slots=True)
class Reading:
    """A window's rows and metrics; without metrics where too few labels have arrived."""

    window: Window
    rows: int
    values: dict[str, float]
    broken: bool = False


def weigh_waiting(
    job: Job, seen: Observation, findings: Sequence[Finding]
) -> Balance | None:
    """The balance since the accumulated shortfall began, or None where there is none.

    Windows of broken data are left out: no retraining would have regained their loss.
    """
    harm = next((f for f in findings if f.statistic == "cusum"), None)
    if job.retraining is None or harm is None or not harm.evidence["windows"]:
        return None
    metric = priced_metric(job, harm.subject)
    own = metric == harm.subject
    side = harm.evidence["side"] if own else load_metric(metric).facts.harmful_sides[0]
    waiting = _waiting(job, seen, metric, side, harm.evidence["windows"])
    if waiting is None:
        return None
    return balance(waiting, price_of_run(job, metric, waiting.step))


def priced_metric(job: Job, deciding: str) -> str:
    """The metric that errors are counted by."""
    costs = job.retraining.costs if job.retraining else None
    return (costs and costs.metric) or deciding


def price_of_run(job: Job, metric: str, step: timedelta = timedelta(days=1)) -> Price:
    """What a run costs: in money where costs are stated, else in points of the metric."""
    assert job.retraining is not None
    if job.retraining.costs is not None:
        return price_of(job.retraining.costs, record_of(job))
    cool_down = timedelta(days=job.retraining.interlocks.cool_down_days)
    return price_in_points(metric, job.retraining.margin, cool_down / step)


def _waiting(
    job: Job, seen: Observation, metric: str, side: int, windows: int
) -> Waiting | None:
    spread = spread_of(seen.reference.metric(metric))
    readings = _readings(job, seen)
    judged = [r for r in readings if r.values and r.window.start <= seen.window.start]
    if spread is None:
        return None
    shortfalls = tuple(
        Shortfall(
            day=each.window.day,
            points=side * (each.values[metric] - spread.centre),
            deviation=spread.deviation(each.rows) * inflation(spread.correlation),
            weight=_weight(job, each.rows),
        )
        for each in judged[-windows:]
        if metric in each.values and not each.broken
    )
    later = [r for r in readings if r.window.start > seen.window.start]
    return (
        Waiting(
            shortfalls=shortfalls,
            unseen=tuple(_weight(job, r.rows) for r in later if not r.values),
            unsure=spread.unsure,
            step=seen.window.end - seen.window.start,
        )
        if shortfalls
        else None
    )


def _readings(job: Job, seen: Observation) -> list[Reading]:
    """Every window that the same model version was judged by, this one as it is now."""
    known = [
        _reading(job, entry)
        for entry in job.ledger.history(job.monitor, topics=())
        if entry.key.model_version == seen.model.version
        and entry.key.window != seen.window
    ]
    values = {name: m.value for name, m in seen.performance.measured.items()}
    rows = seen.profile.rows if seen.profile else 0
    return sorted(
        [*known, Reading(seen.window, rows, values)], key=lambda each: each.window.start
    )


def _reading(job: Job, entry: LedgerEntry) -> Reading:
    """A recorded window; it counts as measured from the labels on that harm is judged by."""
    record = entry.record
    known = record["performance"] if job.labels_in(entry) else {}
    return Reading(
        window=entry.key.window,
        rows=record["rows"],
        values={name: each["value"] for name, each in known.items()},
        broken=record["broken"],
    )


def _weight(job: Job, rows: int) -> Decimal:
    """What one point of the metric costs in a window of so many rows."""
    costs = job.retraining.costs if job.retraining else None
    return Decimal(1) if costs is None else costs.error * rows
