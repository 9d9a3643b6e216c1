"""How late labels come: the share that is in at each age, learned from judgements past."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from driftline.core.window import Window
from driftline.core.wording import percent

FEWEST_WINDOWS = 3
"""Windows seen at an age before anything is said of it."""

NEARLY_ALL = 0.98
"""The part of the labels that ever come after which nobody waits for the rest."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one judgement of a window saw: so many of its rows had a label by then."""

    window: Window
    seen_at: datetime
    rows: int
    labelled: int

    @property
    def age(self) -> float:
        """Days from the window's end until the judgement, not below 0."""
        return max((self.seen_at - self.window.end) / timedelta(days=1), 0.0)

    @property
    def share(self) -> float:
        """Of the rows, those with a label."""
        return self.labelled / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class LagCurve:
    """The usual share of labels that is in by age in whole days, never falling.

    `shares[n]` is that at an age of n days. Empty where too little was seen.
    """

    shares: tuple[float, ...] = ()

    @property
    def final(self) -> float:
        """The share that ever comes, as far as was seen."""
        return self.shares[-1] if self.shares else 0.0

    @property
    def days(self) -> int | None:
        """The age at which nearly all of the labels that come are in; None if unknown."""
        if self.final <= 0:
            return None
        enough = NEARLY_ALL * self.final
        return next(age for age, share in enumerate(self.shares) if share >= enough)

    def share(self, age: float) -> float:
        """The share that is usually in at this age in days.

        >>> LagCurve((0.0, 0.5, 0.9)).share(1.9)
        0.5
        """
        if not self.shares:
            return 0.0
        return self.shares[min(int(age), len(self.shares) - 1)]


def learn_lag(sightings: Iterable[Sighting], now: datetime) -> LagCurve:
    """The curve, by windows that were looked at again and again until `now`.

    A window's share at an age is what its last judgement by then saw: labels that
    change it have it judged again. It tells nothing of ages before its first judgement,
    nor of ages that it has not reached. The mean over windows is taken per age.
    """
    windows: dict[Window, list[Sighting]] = {}
    for sighting in sightings:
        if sighting.rows:
            windows.setdefault(sighting.window, []).append(sighting)
    told = [_by_age(seen, now) for seen in windows.values()]
    oldest = max((age for shares in told for age in shares), default=-1)
    curve: list[float] = []
    for age in range(oldest + 1):
        known = [shares[age] for shares in told if age in shares]
        if len(known) < FEWEST_WINDOWS:
            if curve:
                break
            curve.append(0.0)
            continue
        curve.append(max([sum(known) / len(known), *curve[-1:]]))
    return LagCurve(tuple(curve) if any(curve) else ())


def expectation(window: Window, curve: LagCurve, now: datetime) -> str:
    """What is still to come, in words; empty where that is not known.

    >>> from datetime import UTC, date
    >>> from driftline.core.window import day_window
    >>> curve = LagCurve((0.0, 0.3, 0.92))
    >>> day = day_window(date(2026, 9, 10))
    >>> expectation(day, curve, datetime(2026, 9, 11, 6, tzinfo=UTC))
    '92% expected by 13 Sep'
    """
    days = curve.days
    if days is None:
        return ""
    due = window.end + timedelta(days=days)
    if due <= now:
        return f"{percent(curve.share(days))} were expected by now"
    local = due.astimezone(window.local_start.tzinfo)
    return f"{percent(curve.share(days))} expected by {local.day} {local:%b}"


def _by_age(seen: Sequence[Sighting], now: datetime) -> dict[int, float]:
    """A window's share at each whole day of its age from its first judgement until now."""
    ordered = sorted(seen, key=lambda sighting: sighting.seen_at)
    first = math.ceil(ordered[0].age - 1e-9) if ordered[0].age > 1 else 0
    today = int((now - ordered[0].window.end) / timedelta(days=1))
    shares = {}
    for age in range(first, today + 1):
        known = [s.share for s in ordered if s.age < age + 1]
        shares[age] = known[-1] if known else ordered[0].share
    return shares
