"""One checked statistic on one subject in one window."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

ESTIMATED = "estimated"
"""The statistic of a metric that was estimated: it is no measurement."""
REST_DAY = "rest_day"
"""The statistic of a window that has no rows as usual: no measurement."""
JUDGED_BY = "judged_by"
"""By this the evidence of a registry that is away says which version still judges."""
DIAGNOSIS = "diagnosis"
"""The statistic of a finding that names what was done to the data."""


class Topic(StrEnum):
    """What a finding is about; also the cause under which incidents are kept."""

    SLICE = "slice"
    VALIDATION = "validation"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    COST = "cost"
    HEALTH = "health"
    REGISTRY = "registry"


class Outcome(StrEnum):
    """`unknown` is neither good nor bad: it could not be measured, and says why."""

    OK = "ok"
    BREACHED = "breached"
    UNKNOWN = "unknown"
    ERRORED = "errored"


class Severity(StrEnum):
    """How much a breach matters: `info` is shown, `warning` watched, `critical` acted on."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info to 2 for critical."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers of the day: outside them a statistic is breached. None is unbounded."""

    lower: float | None = None
    upper: float | None = None
    origin: str = ""

    def contain(self, value: float) -> bool:
        """Whether the value is inside, ends included.

        >>> Bounds(upper=0.2).contain(0.3)
        False
        """
        above = self.lower is None or value >= self.lower
        below = self.upper is None or value <= self.upper
        return above and below


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked statistic.

    `subject` is a column, a metric or a budget; `segment` is empty for the whole slice
    and otherwise reads `column=value`. `message` is a sentence that a person can act
    on without the report. `evidence` holds plain JSON values.
    """

    topic: Topic
    subject: str
    statistic: str
    outcome: Outcome
    severity: Severity
    message: str
    value: float | None = None
    bounds: Bounds = field(default_factory=Bounds)
    segment: str = ""
    evidence: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes it the same finding on another day."""
        return (self.topic.value, self.subject, self.statistic, self.segment)

    @property
    def matters(self) -> bool:
        """Whether it counts against the verdict."""
        return self.outcome in (Outcome.BREACHED, Outcome.ERRORED)

    @property
    def blinds(self) -> bool:
        """Whether for this reason nothing could be judged of the window."""
        about = (Topic.SLICE, Topic.REGISTRY)
        return self.outcome is Outcome.UNKNOWN and self.topic in about

    @property
    def excess(self) -> float:
        """How far beyond its bounds, in units of the bound: 0 inside.

        >>> loud = Finding(Topic.DRIFT, "a", "psi", Outcome.BREACHED, Severity.WARNING,
        ...                "", 0.6, Bounds(upper=0.2))
        >>> round(loud.excess, 2)
        2.0
        """
        if self.value is None or self.bounds.contain(self.value):
            return 0.0
        edge = self.bounds.upper
        if edge is None or self.value <= edge:
            edge = self.bounds.lower
        assert edge is not None
        return abs(self.value - edge) / max(abs(edge), 1e-9)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "topic": self.topic.value,
            "subject": self.subject,
            "statistic": self.statistic,
            "outcome": self.outcome.value,
            "severity": self.severity.value,
            "message": self.message,
            "value": self.value,
            "bounds": {
                "lower": self.bounds.lower,
                "upper": self.bounds.upper,
                "origin": self.bounds.origin,
            },
            "segment": self.segment,
            "evidence": self.evidence,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            topic=Topic(values["topic"]),
            subject=values["subject"],
            statistic=values["statistic"],
            outcome=Outcome(values["outcome"]),
            severity=Severity(values["severity"]),
            message=values["message"],
            value=values["value"],
            bounds=Bounds(**values["bounds"]),
            segment=values["segment"],
            evidence=values["evidence"],
        )
