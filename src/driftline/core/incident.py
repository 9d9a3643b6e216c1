"""A thing that is wrong from a start until an end.

The decision is pure, as in Alertmanager: given what is open and what today's verdict
says, it names what to do and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from driftline.core.finding import Finding, Severity, Topic


class Cause(StrEnum):
    """Incidents of different causes live side by side; each has its own thread."""

    DATA = "data"
    PERFORMANCE = "performance"
    COST = "cost"
    HEALTH = "health"


CAUSES = {
    Topic.SLICE: Cause.DATA,
    Topic.VALIDATION: Cause.DATA,
    Topic.DRIFT: Cause.DATA,
    Topic.REGISTRY: Cause.DATA,
    Topic.PERFORMANCE: Cause.PERFORMANCE,
    Topic.COST: Cause.COST,
    Topic.HEALTH: Cause.HEALTH,
}


class Step(StrEnum):
    """What happens to an incident, and the reason in one word."""

    NONE = "nothing is wrong and nothing was"
    OPEN = "first critical finding"
    UPDATE = "something new is critical"
    REPEAT = "the same things are still wrong"
    CALM = "quiet, but not yet long enough"
    RESOLVE = "quiet long enough"


@dataclass(frozen=True, slots=True)
class Incident:
    """`subjects` is everything that was critical at some time while it was open.

    `last_window` is the start (ISO) of the latest window that changed it; older windows
    that are judged again leave it alone. `receipt` is the notifier's handle for the
    first message, so that later ones join its thread.
    """

    key: str
    monitor: str
    cause: Cause
    opened: str
    last_window: str
    subjects: tuple[str, ...] = ()
    quiet_windows: int = 0
    resolved: str = ""
    receipt: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it still lasts."""
        return not self.resolved


def advance(
    current: Incident | None,
    *,
    monitor: str,
    cause: Cause,
    window: str,
    critical: Sequence[Finding],
    quiet_needed: int = 2,
) -> tuple[Step, Incident | None]:
    """The next state of one cause's incident after a window that could be judged.

    `window` is the window's start in ISO form; `critical` are the breached critical
    findings of this cause. Resolving takes `quiet_needed` windows in a row without one.
    """
    subjects = tuple(sorted({f"{f.subject}{_of(f)}" for f in critical}))
    if current is None or not current.is_open:
        if not critical or (current is not None and window <= current.last_window):
            return Step.NONE, current
        key = f"{monitor}/{cause}/{window}"
        return Step.OPEN, Incident(key, monitor, cause, window, window, subjects)
    if window <= current.last_window:
        return Step.REPEAT, current
    if critical:
        known = tuple(sorted({*current.subjects, *subjects}))
        step = Step.REPEAT if known == current.subjects else Step.UPDATE
        return step, replace(
            current, last_window=window, subjects=known, quiet_windows=0
        )
    quiet = current.quiet_windows + 1
    calmer = replace(current, last_window=window, quiet_windows=quiet)
    if quiet < quiet_needed:
        return Step.CALM, calmer
    return Step.RESOLVE, replace(calmer, resolved=window)


def critical_by_cause(findings: Sequence[Finding]) -> dict[Cause, list[Finding]]:
    """The breached critical findings under each cause; empty lists included."""
    sorted_out: dict[Cause, list[Finding]] = {cause: [] for cause in Cause}
    for finding in findings:
        if finding.matters and finding.severity is Severity.CRITICAL:
            sorted_out[CAUSES[finding.topic]].append(finding)
    return sorted_out


def _of(finding: Finding) -> str:
    return f" [{finding.segment}]" if finding.segment else ""
