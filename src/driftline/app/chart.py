"""The picture of an incident's message: its weightiest number over the last windows."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.core.action import Chart
from driftline.core.bounds.lasting import number_name
from driftline.core.finding import Bounds, Finding, Topic
from driftline.core.incidents.incident import Cause, Progress
from driftline.core.measure import measure
from driftline.core.verdict import weight
from driftline.ports import LedgerEntry

SHOWN = 45
"""Windows in a chart."""


@dataclass(frozen=True, slots=True)
class Plotted:
    """A number as the ledger names it, its value today and the bounds it is held to."""

    title: str
    name: str
    today: float
    bounds: Bounds


def charts_of(
    job: Job, seen: Observation, progress: Sequence[Progress]
) -> dict[Cause, Chart]:
    """A chart for each cause that has a number to show, where one can be shown."""
    critical = {step.incident.cause: step.critical for step in progress}
    if not any(critical.values()) or not any(n.threads for n in job.notifiers.values()):
        return {}
    history = job.history(seen.window, SHOWN)
    drawn = {c: _chart(seen, history, found) for c, found in critical.items()}
    return {cause: chart for cause, chart in drawn.items() if chart is not None}


def _chart(
    seen: Observation, history: Sequence[LedgerEntry], critical: Sequence[Finding]
) -> Chart | None:
    """The weightiest finding whose number was kept on the days before; None without one."""
    for finding in sorted(critical, key=weight, reverse=True):
        number = _number(finding, seen)
        if number is None:
            continue
        values = [entry.metrics.get(number.name) for entry in history]
        if any(value is not None for value in values):
            return Chart(
                title=number.title,
                labels=(*(e.key.window.label for e in history), seen.window.label),
                values=(*values, number.today),
                lower=number.bounds.lower,
                upper=number.bounds.upper,
            )
    return None


def _number(finding: Finding, seen: Observation) -> Plotted | None:
    """A drift's own value, or the metric that a finding on performance is about."""
    if finding.value is None or finding.segment:
        return None
    title = f"{finding.subject}: {measure(finding)}"
    if finding.topic is Topic.DRIFT:
        return Plotted(title, number_name(finding), finding.value, finding.bounds)
    measured = seen.performance.measured.get(finding.subject)
    if finding.topic is not Topic.PERFORMANCE or measured is None:
        return None
    bounds = finding.bounds if finding.statistic == "value" else Bounds()
    name = f"performance/{finding.subject}"
    return Plotted(finding.subject, name, measured.value, bounds)
