"""Everything that can be said of a monitor's alarms before it is switched on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from driftline.core.bounds.budget import DAYS_PER, DIGESTS, PAGES
from driftline.core.bounds.checks import DriftPolicy, ReferenceSpread
from driftline.core.bounds.threshold import ENOUGH_DAYS
from driftline.core.drift import About
from driftline.core.given.spread import GivenSpread
from driftline.core.joint.spread import JointSpread
from driftline.core.labels.harm import HarmPolicy
from driftline.core.performance._interval import wilson
from driftline.core.reference import Reference
from driftline.core.values.spread import ValuesSpread
from driftline.core.visibility.columns import WEEK, Sight, sights_of
from driftline.core.visibility.metric import MetricSight, sight_of_metric
from driftline.core.visibility.own_days import (
    of_checks,
    of_given,
    of_lasting,
    of_pairs,
    of_values,
)
from driftline.core.visibility.own_metric import of_metrics
from driftline.core.visibility.reach import windows_in


@dataclass(frozen=True, slots=True)
class Expected:
    """False alarms per month: what the budget promises, and what the reference's days had.

    `days` of the `of` reference windows would have had one; `most` is the upper end of
    the 95 % interval of what that says of a month.
    """

    promised: float
    days: int
    of: int
    per_month: float
    most: float


@dataclass(frozen=True, slots=True)
class Ground:
    """What the bounds are made from."""

    days: int
    rows: int
    origin: str
    from_days: bool
    odd: tuple[str, ...]
    weekdays: tuple[str, ...]
    rows_least: float | None
    rows_most: float | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The false alarms to expect, and what can be seen at that price."""

    pages: Expected
    digests: Expected
    ground: Ground
    sights: tuple[Sight, ...]
    metric: MetricSight | None
    judged: bool
    min_rows: int


@dataclass(frozen=True, slots=True)
class Learned:
    """A reference, and what was measured of columns, values, pairs and groups."""

    reference: Reference
    spread: ReferenceSpread
    joint: JointSpread
    groups: int = 0
    values: ValuesSpread = field(default_factory=ValuesSpread)
    given: GivenSpread = field(default_factory=GivenSpread)


def look_ahead(
    learned: Learned, policy: DriftPolicy, harm: HarmPolicy, metrics: Sequence[str]
) -> Outlook:
    """The outlook of a monitor.

    Of the `metrics` that are measured the first one decides; there is none where
    nothing is labelled.
    """
    reference, spread = learned.reference, learned.spread
    ground = ground_of(reference, spread, policy)
    own = (
        of_checks(spread, reference, policy)
        | of_lasting(spread, reference, policy)
        | of_pairs(learned.joint, reference, policy, spread.odd)
        | of_values(learned.values, reference, policy)
        | of_given(learned.given, reference, policy, spread.odd)
        | of_metrics(reference, metrics, harm)
    )
    windows = windows_in(WEEK, policy.windows_per_day)
    measured = [sight_of_metric(reference, name, harm, windows) for name in metrics[:1]]
    known = sum(bool(reference.metric(name)) for name in metrics)
    idle = {
        *(() if learned.joint.pairs else ("joint",)),
        *(() if learned.values.checks else ("values",)),
        *(() if learned.given.judged else ("given",)),
        *(() if learned.groups else ("groups",)),
    }
    parts = set(DIGESTS) - idle
    pages, digests = promised(policy, harm, known, parts)
    return Outlook(
        pages=_expected(pages, len(own.paged), ground.days, policy),
        digests=_expected(digests, len(own.told), ground.days, policy),
        ground=ground,
        sights=tuple(
            sights_of(spread, reference, policy, learned.given, learned.values)
        ),
        metric=measured[0] if measured else None,
        judged=ground.rows >= policy.min_rows,
        min_rows=policy.min_rows,
    )


def promised(
    policy: DriftPolicy, harm: HarmPolicy, metrics: int, parts: Collection[str]
) -> tuple[float, float]:
    """Pages and digest days per month, by formula, of a world in which nothing changes.

    Pages of hard signals, and of realised performance where there are `metrics`;
    digests of the `parts` that are judged, and of every metric. They are upper ends: a
    hard signal that leaves its bounds pages only when it is far out, too, and several
    findings may fall on one day.
    """
    month, budget = DAYS_PER["month"], policy.budget
    pages = budget.pages_per_day * PAGES["hard"] * month
    shares = sum(share for name, share in DIGESTS.items() if name in parts)
    digests = budget.digests_per_day * shares * month
    if metrics:
        pages += policy.windows_per_day / harm.run_length * month
        if "groups" in parts:
            pages += budget.pages_per_day * PAGES["groups"] * month
        digests += policy.windows_per_day * harm.false_alarm * metrics * month
    return pages, digests


def ground_of(
    reference: Reference, spread: ReferenceSpread, policy: DriftPolicy
) -> Ground:
    """How many days there are, whether they suffice, and which were left out."""
    labels = list(reference.days)
    on_rows = [check for check in spread.checks if check.facts.about is About.ROWS]
    rows = on_rows[0] if on_rows else None
    usual = sorted(day.rows for day in reference.days.values())
    bounds = (
        rows.spread.sound.bounds(int(rows.spread.rows), spread.rate(rows, policy))
        if rows
        else None
    )
    weekly = {c.subject for c in spread.checks if c.spread.effects}
    return Ground(
        days=len(labels),
        rows=usual[len(usual) // 2] if usual else 0,
        origin=reference.origin,
        from_days=len(labels) >= ENOUGH_DAYS,
        odd=tuple(labels[place] for place in sorted(spread.odd)),
        weekdays=tuple(sorted(weekly)),
        rows_least=bounds.lower if bounds else None,
        rows_most=bounds.upper if bounds else None,
    )


def _expected(rate: float, days: int, of: int, policy: DriftPolicy) -> Expected:
    windows = DAYS_PER["month"] * policy.windows_per_day
    most = wilson(days / of, of)[1] if of else 1.0
    seen = days / of if of else 0.0
    return Expected(rate, days, of, seen * windows, most * windows)
