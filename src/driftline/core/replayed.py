"""What another policy would have said of recorded windows, beside what was said."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftline.core.finding import Finding
from driftline.core.window import Window


@dataclass(frozen=True, slots=True)
class Side:
    """What one policy said of a window; `reasons` are the findings behind the verdict."""

    verdict: str
    reasons: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One window: what was, and what would be. `note` says what makes them unlike.

    `would` is None where the window's rows are no longer there.
    """

    window: Window
    was: Side
    would: Side | None
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether the other policy gives another verdict."""
        return self.would is not None and self.would.verdict != self.was.verdict

    @property
    def appeared(self) -> tuple[Finding, ...]:
        """Reasons that only the other policy has."""
        return _only(self.would.reasons, self.was.reasons) if self.would else ()

    @property
    def vanished(self) -> tuple[Finding, ...]:
        """Reasons that only the recorded verdict has."""
        return _only(self.was.reasons, self.would.reasons) if self.would else ()


@dataclass(frozen=True, slots=True)
class Totals:
    """What people and machines had to do: windows, incidents, messages, retraining runs."""

    pages: int
    digests: int
    cannot_tell: int
    incidents: int
    messages: int
    retraining: int


@dataclass(frozen=True, slots=True)
class Replay:
    """Every replayed window, and both policies' totals over those that could be."""

    windows: tuple[Replayed, ...]
    was: Totals
    would: Totals
    skipped: int

    @property
    def gone(self) -> int:
        """Windows that could not be judged again, left out of both totals."""
        return sum(each.would is None for each in self.windows)


def _only(mine: Sequence[Finding], others: Sequence[Finding]) -> tuple[Finding, ...]:
    known = {finding.identity for finding in others}
    return tuple(finding for finding in mine if finding.identity not in known)
