"""What surrounds the model: the machine it runs on and the money it costs."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from driftline.app.job import Job
from driftline.core import cost, health
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.health import Counted
from driftline.core.verdict import Verdict, reduce
from driftline.errors import CostUnavailable
from driftline.ports import CostProvider, Run, call

LOOK_BACK = 30
"""Windows in which a server's earlier counters are looked for."""


def read_costs(providers: Iterable[CostProvider], day: date) -> list[Finding]:
    """Findings of every provider; one that gives no answer is an unknown, not an error."""
    findings: list[Finding] = []
    for provider in providers:
        try:
            spends = provider.spend(day)
        except CostUnavailable as error:
            findings.append(_unknown(str(error)))
        else:
            findings += [finding for spend in spends for finding in cost.judge(spend)]
    return findings


def read_health(job: Job) -> list[Finding]:
    """Findings of every probe; traffic is that since a verdict of about a window ago."""
    readings = [reading for probe in job.probes for reading in probe.read()]
    if all(reading.traffic is None for reading in readings):
        return [health.judge(reading) for reading in readings]
    now = job.clock().astimezone(ZoneInfo(job.zone))
    before = _counted_before(job)
    return [
        health.judge(r, now, before.get((r.subject, r.statistic))) for r in readings
    ]


def _counted_before(job: Job) -> dict[tuple[str, str], Counted]:
    """What servers had counted at the latest verdict that is half a window old.

    Windows that are made up for one after another all look back to the run before.
    """
    found: dict[tuple[str, str], Counted] = {}
    for entry in job.ledger.history(
        job.monitor, limit=LOOK_BACK, topics=(Topic.HEALTH,)
    ):
        window = entry.key.window
        latest = job.clock() - (window.end - window.start) / 2
        for name, counted in health.counted(entry.findings).items():
            if counted.at <= latest:
                found[name] = counted
    return found


def look_around(job: Job, day: date) -> list[Finding]:
    """Cost and health together, as they are now."""
    return [*read_costs(job.costs, day), *read_health(job)]


def check_costs(job: Job, day: date, run: Run = call) -> Verdict:
    """The verdict on cost alone; nothing is recorded and nobody is told."""
    return reduce(run(read_costs, job.costs, day))


def _unknown(message: str) -> Finding:
    return Finding(
        topic=Topic.COST,
        subject="spend",
        statistic="spend",
        outcome=Outcome.UNKNOWN,
        severity=Severity.INFO,
        message=message,
    )
