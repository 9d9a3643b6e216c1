"""The findings of one monitor and window, reduced to one word with reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from driftline.core.finding import (
    DIAGNOSIS,
    JUDGED_BY,
    REST_DAY,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.why.ranking import OUTPUTS, surprise


class Word(StrEnum):
    """The four verdicts."""

    HEALTHY = "healthy"
    WATCH = "watch"
    ACT = "act"
    CANNOT_TELL = "cannot-tell"

    @property
    def exit_code(self) -> int:
        """0 healthy or watch, 1 act, 2 cannot tell."""
        return {Word.ACT: 1, Word.CANNOT_TELL: 2}.get(self, 0)


NAMED = 3
"""Columns of known drift that a headline names; the report has them all."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word, and the findings behind it: the weightiest first.

    `known` is the drift of a healthy window: it is out of bounds, and people were told.
    `judged_by` says which version judged provisionally, and as of when it is known to be
    in service, while the registry is away; empty for any other verdict.
    `rest` says that it has no rows, where that is as usual.
    """

    word: Word
    reasons: tuple[Finding, ...]
    known: tuple[Finding, ...] = ()
    judged_by: str = ""
    rest: str = ""

    @property
    def headline(self) -> str:
        """The verdict in one line.

        >>> Verdict(Word.HEALTHY, ()).headline
        'healthy: nothing is outside its bounds'
        """
        if self.rest and not self.reasons:
            return f"{self.word}: {self.rest}"
        if not self.reasons:
            return f"{self.word}: nothing {self._nothing}"
        acts = self.word is Word.ACT
        more = len(self.reasons) - 1 - (acts and bool(self.judged_by))
        tail = f" (and {more} more)" if more else ""
        said = f"{self.reasons[0].message}{tail}"
        if self.judged_by and acts:
            said += f", judged by {self.judged_by}"
        elif self.judged_by and not more:
            said = f"nothing is outside its bounds, {said}"
        return f"{self.word}: {said}"

    @property
    def _nothing(self) -> str:
        if self.word is Word.CANNOT_TELL:
            return "was measured"
        if not self.known:
            return "is outside its bounds"
        named = list(dict.fromkeys(finding.subject for finding in self.known))
        more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
        return f"new; outside as told before: {', '.join(named[:NAMED])}{more}"


def reduce(findings: Sequence[Finding]) -> Verdict:
    """One verdict from all findings.

    A slice or reference that cannot be had makes the verdict `cannot-tell`, unless something
    critical was measured: harm that is seen outweighs what is not. So a version that may
    be out of service by now raises alarms, and gives no all-clear. A critical breach
    makes it `act`, a warning `watch`. Unknowns never make a verdict healthy when
    nothing at all was measured; then they are its reasons.
    """
    breaches = sorted((f for f in findings if f.matters), key=weight, reverse=True)
    unknown = [f for f in findings if f.outcome is Outcome.UNKNOWN]
    blind = [f for f in unknown if f.blinds]
    measured = [f for f in findings if f.outcome in (Outcome.OK, Outcome.BREACHED)]
    by_last = [f for f in blind if JUDGED_BY in f.evidence]
    judged_by = str(by_last[0].evidence[JUDGED_BY]) if by_last else ""
    warned = any(f.severity is Severity.WARNING for f in breaches)
    if any(f.severity is Severity.CRITICAL for f in breaches):
        return Verdict(Word.ACT, (*breaches, *by_last), judged_by=judged_by)
    if blind or not measured:
        told = breaches if warned or not judged_by else []
        reasons = (*(blind or unknown), *told)
        return Verdict(Word.CANNOT_TELL, reasons, judged_by=judged_by)
    if warned:
        return Verdict(Word.WATCH, tuple(breaches))
    known = tuple(f for f in breaches if "told_since" in f.evidence)
    return Verdict(Word.HEALTHY, (), known, rest=rest_said(findings))


def rest_said(findings: Sequence[Finding]) -> str:
    """That a window has no rows, as usual; empty for any other."""
    return next((f.message for f in findings if f.statistic == REST_DAY), "")


def unseen_harm(findings: Sequence[Finding]) -> str:
    """What a healthy window does not tell: why its labels say nothing yet, if they do not."""
    about = [f for f in findings if f.topic is Topic.PERFORMANCE]
    waits = (f for f in about if f.statistic == "coverage" and f.value is not None)
    return next((f.message for f in waits if f.outcome is Outcome.UNKNOWN), "")


def weight(finding: Finding) -> tuple[int, int, float]:
    """Order of reasons: severity, then causes, harm and symptoms, then how far outside.

    A diagnosis is a cause: it stands before everything as severe. What the model was
    fed stands before what it then said.
    """
    harm = [Topic.PERFORMANCE, Topic.SLICE, Topic.VALIDATION, Topic.COST, Topic.DRIFT]
    if finding.statistic == DIAGNOSIS:
        return (finding.severity.rank, 1, finding.evidence.get("share", 0.0))
    place = harm.index(finding.topic) if finding.topic in harm else len(harm)
    said = finding.evidence.get("role") in OUTPUTS
    far = surprise(finding) if "usual" in finding.evidence else finding.excess
    return (finding.severity.rank, -2 * place - said, far)
