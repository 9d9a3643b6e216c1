"""Numbers that stray by little from what others lead to expect, to one side and for days."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from driftline.core.bounds.checks import ROWS, Check
from driftline.core.bounds.lasting import (
    SOONEST,
    Judged,
    Moment,
    judge_lasting,
    number_name,
    number_of,
)
from driftline.core.bounds.threshold import Spread
from driftline.core.finding import Finding
from driftline.core.given.judge import beside
from driftline.core.given.spread import GivenSpread
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile
from driftline.core.values.thinned import looked_at


def judge_given_lasting(
    spread: GivenSpread,
    findings: Sequence[Finding],
    moment: Moment,
    plans: Mapping[str, ColumnPlan],
    run_length: float,
) -> list[Finding]:
    """A warning for each number that has strayed to one side for days, by its own doing.

    `findings` are those of `judge_given` today. Of numbers that go together the one that
    was told last is told, else the clearest: the others that have strayed
    follow from it, or are told when it is mended.
    """
    if spread.regression is None:
        return []
    today = {number_name(f): f for f in findings if f.value is not None}
    lasting = []
    for check in checks_beside(spread, plans):
        found = today.get(number_of(check.subject, check.statistic.name))
        if found is not None:
            past = replace(moment, past=_counted(spread, check, moment.past))
            numbers = _numbers(check, found.value or 0.0, found.evidence["rows"])
            lasting += judge_lasting([check], numbers, past, run_length)
    partners = {f.subject: spread.regression.partners(f.subject) for f in lasting}
    return [
        replace(f, message=f"{beside(partners[f.subject])}, {f.message}")
        for f in _by_itself(lasting, partners, moment)
    ]


def _by_itself(
    lasting: Sequence[Finding], partners: Mapping[str, Sequence[str]], moment: Moment
) -> list[Finding]:
    """Those of which none goes with another, the one told last and the clearest first."""
    told = moment.past[-1].numbers if moment.past else {}
    found: list[Finding] = []
    for finding in sorted(
        lasting,
        key=lambda f: (number_name(f) not in told, -abs(f.evidence["deviations"])),
    ):
        name, others = finding.subject, [other.subject for other in found]
        if not any(o in partners[name] or name in partners[o] for o in others):
            found.append(finding)
    return found


def checks_beside(spread: GivenSpread, plans: Mapping[str, ColumnPlan]) -> list[Check]:
    """The judged numbers as checks that add up over days."""
    return [
        Check(name, "pair", plans[name], ColumnProfile(0), spread.spreads[name])
        for name in spread.judged
    ]


def _counted(
    spread: GivenSpread, check: Check, past: Sequence[Judged]
) -> tuple[Judged, ...]:
    """The windows that have the number, each with the rows that it was of.

    A window knows the rows that it had; as many of those looked at have the number as in
    the reference.
    """
    name = number_of(check.subject, check.statistic.name)
    share = check.spread.rows / spread.rows
    return tuple(
        replace(
            window,
            numbers=_numbers(
                check,
                window.numbers[name],
                share * looked_at(int(window.numbers.get(ROWS, spread.rows))),
            ),
        )
        for window in past
        if name in window.numbers
    )


def _numbers(check: Check, value: float, rows: float) -> dict[str, float]:
    name = number_of(check.subject, check.statistic.name)
    return {name: value, ROWS: min(rows, _most_rows(check.spread))}


def _most_rows(spread: Spread) -> float:
    """Rows of which a trifle is as many deviations as are allowed for; more tell no more."""
    narrowest = spread.trifle / max(SOONEST, spread.trifle)
    beyond_days = narrowest**2 - (1 - spread.chance)
    return spread.chance * spread.rows / beyond_days if beyond_days > 0 else math.inf
