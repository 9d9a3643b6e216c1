"""Readings of hosts, GPUs and servers, against stated limits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic


@dataclass(frozen=True, slots=True)
class Traffic:
    """Two counters of a server: an `amount`, and the `requests` that it was summed over.

    Both only grow, and begin at 0 when the server does. What is judged is the amount of
    a mean request; with `share`, `amount` counts requests and is judged in percent.
    """

    amount: float
    requests: float
    share: bool = False

    @property
    def value(self) -> float | None:
        """Per request, or in percent of all; None where there was no request.

        >>> Traffic(3, 60, share=True).value, Traffic(90.0, 60).value
        (5.0, 1.5)
        """
        if not self.requests:
            return None
        return (100 if self.share else 1) * self.amount / self.requests

    def continues(self, before: "Traffic") -> bool:
        """Whether the server that counted `before` may still be running.

        A counter that fell began again; so did a part that outgrew its whole.
        """
        amount, requests = self.amount - before.amount, self.requests - before.requests
        fell = amount < 0 or requests < 0
        return not fell and (not self.share or amount <= requests)

    def since(self, before: "Traffic") -> "Traffic":
        """What was added to a server's earlier counters.

        >>> Traffic(3, 130).since(Traffic(1, 100))
        Traffic(amount=2, requests=30, share=False)
        """
        amount, requests = self.amount - before.amount, self.requests - before.requests
        return replace(self, amount=amount, requests=requests)


@dataclass(frozen=True, slots=True)
class Reading:
    """One number from one device, or the reason why there is none.

    `unit` is part of how it is shown. `lower` and `upper` are its limits, None where there
    is none. A `value` of None means "could not be read" and `note` says why; never 0.
    With `traffic` the value is what that has come to since an earlier reading.
    """

    subject: str
    statistic: str
    value: float | None
    unit: str = ""
    upper: float | None = None
    note: str = ""
    expected_absent: bool = False
    lower: float | None = None
    traffic: Traffic | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What a server had counted at a moment."""

    traffic: Traffic
    at: datetime


def judge(
    reading: Reading, now: datetime | None = None, before: Counted | None = None
) -> Finding:
    """A reading outside its limits is a warning; one that is absent is unknown.

    What a machine is simply without (a GPU) is stated and not held against it. Traffic is
    that since `before`, or since the server started where it started anew; where there was
    none, nothing is known. With `now` it is kept for the next time.
    """
    reading, over = _measured(reading, before)
    bounds = Bounds(reading.lower, reading.upper, "limit")
    outcome, message = _said(reading, bounds, over)
    return Finding(
        topic=Topic.HEALTH,
        subject=reading.subject,
        statistic=reading.statistic,
        outcome=outcome,
        severity=Severity.INFO if reading.value is None else Severity.WARNING,
        message=message,
        value=reading.value,
        bounds=bounds,
        evidence={"unit": reading.unit, **_kept(reading.traffic, now)},
    )


def counted(findings: Iterable[Finding]) -> dict[tuple[str, str], Counted]:
    """What servers had counted when these findings were made, by subject and statistic."""
    return {
        (finding.subject, finding.statistic): Counted(
            Traffic(kept["amount"], kept["requests"]),
            datetime.fromisoformat(kept["at"]),
        )
        for finding in findings
        if (kept := finding.evidence.get("traffic"))
    }


def _measured(reading: Reading, before: Counted | None) -> tuple[Reading, str]:
    """The reading with the value of its traffic, and over how many requests that is."""
    traffic = reading.traffic
    if traffic is None:
        return reading, ""
    when = "the server started"
    if before is not None and traffic.continues(before.traffic):
        traffic = traffic.since(before.traffic)
        when = f"{before.at:%Y-%m-%d %H:%M %Z}"
    name = f"{reading.subject} {reading.statistic}"
    note = f"{name} is unknown: it counted no request since {when}"
    over = f", over {traffic.requests:,.0f} requests since {when}"
    return replace(reading, value=traffic.value, note=note), over


def _said(reading: Reading, bounds: Bounds, over: str) -> tuple[Outcome, str]:
    name = f"{reading.subject} {reading.statistic}"
    if reading.value is None:
        absent = Outcome.OK if reading.expected_absent else Outcome.UNKNOWN
        return absent, reading.note or f"{name} could not be read"
    inside = bounds.contain(reading.value)
    value = f"{reading.value:.4g}{reading.unit}"
    return (
        Outcome.OK if inside else Outcome.BREACHED,
        f"{name} is {value}{_limit(reading)}{over}",
    )


def _kept(traffic: Traffic | None, now: datetime | None) -> dict[str, object]:
    if traffic is None or now is None:
        return {}
    kept = {"amount": traffic.amount, "requests": traffic.requests}
    return {"traffic": {**kept, "at": now.isoformat()}}


def _limit(reading: Reading) -> str:
    upper, lower, unit = reading.upper, reading.lower, reading.unit
    said = "" if upper is None else f", limit {upper:g}{unit}"
    return said if lower is None else f"{said}, at least {lower:g}{unit}"
