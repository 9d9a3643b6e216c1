"""What the reference's own days would have raised, each judged against the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from driftline.core.bounds.checks import (
    ROWS,
    WHOLE,
    Check,
    DriftPolicy,
    ReferenceSpread,
    as_judged,
)
from driftline.core.bounds.lasting import Judged, crossings, number_of
from driftline.core.bounds.threshold import Spread
from driftline.core.bounds.weekday import weekday_of
from driftline.core.bounds.weight import Rates, rates_of, weigh
from driftline.core.finding import Severity
from driftline.core.given.lasting import checks_beside
from driftline.core.given.spread import GivenSpread
from driftline.core.joint.judge import checks_of
from driftline.core.joint.spread import JointSpread
from driftline.core.reference import WINDOW, Reference
from driftline.core.values.spread import ValuesSpread


@dataclass(frozen=True, slots=True)
class OwnDays:
    """The labels of the reference windows that would have paged, or been in the digest."""

    paged: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()

    def __or__(self, other: "OwnDays") -> "OwnDays":
        """Either one's days; a day that pages is no day of the digest."""
        paged = self.paged | other.paged
        return OwnDays(paged, (self.told | other.told) - paged)


def of_checks(
    spread: ReferenceSpread, reference: Reference, policy: DriftPolicy
) -> OwnDays:
    """What every check of columns and of the slice would have raised on one day."""
    found = OwnDays()
    for check in spread.checks:
        rates = rates_of(spread, check, policy)
        found |= _of_check(check, reference, rates, policy.min_rows)
    return found


def of_lasting(
    spread: ReferenceSpread, reference: Reference, policy: DriftPolicy
) -> OwnDays:
    """Lasting drift, had the reference's days been judged in their order."""
    length = spread.run_length(policy)
    told = [
        crossings(check, _windows(check, reference), length) for check in spread.checks
    ]
    return OwnDays(told=frozenset().union(*told))


def of_pairs(
    joint: JointSpread,
    reference: Reference,
    policy: DriftPolicy,
    odd: frozenset[int] = frozenset(),
) -> OwnDays:
    """Pairs of columns that would not have gone together as on the other days.

    `odd` numbers the days that the pairs were not learned from.
    """
    labels = _kept_days(reference, odd)
    rate = policy.budget.joint(
        checks_of(joint) + policy.classifier, policy.windows_per_day
    )
    told = {
        label
        for pair in joint.pairs
        for spread in pair.spreads.values()
        for at, (label, value) in enumerate(zip(labels, spread.values, strict=True))
        if not _without(spread, at)
        .sound.bounds(int(spread.rows), rate)
        .contain(float(value))
    }
    return OwnDays(told=frozenset(told))


def of_given(
    given: GivenSpread,
    reference: Reference,
    policy: DriftPolicy,
    odd: frozenset[int] = frozenset(),
) -> OwnDays:
    """Days on which numbers would have strayed from what other columns lead to expect."""
    labels = _kept_days(reference, odd)
    rate = policy.budget.given(len(given.judged), policy.windows_per_day)
    told: set[str] = set()
    for check in checks_beside(given, reference.plan.columns):
        told |= set(_out_of(check.spread.sound, labels, rate))
        told |= crossings(check, _in_order(check, labels), 1 / rate)
    return OwnDays(told=frozenset(told))


def _in_order(check: Check, labels: Sequence[str]) -> list[Judged]:
    """The days of a check's spread, which are numbered as these labels."""
    name, spread = number_of(check.subject, check.statistic.name), check.spread
    return [
        Judged(labels[place], None, {name: float(value), ROWS: spread.rows})
        for place, value in zip(spread.places, spread.values, strict=True)
    ]


def of_values(
    values: ValuesSpread, reference: Reference, policy: DriftPolicy
) -> OwnDays:
    """Days whose strange values would have been told, had they come after the others."""
    if reference.sample is None:
        return OwnDays()
    labels = reference.sample[WINDOW].unique().sort().to_list()
    rate = policy.budget.values(len(values.checks), policy.windows_per_day)
    spreads = [check.spread for check in values.checks]
    told = {label for spread in spreads for label in _out_of(spread, labels, rate)}
    return OwnDays(told=frozenset(told))


def _kept_days(reference: Reference, odd: frozenset[int]) -> list[str]:
    """The labels of the days in the sample that are no faults, in its order."""
    if reference.sample is None:
        return []
    faults = {label for i, label in enumerate(reference.days) if i in odd}
    present = reference.sample[WINDOW].unique(maintain_order=True).to_list()
    return [label for label in present if label not in faults]


def _out_of(spread: Spread, labels: Sequence[str], rate: float) -> Iterator[str]:
    """The days out of the bounds that the others give; `places` number the labels."""
    for at, value in enumerate(spread.values):
        bounds = _without(spread, at).bounds(int(spread.rows), rate)
        if not bounds.contain(float(value)):
            yield labels[spread.places[at]]


def _of_check(
    check: Check, reference: Reference, rates: Rates, min_rows: int
) -> OwnDays:
    labels = list(reference.days)
    paged: set[str] = set()
    told: set[str] = set()
    for at, (place, value) in enumerate(
        zip(check.spread.places, check.spread.values, strict=True)
    ):
        if place < 0:  # a day in production by which a short reference learned
            continue
        label = labels[place]
        rows = rows_on(check, reference, label)
        if rows < min_rows:
            continue
        spread = _without(check.spread, at).on(weekday_of(label))
        alone = replace(check, spread=spread)
        weight = weigh(alone, float(value), rows, rates)
        if not weight.bounds.contain(float(value)):
            (paged if weight.severity is Severity.CRITICAL else told).add(label)
    return OwnDays(frozenset(paged), frozenset(told))


def rows_on(check: Check, reference: Reference, label: str) -> int:
    """The rows on which the check was made that day."""
    day = reference.days[label]
    if check.plan is WHOLE:
        return day.rows
    return as_judged(day.columns[check.subject], check.role).rows


def _windows(check: Check, reference: Reference) -> Sequence[Judged]:
    labels = list(reference.days)
    name = number_of(check.subject, check.statistic.name)
    return [
        Judged(
            labels[place],
            weekday_of(labels[place]),
            {name: float(value), ROWS: float(reference.days[labels[place]].rows)},
        )
        for place, value in zip(check.spread.places, check.spread.values, strict=True)
        if place >= 0
    ]


def _without(spread: Spread, at: int) -> Spread:
    """The spread had that day not been in the reference."""
    kept = np.arange(len(spread.values)) != at
    return replace(
        spread,
        values=spread.values[kept],
        weekdays=(*spread.weekdays[:at], *spread.weekdays[at + 1 :]),
        places=(*spread.places[:at], *spread.places[at + 1 :]),
    )
