"""Readings of hosts, GPUs and servers, against stated limits."""

from dataclasses import dataclass

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic


@dataclass(frozen=True, slots=True)
class Reading:
    """One number from one device, or the reason why there is none.

    `unit` is part of how it is shown. `upper` is the limit, None where there is none.
    A `value` of None means "could not be read" and `note` says why; never 0.
    """

    subject: str
    statistic: str
    value: float | None
    unit: str = ""
    upper: float | None = None
    note: str = ""
    expected_absent: bool = False


def judge(reading: Reading) -> Finding:
    """A reading above its limit is a warning; one that is absent is unknown.

    What a machine is simply without (a GPU) is stated and not held against it.
    """
    name = f"{reading.subject} {reading.statistic}"
    if reading.value is None:
        outcome = Outcome.OK if reading.expected_absent else Outcome.UNKNOWN
        message = reading.note or f"{name} could not be read"
        return _finding(reading, outcome, Severity.INFO, message)
    over = reading.upper is not None and reading.value > reading.upper
    limit = "" if reading.upper is None else f", limit {reading.upper:g}{reading.unit}"
    return _finding(
        reading,
        Outcome.BREACHED if over else Outcome.OK,
        Severity.WARNING,
        f"{name} is {reading.value:.4g}{reading.unit}{limit}",
    )


def _finding(
    reading: Reading, outcome: Outcome, severity: Severity, message: str
) -> Finding:
    return Finding(
        topic=Topic.HEALTH,
        subject=reading.subject,
        statistic=reading.statistic,
        outcome=outcome,
        severity=severity,
        message=message,
        value=reading.value,
        bounds=Bounds(upper=reading.upper, origin="limit"),
        evidence={"unit": reading.unit},
    )
