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
    """A warning for the number that has strayed to one side for days, the clearest alone.

    `findings` are those of `judge_given` today. The others that have strayed follow from
    it, or are told when it is mended.
    """
    today = {number_name(f): f for f in findings if f.value is not None}
    lasting = []
    for check in checks_beside(spread, plans):
        found = today.get(number_of(check.subject, check.statistic.name))
        if found is not None:
            past = replace(moment, past=_counted(spread, check, moment.past))
            numbers = _numbers(check, found.value or 0.0, found.evidence["rows"])
            lasting += judge_lasting([check], numbers, past, run_length)
    clearest = sorted(lasting, key=lambda f: -abs(f.evidence["deviations"]))[:1]
    return [_beside(spread, finding) for finding in clearest]


def _beside(spread: GivenSpread, finding: Finding) -> Finding:
    """The finding, which says beside what the number has moved: it may be as ever itself."""
    assert spread.regression is not None
    given = beside(spread.regression.partners(finding.subject))
    return replace(finding, message=f"{given}, {finding.message}")


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
