"""A day's pairs of columns against the reference's: one finding per column that slipped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from driftline.core.bounds.threshold import Spread
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.joint.association import associations, combinations_unseen
from driftline.core.joint.pairs import Table
from driftline.core.joint.spread import JointSpread, PairSpread

MEASURES = {"association": associations, "combinations": combinations_unseen}


@dataclass(frozen=True, slots=True)
class Slipped:
    """A pair that no longer goes together as it did, by one statistic."""

    pair: PairSpread
    statistic: str
    value: float
    bounds: Bounds

    @property
    def spread(self) -> Spread:
        """What the statistic did on the reference's days."""
        return self.pair.spreads[self.statistic]

    @property
    def excess(self) -> float:
        """How far beyond its bound, in units of the bound."""
        assert self.bounds.upper is not None
        return self.value / max(self.bounds.upper, 1e-9) - 1


def judge_joint(
    spread: JointSpread, table: pl.DataFrame, rate: float, moved: Collection[str] = ()
) -> list[Finding]:
    """A warning for every column whose pairing with others changed, the clearest first.

    `rate` is the chance that one statistic of one pair may breach on a day like all
    others. Of two columns that one broken pair leaves in doubt the one that is known to
    have `moved` is blamed.
    """
    codes = spread.codes(table)
    slipped = [
        found
        for pair in spread.pairs
        if all(coding in codes for coding in pair.pair.codings)
        for found in _slipped(
            pair, pair.pair.counted(*(codes[c] for c in pair.pair.codings)), rate
        )
    ]
    return _blamed(slipped, moved)


def checks_of(spread: JointSpread) -> int:
    """How many statistics share the budget."""
    return len(spread.pairs) * len(MEASURES)


def _slipped(pair: PairSpread, today: Table, rate: float) -> list[Slipped]:
    rows = int(today.sum())
    found = []
    for name, measure in MEASURES.items():
        value = float(measure(pair.table[None], today[None])[0])
        bounds = pair.spreads[name].sound.bounds(rows, rate)
        if not bounds.contain(value):
            found.append(Slipped(pair, name, value, bounds))
    return found


def _blamed(slipped: Sequence[Slipped], moved: Collection[str]) -> list[Finding]:
    """One finding per column: the one that explains most of what is left, again and again."""
    left = list(slipped)
    findings = []
    while left:
        weight: dict[str, float] = {}
        for found in left:
            for name in found.pair.pair.names:
                weight[name] = weight.get(name, 0.0) + 1 + min(found.excess, 10.0)
        blamed = max(weight, key=lambda name: (weight[name], name in moved, name))
        own = [found for found in left if blamed in found.pair.pair.names]
        findings.append(_finding(blamed, own))
        left = [found for found in left if found not in own]
    return findings


def _finding(column: str, own: Sequence[Slipped]) -> Finding:
    worst = max(own, key=lambda found: found.excess)
    partners = dict.fromkeys(
        name
        for found in sorted(own, key=lambda f: f.excess, reverse=True)
        for name in found.pair.pair.names
        if name != column
    )
    facts = worst.spread.statistic.facts
    names = " and ".join((column, next(iter(partners))))
    others = ", ".join(list(partners)[1:])
    more = f"; likewise {column} with {others}" if others else ""
    return Finding(
        Topic.DRIFT,
        column,
        worst.statistic,
        Outcome.BREACHED,
        Severity.WARNING,
        f"{facts.said(names, worst.value, None, worst.bounds.upper)}{more}",
        value=worst.value,
        bounds=worst.bounds,
        evidence={
            "role": "pair",
            "soft": True,
            "description": facts.description,
            "partners": list(partners),
            "usual": worst.spread.usual,
            "usual_range": list(worst.spread.typical),
            "reference_days": len(worst.spread.values),
        },
    )
