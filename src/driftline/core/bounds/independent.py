"""How many independent checks the soft checks of a reference are worth."""

import math
from collections.abc import Sequence

import numpy as np

from driftline.core.bounds.own_tail import beside_the_others
from driftline.core.bounds.threshold import Spread

SEEN = 0.1
"""The share of reference days that shows it: a rarer one is known by fewer days."""


def independent_checks(spreads: Sequence[Spread]) -> float:
    """So many have the reference's own days out of bounds as often, from 1 to all of them.

    Statistics of one column, and columns that move together, breach on the same days, so
    that a budget shared by all of them would not be spent. Each day is held against the
    others, and has the least chance that any check gives it (Westfall and Young, 1993): a
    tenth of the days are as rare as a tenth of days are by so many independent checks.
    All count where few days are known.
    """
    if not spreads or not all(spread.days_suffice for spread in spreads):
        return max(float(len(spreads)), 1.0)
    days = max(len(spread.values) for spread in spreads)
    rank = max(round(SEEN * days), 1)
    least: dict[int, float] = {}
    for spread in spreads:
        for place, chance in _rarest(spread, rank):
            least[place] = min(least.get(place, 1.0), chance)
    seen = min(max(sorted(least.values())[rank - 1], 1e-12), 0.5)
    found = math.log1p(-rank / (days + 1)) / math.log1p(-seen)
    return min(max(found, 1.0), float(len(spreads)))


def _rarest(spread: Spread, most: int) -> list[tuple[int, float]]:
    """The days that stray farthest, with their chances: no other of this check is rarer."""
    apart, sides = beside_the_others(spread.straight_values), 1
    if spread.is_two_sided:
        apart, sides = np.abs(apart), 2
    places = spread.places or range(len(apart))
    return [
        (places[i], min(sides * spread.tail.chance(max(float(apart[i]), 0.0)), 1.0))
        for i in np.argsort(-apart)[:most]
    ]
