"""A thing that is wrong from a start until an end.

The decision is pure, as in Alertmanager: given what is open and what today's verdict
says, it names what to do and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from driftline.core.action import Message
from driftline.core.finding import (
    ESTIMATED,
    JUDGED_BY,
    REST_DAY,
    Finding,
    Outcome,
    Severity,
    Topic,
)


class Cause(StrEnum):
    """Incidents of different causes live side by side; each has its own thread."""

    DATA = "data"
    PERFORMANCE = "performance"
    COST = "cost"
    HEALTH = "health"
    OUTAGE = "outage"
    LATE = "late"


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
class Told:
    """What people have heard of an incident, as Alertmanager's notification log has it.

    `at` is when (ISO, UTC) they heard last; `subjects` is all they have heard of;
    `degree` how far outside its bounds the worst finding was then, `worst` ever.
    `places` are the notifiers' places that were told.
    """

    at: str
    subjects: tuple[str, ...] = ()
    degree: float = 0.0
    worst: float = 0.0
    places: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for the ledger."""
        return {
            "at": self.at,
            "subjects": list(self.subjects),
            "degree": self.degree,
            "worst": self.worst,
            "places": list(self.places),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote, or the little that an older version knew."""
        return cls(
            at=values["at"],
            subjects=tuple(values["subjects"]),
            degree=values.get("degree") or 0.0,
            worst=values.get("worst") or 0.0,
            places=tuple(values.get("places", ())),
        )


@dataclass(frozen=True, slots=True)
class Incident:
    """`subjects` is everything that was critical at some time while it was open.

    `last_window` is the start (ISO, UTC) of the latest window that changed it; older
    windows that are judged again leave it alone. `quiet_windows` counts the windows in
    a row, up to that one, without a critical finding. `source` identifies where the
    rows came from, or what gave no answer; `thread` is the key of the incident under
    whose message people are told of this one too. `card` is what that message says of it
    by the latest window.
    """

    key: str
    monitor: str
    cause: Cause
    opened: str
    last_window: str
    subjects: tuple[str, ...] = ()
    quiet_windows: int = 0
    resolved: str = ""
    source: str = ""
    thread: str = ""
    told: Told | None = None
    card: Message | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still lasts."""
        return not self.resolved

    @property
    def in_thread(self) -> str:
        """The key of the thread in which people are told of it."""
        return self.thread or self.key


@dataclass(frozen=True, slots=True)
class Progress:
    """What one window did to one cause's incident; `critical` is why."""

    step: Step
    incident: Incident
    critical: tuple[Finding, ...]


def advance_all(
    findings: Sequence[Finding],
    current: Mapping[Cause, Incident | None],
    *,
    monitor: str,
    window: str,
    quiet_needed: int = 2,
    awaited: str | None = None,
) -> list[Progress]:
    """Every incident that there is after a window.

    A cause of which nothing was measured is left out: not knowing is not quiet, so a
    missing slice or missing labels neither calm nor resolve what is open. `awaited` is
    the column of labels: what is open about it stays so while none are in.
    """
    critical = critical_by_cause(findings)
    unknown = awaited if awaited not in _measured_subjects(findings) else None
    advanced = []
    for cause in causes_judged(findings):
        if not critical[cause] and _concerns(current.get(cause), unknown):
            continue
        step, incident = advance(
            current.get(cause),
            monitor=monitor,
            cause=cause,
            window=window,
            critical=critical[cause],
            quiet_needed=quiet_needed,
            lasting=any(_lasts(f) for f in findings if CAUSES[f.topic] is cause),
        )
        if incident is not None:
            advanced.append(Progress(step, incident, tuple(critical[cause])))
    return advanced


def advance(  # noqa: PLR0913 -- a pure decision, and all that it is made from
    current: Incident | None,
    *,
    monitor: str,
    cause: Cause,
    window: str,
    critical: Sequence[Finding],
    quiet_needed: int = 2,
    lasting: bool = False,
) -> tuple[Step, Incident | None]:
    """The next state of one cause's incident after a window that could be judged.

    `window` is the window's start in ISO form; `critical` are the breached critical
    findings of this cause; `lasting` that harm goes on though the window is not critical
    itself, which neither opens an incident nor calms one. Resolving takes
    `quiet_needed` windows in a row without one.
    The latest window judged again counts once, as it is judged now; windows before it
    change nothing.
    """
    if current is not None and window < current.last_window:
        return (Step.REPEAT if current.is_open else Step.NONE), current
    if critical:
        return _worsened(current, monitor, cause, window, subjects_of(critical))
    if current is None or not current.is_open:
        return Step.NONE, current
    if lasting:
        return Step.REPEAT, replace(current, last_window=window, quiet_windows=0)
    return _calmed(current, window, quiet_needed)


def _worsened(
    current: Incident | None,
    monitor: str,
    cause: Cause,
    window: str,
    subjects: tuple[str, ...],
) -> tuple[Step, Incident]:
    """A window with something critical opens an incident or keeps one open."""
    if current is None or (not current.is_open and window > current.last_window):
        key = f"{monitor}/{cause}/{window}"
        return Step.OPEN, Incident(key, monitor, cause, window, window, subjects)
    known = tuple(sorted({*current.subjects, *subjects}))
    same = current.is_open and known == current.subjects
    worse = replace(
        current, last_window=window, subjects=known, quiet_windows=0, resolved=""
    )
    return (Step.REPEAT if same else Step.UPDATE), worse


def _calmed(current: Incident, window: str, quiet_needed: int) -> tuple[Step, Incident]:
    """A window without anything critical counts once, however often it is judged."""
    counted = window == current.last_window and current.quiet_windows > 0
    quiet = current.quiet_windows + (0 if counted else 1)
    calmer = replace(current, last_window=window, quiet_windows=quiet)
    if quiet < quiet_needed:
        return Step.CALM, calmer
    return Step.RESOLVE, replace(calmer, resolved=window)


def causes_judged(findings: Sequence[Finding]) -> list[Cause]:
    """The causes that are known today: something was measured, or is critical.

    A slice that cannot be judged leaves the data's cause open, whatever else was seen,
    and an estimate or a day of rest calms nothing. Nor does what a version says of the
    rows that may be out of service.
    """
    measured = {
        CAUSES[finding.topic]
        for finding in findings
        if finding.outcome in (Outcome.OK, Outcome.BREACHED)
        and finding.statistic not in (ESTIMATED, REST_DAY)
    }
    if any(finding.blinds for finding in findings):
        measured.discard(Cause.DATA)
    if any(JUDGED_BY in finding.evidence for finding in findings):
        measured.discard(Cause.PERFORMANCE)
    critical = {CAUSES[f.topic] for f in findings if _is_critical(f)}
    return [cause for cause in Cause if cause in measured | critical]


def _measured_subjects(findings: Sequence[Finding]) -> set[str]:
    known = (Outcome.OK, Outcome.BREACHED)
    return {finding.subject for finding in findings if finding.outcome in known}


def _concerns(current: Incident | None, column: str | None) -> bool:
    return current is not None and column in current.subjects


def critical_by_cause(findings: Sequence[Finding]) -> dict[Cause, list[Finding]]:
    """The breached critical findings under each cause; empty lists included."""
    sorted_out: dict[Cause, list[Finding]] = {cause: [] for cause in Cause}
    for finding in findings:
        if _is_critical(finding):
            sorted_out[CAUSES[finding.topic]].append(finding)
    return sorted_out


def _is_critical(finding: Finding) -> bool:
    return finding.matters and finding.severity is Severity.CRITICAL


def _lasts(finding: Finding) -> bool:
    return finding.matters and bool(finding.evidence.get("lasting"))


def subjects_of(critical: Sequence[Finding]) -> tuple[str, ...]:
    """The subjects with their segments, sorted, each once."""
    return tuple(sorted({f"{f.subject}{_of(f)}" for f in critical}))


def _of(finding: Finding) -> str:
    return f" [{finding.segment}]" if finding.segment else ""
