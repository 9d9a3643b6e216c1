"""How many false alarms people accept, and how the checks share them."""

import re
from dataclasses import dataclass

from driftline.errors import SettingsError

DAYS_PER = {
    "day": 1.0,
    "week": 7.0,
    "month": 365.25 / 12,
    "quarter": 365.25 / 4,
    "year": 365.25,
}


def rate_per_day(text: str) -> float:
    """Alarms per day from words: a number, "per", and a day, week, month, quarter or year.

    >>> round(rate_per_day("1 per week"), 4)
    0.1429
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:per|/)\s*([a-z]+?)\s*", text.lower())
    days = DAYS_PER.get(found[2]) if found else None
    if found is None or days is None or float(found[1]) <= 0:
        raise SettingsError(
            f"alarm budget {text!r} is not a positive number per day, week, month, "
            "quarter or year; write for example '1 per quarter'"
        )
    return float(found[1]) / days


@dataclass(frozen=True, slots=True)
class AlarmBudget:
    """False alarms that people accept, per day: pages wake somebody, a digest is read.

    Pages are shared by hard signals, realised performance and the errors of groups;
    digests by what hard signals, strange values, one day's drift, lasting drift, pairs
    of columns, numbers beside others and groups show.
    """

    pages_per_day: float = 1 / DAYS_PER["quarter"]
    digests_per_day: float = 1 / DAYS_PER["week"]

    def hard(self, checks: float, windows_per_day: float = 1.0) -> float:
        """The chance that one of so many hard signals may page in one window.

        >>> round(AlarmBudget(pages_per_day=0.2).hard(checks=4), 3)
        0.025
        """
        return _shared(self.pages_per_day * PAGES["hard"], checks, windows_per_day)

    def hard_watched(self, checks: float, windows_per_day: float = 1.0) -> float:
        """The chance that one of so many hard signals may be in the digest."""
        return _shared(self.digests_per_day * DIGESTS["hard"], checks, windows_per_day)

    def soft(self, checks: float, windows_per_day: float = 1.0) -> float:
        """The chance that one of so many soft statistics may breach in one window."""
        return _shared(self.digests_per_day * DIGESTS["day"], checks, windows_per_day)

    def lasting(self, checks: float, windows_per_day: float = 1.0) -> float:
        """The mean number of windows between false alarms of one accumulated statistic.

        >>> round(AlarmBudget(digests_per_day=0.1).lasting(checks=10))
        400
        """
        share = self.digests_per_day * DIGESTS["lasting"]
        return 1 / _shared(share, checks, windows_per_day)

    def joint(self, checks: float, windows_per_day: float = 1.0) -> float:
        """The chance that one of so many pairs of columns may breach in one window."""
        return _shared(self.digests_per_day * DIGESTS["joint"], checks, windows_per_day)

    def given(self, checks: float, windows_per_day: float = 1.0) -> float:
        """The chance that one of so many numbers beside others may breach in one window.

        As often again one of them may be told of that lasts.
        """
        return _shared(
            self.digests_per_day * DIGESTS["given"] / 2, checks, windows_per_day
        )

    def values(self, checks: float, windows_per_day: float = 1.0) -> float:
        """The chance that one of so many shares of strange values may breach in a window."""
        return _shared(
            self.digests_per_day * DIGESTS["values"], checks, windows_per_day
        )

    def groups(self, windows_per_day: float = 1.0) -> float:
        """The chance that any of the groups of rows may breach in one window.

        The groups share it by their rows.
        """
        return _shared(self.digests_per_day * DIGESTS["groups"], 1, windows_per_day)

    def paged_groups(self, windows_per_day: float = 1.0) -> float:
        """The chance that any of the groups of rows may page in one window."""
        return _shared(self.pages_per_day * PAGES["groups"], 1, windows_per_day)

    def any_page(self, windows_per_day: float = 1.0) -> float:
        """The chance that anything may page in one window."""
        return _shared(self.pages_per_day, 1, windows_per_day)

    def performance(self, checks: float = 1, windows_per_day: float = 1.0) -> float:
        """The mean number of windows between false pages of accumulated performance.

        >>> round(AlarmBudget().performance())
        365
        """
        share = self.pages_per_day * PAGES["performance"]
        return 1 / _shared(share, checks, windows_per_day)

    def memory(self, windows_per_day: float = 1.0) -> float:
        """Windows without drift after which it has ended: a whole digest had none of it.

        Two digests' time holds a whole one, wherever it begins.

        >>> AlarmBudget(digests_per_day=1 / 7).memory()
        14.0
        """
        return 2 * windows_per_day / self.digests_per_day

    def odd_windows(self, windows: int, windows_per_day: float = 1.0) -> int:
        """How many of so many reference windows may be taken for faults of the reference.

        As many as hard signals may have in the digest: what they showed is watched
        when it comes again, and does not widen the bounds of every other day. A week
        counts as a day: a reference has few.

        >>> AlarmBudget(digests_per_day=1 / 7).odd_windows(90)
        2
        >>> AlarmBudget(digests_per_day=1 / 7).odd_windows(90 * 24, windows_per_day=24)
        2
        """
        days = windows / max(windows_per_day, 1.0)
        return int(self.digests_per_day * DIGESTS["hard"] * days)


PAGES = {"hard": 0.5, "performance": 0.25, "groups": 0.25}
"""What shares the pages, and how much each has."""

DIGESTS = {
    "hard": 0.2,
    "values": 0.05,
    "day": 0.2,
    "lasting": 0.25,
    "joint": 0.05,
    "given": 0.1,
    "groups": 0.15,
}
"""What shares the digests, and how much each has."""


def _shared(rate: float, checks: float, windows_per_day: float) -> float:
    return min(rate / max(checks, 1) / windows_per_day, 0.5)
