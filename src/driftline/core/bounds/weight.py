"""How much it matters that a value is outside its bounds: watched, or worth a page."""

import math
from dataclasses import dataclass

from driftline.core.bounds.checks import (
    WHOLE,
    Check,
    DriftPolicy,
    ReferenceSpread,
)
from driftline.core.finding import Bounds, Severity

HALF = 0.5
"""A share of the rows that pages however few days are known."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often chance may have one check watched in a window, have it page, or page at all."""

    watched: float
    paged: float
    any_page: float


def rates_of(spread: ReferenceSpread, check: Check, policy: DriftPolicy) -> Rates:
    """What the alarm budget gives to one check of a reference."""
    return Rates(
        spread.rate(check, policy),
        spread.page_rate(policy),
        policy.budget.any_page(policy.windows_per_day),
    )


def weigh(
    check: Check, value: float, rows: int, rates: Rates, before: float | None = None
) -> tuple[Bounds, Severity]:
    """A value's bounds on so many rows, and how much it matters if it is outside them.

    `before` is the value of the window before this one, where there was one.
    """
    if check.fixed is not None:
        bounds = paged = Bounds(upper=check.fixed, origin="the monitor file")
    else:
        bounds = check.spread.sound.bounds(rows, rates.watched)
        hard = check.facts.hard
        paged = check.spread.bounds(rows, rates.paged) if hard else bounds
    if bounds.contain(value):
        unbounded = bounds.lower is None and bounds.upper is None
        return bounds, Severity.INFO if unbounded else Severity.WARNING
    far = _is_far(check, value, paged)
    lasts = before is not None and _is_far(check, before, paged)
    certain = far and _is_certain(check, value, rates, lasts)
    return bounds, Severity.CRITICAL if certain else Severity.WARNING


def _is_far(check: Check, value: float, paged: Bounds) -> bool:
    """Whether a value is beyond the bounds of a page, and far beyond."""
    critical, usual = check.facts.critical, check.spread.usual
    edge = usual if paged.upper is None else paged.upper
    outside = critical is not None and not paged.contain(value)
    return outside and critical is not None and critical(value, usual, edge)


def _is_certain(check: Check, value: float, rates: Rates, lasts: bool) -> bool:
    """Whether the days known suffice for a page: more of them for a smaller share.

    What lasts from one window to the next needs no more than their spread.
    """
    is_share = check.facts.highest == 1.0
    if not check.spread.days_suffice:
        return is_share and value >= HALF
    if not is_share or check.plan is WHOLE or check.fixed is not None or lasts:
        return True
    return value >= least_at_once(len(check.spread.values), rates.any_page)


def least_at_once(days: int, rate: float) -> float:
    """The share of rows that pages on the first day, where no day known had nearly as many.

    That such a day is a rare one and no fault, none of n days can tell: as likely as
    not one comes in n / ln 2 days (the median-unbiased estimate), with one share of the
    rows as likely as another. It may page as often as anything pages, and half of the
    rows page in any case.

    >>> [round(least_at_once(days, rate=1 / 91), 2) for days in (8, 30, 45, 60, 90)]
    [0.5, 0.5, 0.29, 0.05, 0.0]
    """
    return min(max(1 - rate * days / math.log(2), 0.0), HALF)
