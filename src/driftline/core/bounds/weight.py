"""How much it matters that a value is outside its bounds: watched, or worth a page."""

import math
from dataclasses import dataclass

from driftline.core.bounds.checks import (
    WHOLE,
    Check,
    DriftPolicy,
    ReferenceSpread,
)
from driftline.core.drift import About
from driftline.core.finding import Bounds, Severity
from driftline.core.profiles.profile import ColumnProfile

HANDFUL = 5
"""Fewer strange rows are watched, however large a share of a small day they are."""

HALF = 0.5
"""A share of the rows that pages however few days are known."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often chance may have one check watched in a window, have it page, or page at all."""

    watched: float
    paged: float
    any_page: float


@dataclass(frozen=True, slots=True)
class Weight:
    """A value's bounds, and how much it matters if it is outside them.

    `waits` is whether it would page if the window before had been like it.
    """

    bounds: Bounds
    severity: Severity
    waits: bool = False


def rates_of(spread: ReferenceSpread, check: Check, policy: DriftPolicy) -> Rates:
    """What the alarm budget gives to one check of a reference."""
    return Rates(
        spread.rate(check, policy),
        spread.page_rate(policy),
        policy.budget.any_page(policy.windows_per_day),
    )


def weigh(
    check: Check, value: float, rows: int, rates: Rates, before: float | None = None
) -> Weight:
    """The weight of a value on so many rows; `before` is that of the window before."""
    if check.fixed is not None:
        bounds = paged = Bounds(upper=check.fixed, origin="the monitor file")
    else:
        bounds = check.spread.sound.bounds(rows, rates.watched)
        hard = check.facts.hard
        paged = check.spread.bounds(rows, rates.paged) if hard else bounds
    if bounds.contain(value):
        unbounded = bounds.lower is None and bounds.upper is None
        return Weight(bounds, Severity.INFO if unbounded else Severity.WARNING)
    few = _is_handful(check, value, rows)
    if few or not _is_far(check, value, paged) or not _has_spread(check, value):
        return Weight(bounds, Severity.WARNING)
    lasts = before is not None and _is_far(check, before, paged)
    if lasts or _at_once(check, value, rates):
        return Weight(bounds, Severity.CRITICAL)
    return Weight(bounds, Severity.WARNING, waits=True)


def is_watched(check: Check, column: ColumnProfile) -> bool:
    """Whether a day's value pages nobody, however far it is outside its bounds.

    A handful of rows may have brought it, or the day is what the column tells.
    """
    facts = check.facts
    behind = facts.rows_behind(column, check.plan) if check.fixed is None else math.inf
    of_the_day = facts.about is About.VALUES and check.by_day and column.is_one_value
    return behind < HANDFUL or of_the_day or facts.may_come(column, check.plan)


def _is_handful(check: Check, value: float, rows: int) -> bool:
    """Whether a share is of so few rows that one order could have brought them all."""
    is_share = check.facts.highest == 1.0 and check.fixed is None
    return is_share and value * rows < HANDFUL


def _is_far(check: Check, value: float, paged: Bounds) -> bool:
    """Whether a value is beyond the bounds of a page, and far beyond."""
    critical, usual = check.facts.critical, check.spread.usual
    edge = usual if paged.upper is None else paged.upper
    outside = critical is not None and not paged.contain(value)
    return outside and critical is not None and critical(value, usual, edge)


def _has_spread(check: Check, value: float) -> bool:
    """Whether the days known tell how far a day may stray, or half of the rows do."""
    is_share = check.facts.highest == 1.0
    return check.spread.days_suffice or (is_share and value >= HALF)


def _at_once(check: Check, value: float, rates: Rates) -> bool:
    """Whether so many days allow a page on the first window: for a share of a column."""
    is_share = check.facts.highest == 1.0 and check.plan is not WHOLE
    if not is_share or check.fixed is not None:
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
