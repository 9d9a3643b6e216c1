"""Shares with their intervals, where the days of one seed hang together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with its 95 % interval, over so many seeds."""

    hits: int
    n: int
    seeds: int
    lower: float
    upper: float

    @property
    def value(self) -> float:
        """The share; not a number without cases."""
        return self.hits / self.n if self.n else math.nan

    @property
    def said(self) -> str:
        """In words.

        >>> wilson(1, 4).said
        '25 % (4.6–70; n=4)'
        """
        if not self.n:
            return "not measured"
        low, high = percent(self.lower), percent(self.upper)
        return f"{percent(self.value)} % ({low}–{high}; n={self.n})"


def percent(share: float) -> str:
    """A share in per cent with two digits that matter.

    >>> percent(0.00166), percent(0.985), percent(1.0)
    ('0.17', '98.5', '100')
    """
    value = 100 * share
    if value in (0.0, 100.0):
        return f"{value:.0f}"
    return f"{value:.2f}" if value < 1 else f"{value:.3g}"


def wilson(hits: float, n: float, seeds: int = 0) -> Share:
    """Wilson's score interval.

    >>> share = wilson(0, 100)
    >>> round(share.upper, 3)
    0.037
    """
    if n <= 0:
        return Share(0, 0, seeds, math.nan, math.nan)
    p, spread = hits / n, Z**2 / n
    centre = (p + spread / 2) / (1 + spread)
    half = Z * math.sqrt(p * (1 - p) / n + spread / (4 * n)) / (1 + spread)
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return Share(round(hits), round(n), seeds, low if hits else 0.0, high)


def clustered(by_seed: Mapping[int, Sequence[bool]]) -> Share:
    """Wilson's interval on as many independent cases as the days of the seeds are worth.

    The design effect is the variance of the seeds' hits over that of independent days
    (Rao and Scott, 1992), never below 1. Where nothing was hit there is none to see.

    >>> alike = clustered({seed: [True, False] for seed in range(10)})
    >>> torn = clustered({seed: [seed < 5] * 2 for seed in range(10)})
    >>> torn.upper - torn.lower > alike.upper - alike.lower
    True
    """
    groups = [group for group in by_seed.values() if len(group)]
    n = sum(map(len, groups))
    hits = sum(sum(group) for group in groups)
    p = hits / n if n else 0.0
    effect = 1.0
    if 0 < p < 1 and len(groups) > 1:
        off = sum((sum(group) - p * len(group)) ** 2 for group in groups)
        variance = off * len(groups) / (len(groups) - 1) / n**2
        effect = max(variance / (p * (1 - p) / n), 1.0)
    narrow = wilson(hits / effect, n / effect)
    return Share(hits, n, len(groups), narrow.lower, narrow.upper)
