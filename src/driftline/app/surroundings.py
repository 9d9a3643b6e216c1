"""What surrounds the model: the machine it runs on and the money it costs."""

from collections.abc import Iterable
from datetime import date

from driftline.app.job import Job
from driftline.core import cost, health
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.verdict import Verdict, reduce
from driftline.errors import CostUnavailable
from driftline.ports import CostProvider, Run, call


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
    """Findings of every probe."""
    return [health.judge(reading) for probe in job.probes for reading in probe.read()]


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
